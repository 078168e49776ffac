"""Methods of strings, arrays, numbers and dates."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

from headgate.drizzle.static.operators import same, strictly_equal, to_number
from headgate.drizzle.static.values import (
    UNDEFINED,
    BigInt,
    Function,
    JSArray,
    JSDate,
    Native,
    Regex,
    Unknown,
    Unresolved,
    Value,
    arg,
    is_nullish,
    known,
    to_string,
    truthy,
)


def _int(args: list[Value], index: int, default: int) -> int:
    value = arg(args, index)
    return default if value is UNDEFINED else int(to_number(value))


def _slice(length: int, args: list[Value]) -> slice:
    start, end = _int(args, 0, 0), _int(args, 1, length)
    start = max(length + start, 0) if start < 0 else start
    end = max(length + end, 0) if end < 0 else end
    return slice(start, max(start, end))


def _substring(text: str, args: list[Value]) -> str:
    start = min(max(_int(args, 0, 0), 0), len(text))
    end = min(max(_int(args, 1, len(text)), 0), len(text))
    return text[min(start, end) : max(start, end)]


def compile_regex(regex: Regex) -> re.Pattern[str]:
    """Return a JavaScript regular expression as Python's.

    Raises:
        Unresolved: If it uses something the two languages do not share.
    """
    flags = (re.IGNORECASE if "i" in regex.flags else 0) | (re.MULTILINE if "m" in regex.flags else 0)
    flags |= re.DOTALL if "s" in regex.flags else 0
    if re.search(r"\\[pPkucAZzG]|\(\?<", regex.pattern) or "v" in regex.flags or "y" in regex.flags:
        raise Unresolved(Unknown("this regular expression is not evaluated"))
    pattern = regex.pattern if "m" in regex.flags else _ends.sub(_end, regex.pattern)
    try:
        return re.compile(pattern, flags | re.ASCII)
    except re.error as error:
        raise Unresolved(Unknown("this regular expression is not evaluated")) from error


_ends = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\$", re.DOTALL)


def _end(part: re.Match[str]) -> str:
    """Say in Python's words what `$` is, outside of escapes and classes: the very end, not before a line end."""
    return r"\Z" if part[0] == "$" else part[0]


def _replacement(target: Value) -> Callable[[re.Match[str]], str]:
    if isinstance(target, Function):
        return lambda m: to_string(
            target.call([m.group(0), *(UNDEFINED if g is None else g for g in m.groups()), m.start(), m.string])
        )
    template = to_string(target)
    if re.search(r"\$[`'<]|\$\d\d", template):
        raise Unresolved(Unknown("this replacement is not evaluated"))

    def expand(match: re.Match[str]) -> str:
        def one(reference: re.Match[str]) -> str:
            code = reference.group(1)
            if code == "$":
                return "$"
            if code == "&":
                return match.group(0)
            return match.group(int(code)) or "" if int(code) <= len(match.groups()) else reference.group(0)

        return re.sub(r"\$(\$|&|[1-9])", one, template)

    return expand


def _replace(text: str, args: list[Value], *, every: bool) -> str:
    wanted = known(arg(args, 0))
    expand = _replacement(known(arg(args, 1)))
    if isinstance(wanted, Regex):
        return compile_regex(wanted).sub(expand, text, count=0 if "g" in wanted.flags else 1)
    return re.sub(re.escape(to_string(wanted)), expand, text, count=0 if every else 1)


def _split(text: str, args: list[Value]) -> JSArray:
    separator, limit = known(arg(args, 0)), _int(args, 1, len(text) + 1)
    if isinstance(separator, Regex):
        parts = _split_by(compile_regex(separator), text)
    elif separator is UNDEFINED:
        parts = [text]
    else:
        mark = to_string(separator)
        parts = list(text.split(mark) if mark else text)
    return JSArray(parts[:limit] if limit >= 0 else parts)


def _split_by(separator: re.Pattern[str], text: str) -> list[Value]:
    """Split as JavaScript does, which never splits at an empty match at the begin of a part or at the end."""
    parts: list[Value] = []
    start = 0
    for match in separator.finditer(text):
        if match.start() == match.end() and match.start() in {start, len(text)}:
            continue
        parts += [text[start : match.start()], *(UNDEFINED if group is None else group for group in match.groups())]
        start = match.end()
    return [*parts, text[start:]]


