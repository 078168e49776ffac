"""Methods of strings, arrays, numbers and dates."""

from __future__ import annotations

import re
from collections.abc import Callable

from headgate.drizzle.static.operators import strictly_equal, to_number
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
    if re.search(r"\\[pPkuc]|\(\?<", regex.pattern) or "v" in regex.flags or "y" in regex.flags:
        raise Unresolved(Unknown("this regular expression is not evaluated"))
    try:
        return re.compile(
            regex.pattern.replace("$", r"(?!\n)$") if "m" not in regex.flags else regex.pattern, flags | re.ASCII
        )
    except re.error as error:
        raise Unresolved(Unknown("this regular expression is not evaluated")) from error


def _replacement(target: Value) -> Callable[[re.Match[str]], str]:
    if isinstance(target, Function):
        return lambda m: to_string(
            target.call([m.group(0), *(UNDEFINED if g is None else g for g in m.groups()), m.start(), m.string])
        )
    template = to_string(target)

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
    separator = known(arg(args, 0))
    if isinstance(separator, Regex):
        return JSArray(compile_regex(separator).split(text))
    if separator is UNDEFINED:
        return JSArray([text])
    mark = to_string(separator)
    return JSArray(text.split(mark) if mark else list(text))


_STRING: dict[str, Callable[[str, list[Value]], Value]] = {
    "toLowerCase": lambda s, _a: s.lower(),
    "toUpperCase": lambda s, _a: s.upper(),
    "toString": lambda s, _a: s,
    "valueOf": lambda s, _a: s,
    "trim": lambda s, _a: s.strip(),
    "trimStart": lambda s, _a: s.lstrip(),
    "trimEnd": lambda s, _a: s.rstrip(),
    "startsWith": lambda s, a: s.startswith(to_string(arg(a, 0))),
    "endsWith": lambda s, a: s.endswith(to_string(arg(a, 0))),
    "includes": lambda s, a: to_string(arg(a, 0)) in s,
    "indexOf": lambda s, a: s.find(to_string(arg(a, 0))),
    "lastIndexOf": lambda s, a: s.rfind(to_string(arg(a, 0))),
    "charAt": lambda s, a: s[_int(a, 0, 0) : _int(a, 0, 0) + 1],
    "at": lambda s, a: s[_int(a, 0, 0)] if -len(s) <= _int(a, 0, 0) < len(s) else UNDEFINED,
    "concat": lambda s, a: s + "".join(to_string(v) for v in a),
    "repeat": lambda s, a: s * _int(a, 0, 0),
    "padStart": lambda s, a: s.rjust(_int(a, 0, 0), to_string(arg(a, 1)) if len(a) > 1 else " "),
    "padEnd": lambda s, a: s.ljust(_int(a, 0, 0), to_string(arg(a, 1)) if len(a) > 1 else " "),
    "slice": lambda s, a: s[_slice(len(s), a)],
    "substring": _substring,
    "replace": lambda s, a: _replace(s, a, every=False),
    "replaceAll": lambda s, a: _replace(s, a, every=True),
    "split": _split,
}


def string_method(owner: str, name: str) -> Value:
    """Return a property or method of a string."""
    if name == "length":
        return len(owner.encode("utf-16-le", "surrogatepass")) // 2
    run = _STRING.get(name)
    if run is None:
        return Unknown(f"the string method '{name}' is not evaluated")
    return Native(name, lambda args: run(owner, args))


def _callback(args: list[Value]) -> Callable[[Value, int], Value]:
    function = known(arg(args, 0))
    if not isinstance(function, Function):
        raise Unresolved(Unknown("the callback is not a function"))
    return lambda item, i: function.call([item, i])


def _filter(items: list[Value], args: list[Value]) -> Value:
    test = _callback(args)
    return JSArray(v for i, v in enumerate(items) if truthy(test(v, i)))


def _find(items: list[Value], args: list[Value]) -> Value:
    test = _callback(args)
    return next((v for i, v in enumerate(items) if truthy(test(v, i))), UNDEFINED)


def _for_each(items: list[Value], args: list[Value]) -> Value:
    run = _callback(args)
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
        value = function.call([value, item, i + offset])
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
    return any(strictly_equal(v, arg(args, 0)) for v in items)


def _index_of(items: list[Value], args: list[Value]) -> int:
    return next((i for i, v in enumerate(items) if strictly_equal(v, arg(args, 0))), -1)


def _sort(owner: JSArray, args: list[Value]) -> Value:
    if args:
        raise Unresolved(Unknown("sorting with a function is not evaluated"))
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
    "map": lambda v, a: JSArray(_callback(a)(x, i) for i, x in enumerate(v)),
    "filter": _filter,
    "find": _find,
    "forEach": _for_each,
    "reduce": _reduce,
    "some": lambda v, a: any(truthy(_callback(a)(x, i)) for i, x in enumerate(v)),
    "every": lambda v, a: all(truthy(_callback(a)(x, i)) for i, x in enumerate(v)),
    "flatMap": lambda v, a: _flat([_callback(a)(x, i) for i, x in enumerate(v)]),
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
        return Native(name, lambda args: f"{owner:.{_int(args, 0, 0)}f}")
    return Unknown(f"the number method '{name}' is not evaluated")


def date_method(owner: JSDate, name: str) -> Value:
    """Return a method of a date."""
    if name in {"toISOString", "toJSON"}:
        return Native(name, lambda _args: owner.iso)
    return Unknown(f"the date method '{name}' is not evaluated")
