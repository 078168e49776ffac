"""Operations on expanded TypeScript types."""

from __future__ import annotations

from typing import cast

from headgate.drizzle.ir import JSON


def unknown(source: str) -> JSON:
    """Return the type that is not known, with the text it stands for."""
    return {"unknown": True, "source": source}


def is_unknown(of: JSON) -> bool:
    """Whether a type is not known."""
    return isinstance(of, dict) and bool(of.get("unknown"))


def literal(value: str | float) -> JSON:
    """Return the type of one value."""
    return {"lit": value}


def members_of(of: JSON) -> list[JSON]:
    """Return the members of a union, or the type alone."""
    return cast("list[JSON]", of["union"]) if isinstance(of, dict) and "union" in of else [of]


def union(types: list[JSON]) -> JSON:
    """Return a union, flat and without repetition; `boolean` for both its literals."""
    flat: list[JSON] = []
    for of in types:
        for member in members_of(of):
            if member not in flat:
                flat.append(member)
    true, false = {"lit": True}, {"lit": False}
    if true in flat and false in flat:
        flat = ["boolean" if m == true else m for m in flat if m != false]
    if not flat:
        return unknown("never")
    return flat[0] if len(flat) == 1 else {"union": flat}


def without(of: JSON, removed: list[JSON]) -> JSON:
    """Return a union without some members."""
    return union([member for member in members_of(of) if member not in removed])


def _objects(types: list[JSON]) -> list[dict[str, JSON]]:
    return [of for of in types if isinstance(of, dict) and isinstance(of.get("object"), dict)]


def merge_objects(types: list[JSON]) -> JSON:
    """Return one object with the members of several, later ones winning."""
    members: dict[str, JSON] = {}
    out: dict[str, JSON] = {"object": members}
    for of in _objects(types):
        members.update(cast("dict[str, JSON]", of["object"]))
        if "index" in of:
            out["index"] = of["index"]
    return out


def intersect(types: list[JSON], source: str) -> JSON:
    """Return an intersection: of objects their merger, of a primitive and a brand the primitive."""
    primitives = [of for of in types if isinstance(of, str)]
    if primitives:
        return primitives[0]
    if len(_objects(types)) == len(types):
        return merge_objects(types)
    return unknown(source)


def as_optional(of: JSON, *, optional: bool) -> JSON:
    """Return an object with all members optional, or none."""
    if not isinstance(of, dict) or not isinstance(of.get("object"), dict):
        return of
    changed: dict[str, JSON] = {}
    for key, member in cast("dict[str, dict[str, JSON]]", of["object"]).items():
        changed[key] = {"type": member["type"], "optional": True} if optional else {"type": member["type"]}
    return {**{k: v for k, v in of.items() if k != "name"}, "object": changed}


def keys_of(of: JSON) -> list[str] | None:
    """Return the keys a union of literals names; `None` if it is wider than that."""
    names = []
    for member in members_of(of):
        if not isinstance(member, dict) or "lit" not in member:
            return None
        names.append(str(member["lit"]))
    return names


def pick(of: JSON, keys: JSON, *, keep: bool) -> JSON:
    """Return an object with only some of its members, or without them."""
    names = keys_of(keys)
    if not isinstance(of, dict) or not isinstance(of.get("object"), dict) or names is None:
        return unknown("Pick" if keep else "Omit")
    chosen = {k: v for k, v in cast("dict[str, JSON]", of["object"]).items() if (k in names) == keep}
    return {"object": chosen}


def lookup(of: JSON, key: JSON) -> JSON:
    """Return an indexed type: `T[number]`, `T["key"]`, `T[keyof T]`; `None` if it is not known."""
    if not isinstance(of, dict):
        return None
    if key == "number":
        if "tuple" in of:
            return union(cast("list[JSON]", of["tuple"]))
        return of.get("array")
    names = keys_of(key)
    members = of.get("object")
    if names is None or not isinstance(members, dict):
        return None
    found: list[JSON] = []
    for name in names:
        member = members.get(name)
        if isinstance(member, dict):
            found.append(union([member["type"], "undefined"]) if member.get("optional") else member["type"])
        elif "index" in of:
            found.append(of["index"])
        else:
            return None
    return union(found)