def _padding(text: str, args: list[Value]) -> str:
    missing = _int(args, 0, 0) - len(text)
    fill = " " if arg(args, 1) is UNDEFINED else to_string(arg(args, 1))
    return (fill * missing)[: max(missing, 0)]


def _char_at(text: str, args: list[Value]) -> str:
    at = _int(args, 0, 0)
    return text[at] if 0 <= at < len(text) else ""


def _only(args: list[Value], count: int = 1) -> str:
    """Return the first argument as text; the others mean a search from somewhere, which is not evaluated."""
    if len(args) > count:
        raise Unresolved(Unknown("a search from a position is not evaluated"))
    return to_string(arg(args, 0))


_SPACE = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))
"""What JavaScript takes for white space."""


_STRING: dict[str, Callable[[str, list[Value]], Value]] = {
    "toLowerCase": lambda s, _a: s.lower(),
    "toUpperCase": lambda s, _a: s.upper(),
    "toString": lambda s, _a: s,
    "valueOf": lambda s, _a: s,
    "trim": lambda s, _a: s.strip(_SPACE),
    "trimStart": lambda s, _a: s.lstrip(_SPACE),
    "trimEnd": lambda s, _a: s.rstrip(_SPACE),
    "startsWith": lambda s, a: s.startswith(_only(a)),
    "endsWith": lambda s, a: s.endswith(_only(a)),
    "includes": lambda s, a: _only(a) in s,
    "indexOf": lambda s, a: s.find(_only(a)),
    "lastIndexOf": lambda s, a: s.rfind(_only(a)),
    "charAt": _char_at,
    "at": lambda s, a: s[_int(a, 0, 0)] if -len(s) <= _int(a, 0, 0) < len(s) else UNDEFINED,
    "concat": lambda s, a: s + "".join(to_string(v) for v in a),
    "repeat": lambda s, a: s * _int(a, 0, 0),
    "padStart": lambda s, a: _padding(s, a) + s,
    "padEnd": lambda s, a: s + _padding(s, a),
    "slice": lambda s, a: s[_slice(len(s), a)],
    "substring": _substring,
    "replace": lambda s, a: _replace(s, a, every=False),
    "replaceAll": lambda s, a: _replace(s, a, every=True),
    "split": _split,
}


_BY_POSITION = {"charAt", "at", "slice", "substring", "indexOf", "lastIndexOf", "padStart", "padEnd", "split"}


def string_method(owner: str, name: str) -> Value:
    """Return a property or method of a string."""
    if name == "length":
        return len(owner.encode("utf-16-le", "surrogatepass")) // 2
    run = _STRING.get(name)
    if run is None:
        return Unknown(f"the string method '{name}' is not evaluated")
    if name in _BY_POSITION and any(character > "\uffff" for character in owner):
        return Unknown(f"'{name}' of a text with characters of two units is not evaluated")
    return Native(name, lambda args: run(owner, args))


def _callback(items: list[Value], args: list[Value]) -> Callable[[Value, int], Value]:
    function = known(arg(args, 0))
    if not isinstance(function, Function):
        raise Unresolved(Unknown("the callback is not a function"))
    whole = JSArray(items)
    return lambda item, i: function.call([item, i, whole])


def _filter(items: list[Value], args: list[Value]) -> Value:
    test = _callback(items, args)
    return JSArray(v for i, v in enumerate(items) if truthy(test(v, i)))


def _find(items: list[Value], args: list[Value]) -> Value:
    test = _callback(items, args)
    return next((v for i, v in enumerate(items) if truthy(test(v, i))), UNDEFINED)


def _for_each(items: list[Value], args: list[Value]) -> Value:
    run = _callback(items, args)
    for i, item in enumerate(items):
        run(item, i)
    return UNDEFINED


def _reduce(items: list[Value], args: list[Value]) -> Value:
    function = known(arg(args, 0))
    if not isinstance(function, Function):
        raise Unresolved(Unknown("the callback is not a function"))
    rest = list(items)
    value = args[1] if len(args) > 1 else rest.pop(0)
    offset = len(items) - len(rest)
    for i, item in enumerate(rest):
        value = function.call([value, item, i + offset, JSArray(items)])
    return value


def _flat(items: list[Value], depth: int = 1) -> JSArray:
    out = JSArray()
    for item in items:
        known(item)
        if isinstance(item, JSArray) and depth > 0:
            out.extend(_flat(list(item.items()), depth - 1))
        else:
            out.append(item)
    return out


