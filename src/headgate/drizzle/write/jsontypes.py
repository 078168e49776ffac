"""TypeScript types of JSON columns as Python types, objects as models of their own."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from headgate.drizzle.ir import JSON
from headgate.drizzle.write.layout import Doc, call, declaration, docstring, either, string, subscript
from headgate.drizzle.write.naming import attribute, free, pascal, unique
from headgate.drizzle.write.pytypes import TypeContext, runtime

_PRIMITIVES = {"string": "str", "number": "JsonNumber", "boolean": "JsonBoolean", "bigint": "JsonNumber"}


@dataclass(slots=True)
class JsonModels:
    """The JSON models of one module.

    Args:
        context: Collects imports.
        taken: Class names that are in use.
    """

    context: TypeContext
    taken: set[str]
    _sources: dict[str, list[str]] = field(default_factory=dict)
    _known: dict[str, str] = field(default_factory=dict)
    _open: dict[str, str] = field(default_factory=dict)

    def source(self) -> list[str]:
        """Return the classes as lines of source, those that others refer to first."""
        return [line for lines in self._sources.values() for line in lines]

    def annotation(self, of: JSON, name: str) -> Doc | None:
        """Return the annotation of a JSON value; `None` if nothing is known of it.

        Args:
            of: The expanded TypeScript type.
            name: The class name if the type has none of its own.
        """
        bare = _without_null(of)
        if bare is None or (isinstance(bare, dict) and bare.get("unknown")):
            return None
        return self._type(bare, name)

    def _type(self, of: JSON, name: str) -> Doc:  # noqa: PLR0911 - one return for each kind
        if isinstance(of, str):
            return self._primitive(of)
        assert isinstance(of, dict)  # noqa: S101 - the shape of the type language
        if "lit" in of:
            return self._literal([of["lit"]])
        if "union" in of:
            return self._union(list(of["union"]), name)  # type: ignore[arg-type]
        if "array" in of:
            return subscript("list", self._type(of["array"], f"{name}Item"))
        if "tuple" in of:
            items = list(of["tuple"])  # type: ignore[arg-type]
            return (
                subscript("tuple", *(self._type(t, f"{name}{i}") for i, t in enumerate(items)))
                if items
                else "list[None]"
            )
        if "object" in of:
            return self._object(of, name)
        reference = of.get("ref")
        if reference == "Date":
            return "str"
        return self._open.get(str(reference), runtime("JsonAny"))

    def _primitive(self, of: str) -> Doc:
        if of in {"null", "undefined"}:
            return "None"
        made = _PRIMITIVES.get(of, "JsonAny")
        return made if made == "str" else runtime(made)

    def _literal(self, values: list[Any]) -> Doc:
        plain = [v for v in values if isinstance(v, str | int) or v is None]
        if len(plain) != len(values):
            return runtime("JsonNumber")
        return subscript(
            self.context.need("typing", "Literal"), *(string(v) if isinstance(v, str) else repr(v) for v in plain)
        )

    def _union(self, members: list[JSON], name: str) -> Doc:
        literals = [m["lit"] for m in members if isinstance(m, dict) and "lit" in m]
        others = [m for m in members if not (isinstance(m, dict) and "lit" in m)]
        if any(isinstance(m, dict) and m.get("unknown") for m in others):
            return runtime("JsonAny")
        parts: list[Doc] = [self._literal(literals)] if literals else []
        objects = sum(isinstance(m, dict) and "object" in m for m in others)
        for i, member in enumerate(m for m in others if m not in ("null", "undefined")):
            made = self._type(member, f"{name}{i + 1}" if objects > 1 else name)
            if made not in parts:
                parts.append(made)
        if any(m in ("null", "undefined") for m in others):
            parts.append("None")
        return either(*parts)

    def _object(self, of: dict[str, JSON], name: str) -> Doc:
        members = of["object"]
        assert isinstance(members, dict)  # noqa: S101 - the shape of the type language
        if not members:
            value = self._type(of["index"], name) if "index" in of else runtime("JsonAny")
            return subscript("dict", "str", value)
        wanted = pascal(str(of.get("name") or name))
        key = wanted + json.dumps(of, sort_keys=True)
        if key in self._known:
            return self._known[key]
        made = free(wanted, self.taken).replace("_", "")
        self.taken.add(made)
        self._known[key] = made
        outer = self._open.get(str(of.get("name")))
        self._open[str(of.get("name"))] = made
        lines = self._class(made, members)
        if outer is None:
            del self._open[str(of.get("name"))]
        self._sources[made] = lines
        return made

    def _class(self, name: str, members: dict[str, JSON]) -> list[str]:
        lines = [f"class {name}(_t.JsonModel):", *docstring([f"The TypeScript type `{name}`."], 4), ""]
        attributes = unique(attribute(key) for key in members)
        for attr, (key, member) in zip(attributes, members.items(), strict=True):
            assert isinstance(member, dict)  # noqa: S101 - the shape of the type language
            annotation = self._type(member["type"], name + pascal(key))
            lines.append(self._field(attr, key, annotation, optional=bool(member.get("optional"))))
        return [*lines, "", ""]

    def _field(self, attr: str, key: str, annotation: Doc, *, optional: bool) -> str:
        names: list[Doc] = [string(key)] if key != attr else []
        if optional:
            value: Doc | None = call("_t.unset", *names)
        else:
            value = call("_t.column", *names) if names else None
        return declaration(attr, annotation, value)


def _without_null(of: JSON) -> JSON:
    if of in ("null", "undefined"):
        return None
    if isinstance(of, dict) and "union" in of:
        members = [m for m in of["union"] if m not in ("null", "undefined")]  # type: ignore[union-attr]
        if not members:
            return None
        return members[0] if len(members) == 1 else {"union": members}
    return of