def _includes(items: list[Value], args: list[Value]) -> bool:
    _refuse_position(args)
    return any(same(v, arg(args, 0)) for v in items)


def _refuse_position(args: list[Value]) -> None:
    if len(args) > 1:
        raise Unresolved(Unknown("a search from a position is not evaluated"))


def _index_of(items: list[Value], args: list[Value]) -> int:
    _refuse_position(args)
    return next((i for i, v in enumerate(items) if strictly_equal(v, arg(args, 0))), -1)


def _sort(owner: JSArray, args: list[Value]) -> Value:
    if args or UNDEFINED in owner:
        raise Unresolved(Unknown("sorting with a function, or undefined values, is not evaluated"))
    owner.sort(key=to_string)
    return owner


def _reverse(owner: JSArray, _args: list[Value]) -> Value:
    owner.reverse()
    return owner


def _unshift(owner: JSArray, args: list[Value]) -> Value:
    owner[:0] = args
    return len(owner)


def _push(owner: JSArray, args: list[Value]) -> Value:
    owner.extend(args)
    return len(owner)


_ARRAY: dict[str, Callable[[list[Value], list[Value]], Value]] = {
    "map": lambda v, a: JSArray(map(_callback(v, a), v, range(len(v)))),
    "filter": _filter,
    "find": _find,
    "forEach": _for_each,
    "reduce": _reduce,
    "some": lambda v, a: any(map(truthy, map(_callback(v, a), v, range(len(v))))),
    "every": lambda v, a: all(map(truthy, map(_callback(v, a), v, range(len(v))))),
    "flatMap": lambda v, a: _flat(list(map(_callback(v, a), v, range(len(v))))),
    "flat": lambda v, a: _flat(v, _int(a, 0, 1)),
    "join": lambda v, a: (to_string(arg(a, 0)) if a else ",").join("" if is_nullish(x) else to_string(x) for x in v),
    "concat": lambda v, a: JSArray([*v, *_flat(a)]),
    "includes": _includes,
    "indexOf": _index_of,
    "slice": lambda v, a: JSArray(v[_slice(len(v), a)]),
    "toReversed": lambda v, _a: JSArray(reversed(v)),
    "entries": lambda v, _a: JSArray(JSArray([i, x]) for i, x in enumerate(v)),
    "keys": lambda v, _a: JSArray(range(len(v))),
    "values": lambda v, _a: JSArray(v),
    "at": lambda v, a: v[_int(a, 0, 0)] if -len(v) <= _int(a, 0, 0) < len(v) else UNDEFINED,
}
_MUTATING: dict[str, Callable[[JSArray, list[Value]], Value]] = {
    "push": _push,
    "sort": _sort,
    "reverse": _reverse,
    "unshift": _unshift,
}


def array_method(owner: JSArray, name: str) -> Value:
    """Return a property or method of an array."""
    if name == "length":
        return len(list(owner.items()))
    reading = _ARRAY.get(name)
    if reading is not None:
        return Native(name, lambda args: reading(list(owner.items()), args))
    writing = _MUTATING.get(name)

    def unmodelled(_owner: JSArray, _args: list[Value]) -> Value:
        raise Unresolved(Unknown(f"the array method '{name}' is not evaluated"))

    def write(args: list[Value]) -> Value:
        try:
            return (writing or unmodelled)(owner, args)
        except Unresolved as signal:
            owner.taint = signal.cause
            raise

    return Native(name, write)


def number_method(owner: float, name: str) -> Value:
    """Return a method of a number or a boolean."""
    if name == "toString" and isinstance(owner, bool | int | BigInt):
        return Native(
            name, lambda args: to_string(owner) if not args else Unknown("numbers in another base are not evaluated")
        )
    if name == "toFixed":
        return Native(name, lambda args: _fixed(owner, _int(args, 0, 0)))
    return Unknown(f"the number method '{name}' is not evaluated")


def _fixed(owner: float, digits: int) -> str:
    """JavaScript's `toFixed`: of two numbers that are equally near, the one further from zero."""
    if not abs(owner) < 1e21:  # noqa: PLR2004 - where JavaScript begins to write exponents
        return to_string(owner)
    return f"{Decimal(owner).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP):f}"


def date_method(owner: JSDate, name: str) -> Value:
    """Return a method of a date."""
    if name in {"toISOString", "toJSON"}:
        return Native(name, lambda _args: owner.iso)
    return Unknown(f"the date method '{name}' is not evaluated")
