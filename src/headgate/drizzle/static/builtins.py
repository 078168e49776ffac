"""The part of JavaScript's library that schemas use: global objects and constructors."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from headgate.drizzle.static.builtin_methods import (
    array_method,
    compile_regex,
    date_method,
    number_method,
    string_method,
)
from headgate.drizzle.static.collections import JSMap, JSSet
from headgate.drizzle.static.literals import iterate, spread
from headgate.drizzle.static.operators import to_number
from headgate.drizzle.static.skipped import forget_given
from headgate.drizzle.static.values import (
    PROTOTYPE,
    UNDEFINED,
    BigInt,
    Function,
    Host,
    JSArray,
    JSDate,
    JSObject,
    Native,
    Regex,
    Unknown,
    Unresolved,
    Value,
    arg,
    is_nullish,
    known,
    number,
    to_string,
    truthy,
)


def _entries(value: Value) -> list[tuple[str, Value]]:
    value = known(value)
    if isinstance(value, JSArray):
        return [(str(i), item) for i, item in enumerate(value.items())]
    if isinstance(value, JSObject) and value.taint is None:
        return value.entries()
    copy = JSObject()
    spread(copy, value)
    if copy.taint is not None:
        raise Unresolved(copy.taint)
    return copy.entries()


def _assign(args: list[Value]) -> Value:
    target = known(arg(args, 0))
    if not isinstance(target, JSObject) or target.readonly:
        cause = Unknown("Object.assign is evaluated on plain objects only")
        forget_given([target], cause)
        raise Unresolved(cause)
    for source in args[1:]:
        spread(target, source)
    return target


def _frozen(value: Value) -> Value:
    if isinstance(value, JSObject | JSArray):
        value.readonly = True
    return value


def _from_entries(args: list[Value]) -> Value:
    out = JSObject()
    for pair in iterate(arg(args, 0)):
        key, value = [*iterate(pair), UNDEFINED, UNDEFINED][:2]
        out.props[to_string(key)] = value
    return out


def _array_from(args: list[Value]) -> Value:
    source = known(arg(args, 0))
    mapper = arg(args, 1)
    if isinstance(source, JSObject):
        length = int(to_number(source.get("length")))
        items: list[Value] = [source.get(str(i)) for i in range(length)]
    else:
        items = iterate(source)
    if isinstance(mapper, Function):
        items = [mapper.call([item, i]) for i, item in enumerate(items)]
    return JSArray(items)


def plain(value: Value) -> object:
    """Return a value as what `json` can write.

    Raises:
        Unresolved: If a part of it is not known or has no JSON form.
    """
    value = known(value)
    if value is None or (isinstance(value, str | bool | int | float) and not isinstance(value, BigInt)):
        return value
    if isinstance(value, JSArray):
        return [None if v is UNDEFINED else plain(v) for v in value.items()]
    if isinstance(value, JSObject) and value.taint is None:
        return {k: plain(v) for k, v in value.entries() if v is not UNDEFINED and not isinstance(v, Function)}
    raise Unresolved(Unknown("the value has no JSON form that is known"))


def lift(value: object) -> Value:
    """Return parsed JSON as a value of the evaluator."""
    if isinstance(value, list):
        return JSArray(lift(v) for v in value)
    if isinstance(value, dict):
        return JSObject({str(k): lift(v) for k, v in value.items()})
    return number(value) if isinstance(value, float) else value


def _stringify(args: list[Value]) -> Value:
    if len(args) > 1:
        raise Unresolved(Unknown("JSON.stringify with options is not evaluated"))
    return _json(plain(arg(args, 0)))


def _json(value: object) -> str:
    """Return JSON text as JavaScript writes it: numbers in its own way, what is no number as null."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_json(key)}:{_json(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    if isinstance(value, float):
        return to_string(value) if math.isfinite(value) else "null"
    return json.dumps(value, ensure_ascii=False)


def _parse(args: list[Value]) -> Value:
    if len(args) > 1:
        raise Unresolved(Unknown("JSON.parse with a function is not evaluated"))
    return lift(json.loads(to_string(arg(args, 0)), parse_int=float))


def _parse_int(args: list[Value]) -> Value:
    text = to_string(arg(args, 0)).strip()
    base = int(to_number(arg(args, 1))) if arg(args, 1) is not UNDEFINED else 0
    sign, hexadecimal, digits = _INTEGER.match(text).groups()  # type: ignore[union-attr]  # it matches anything
    base = base or (16 if hexadecimal else 10)
    digits = digits if base == 16 else f"{hexadecimal}{digits}"  # noqa: PLR2004 - as in 0x
    end = next((i for i, digit in enumerate(digits) if int(digit, 36) >= base), len(digits))
    return number(float(int(f"{sign}{digits[:end]}", base))) if digits[:end] else math.nan


def _parse_float(args: list[Value]) -> Value:
    found = _FLOAT.match(to_string(arg(args, 0)).strip())
    return number(float(found[0])) if found else math.nan


_INTEGER = re.compile(r"([+-]?)(0[xX](?=[0-9A-Fa-f])|)([0-9A-Za-z]*)")
_FLOAT = re.compile(r"[+-]?(?:Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)")


class _Process(Host):
    """`process`: everything in it depends on where the program runs."""

    def get(self, name: str) -> Value:
        """Return an unknown that says why."""
        if name == "env":
            return Unknown("a value from the environment is only known when the program runs")
        return Unknown(f"'process.{name}' is only known when the program runs")


_MATH: dict[str, Callable[..., float]] = {
    "floor": math.floor,
    "ceil": math.ceil,
    "abs": abs,
    "max": max,
    "min": min,
    "trunc": math.trunc,
    "pow": pow,
}


class _Math(Host):
    """`Math`, its functions of numbers."""

    def get(self, name: str) -> Value:
        """Return a function of `Math`."""
        run = _MATH.get(name)
        if run is None:
            return math.pi if name == "PI" else Unknown(f"'Math.{name}' is not evaluated")
        return Native(name, lambda args: _calculated(run, [to_number(a) for a in args]))


def _calculated(run: Callable[..., float], numbers: list[float]) -> Value:
    return math.nan if any(map(math.isnan, numbers)) else number(float(run(*numbers)))


class _Library(Native):
    """A global object of the language: what is not modelled of it is unknown, not absent."""

    def get(self, name: str) -> Value:
        """Return a function or constant."""
        found = super().get(name)
        if found is not UNDEFINED:
            return found
        cause = Unknown(f"'{self.name}.{name}' is not evaluated")
        return Native(name, lambda args: self._lost(args, cause)) if self.name == "Object" else cause

    def _lost(self, args: list[Value], cause: Unknown) -> Value:
        """Forget the object that a function such as `Object.defineProperty` may have changed."""
        forget_given(args, cause)
        return cause


def _object(name: str, functions: Mapping[str, Value], call: Native | None = None) -> Native:
    run = call.run if call is not None else lambda _args: Unknown(f"'{name}()' is not evaluated")
    return _Library(name, run, dict(functions))


def _native(name: str, run: object) -> Native:
    assert callable(run)  # noqa: S101 - told to the type checker
    return Native(name, run)


GLOBALS: dict[str, Value] = {
    "Object": _object(
        "Object",
        {
            "keys": _native("keys", lambda a: JSArray(k for k, _ in _entries(arg(a, 0)))),
            "values": _native("values", lambda a: JSArray(v for _, v in _entries(arg(a, 0)))),
            "entries": _native("entries", lambda a: JSArray(JSArray([k, v]) for k, v in _entries(arg(a, 0)))),
            "fromEntries": _native("fromEntries", _from_entries),
            "assign": _native("assign", _assign),
            "freeze": _native("freeze", lambda a: _frozen(arg(a, 0))),
            "seal": _native("seal", lambda a: arg(a, 0)),
        },
    ),
    "Array": _object(
        "Array",
        {
            "isArray": _native("isArray", lambda a: isinstance(known(arg(a, 0)), JSArray)),
            "from": _native("from", _array_from),
            "of": _native("of", JSArray),
        },
    ),
    "String": _object(
        "String",
        {"raw": Native("String.raw", lambda _a: Unknown("String.raw is evaluated as a tag only"))},
        _native("String", lambda a: to_string(arg(a, 0)) if a else ""),
    ),
    "Number": _object(
        "Number",
        {
            "parseInt": _native("parseInt", _parse_int),
            "parseFloat": _native("parseFloat", _parse_float),
            "isNaN": _native(
                "isNaN", lambda a: isinstance(known(arg(a, 0)), float) and math.isnan(to_number(arg(a, 0)))
            ),
            "isInteger": _native("isInteger", lambda a: type(known(arg(a, 0))) is int),
            "MAX_SAFE_INTEGER": 2**53 - 1,
            "MIN_SAFE_INTEGER": 1 - 2**53,
        },
        _native("Number", lambda a: number(to_number(arg(a, 0))) if a else 0),
    ),
    "Boolean": _object("Boolean", {}, _native("Boolean", lambda a: truthy(arg(a, 0)))),
    "BigInt": _object("BigInt", {}, _native("BigInt", lambda a: BigInt(int(to_string(arg(a, 0)))))),
    "JSON": _object(
        "JSON",
        {
            "stringify": _native("stringify", _stringify),
            "parse": _native("parse", _parse),
        },
    ),
    "Date": _object(
        "Date", {"now": _native("now", lambda _a: Unknown("the current time is only known when the program runs"))}
    ),
    "Math": _Math(),
    "process": _Process(),
    "parseInt": _native("parseInt", _parse_int),
    "parseFloat": _native("parseFloat", _parse_float),
    "isNaN": _native("isNaN", lambda a: math.isnan(to_number(arg(a, 0)))),
    "Infinity": math.inf,
    "NaN": math.nan,
    "Symbol": Unknown("symbols are not evaluated"),
    "crypto": Unknown("random values are only known when the program runs"),
    "globalThis": Unknown("globals are only known when the program runs"),
    "console": JSObject(
        {name: Native(name, lambda _a: UNDEFINED) for name in ("log", "warn", "error", "info", "debug")}
    ),
}


def method(owner: Value, name: str) -> Value:  # noqa: PLR0911 - one return for each kind
    """Return a method or property of a primitive, an array, an object or a function."""
    if isinstance(owner, str):
        return string_method(owner, name)
    if isinstance(owner, JSArray):
        return array_method(owner, name)
    if isinstance(owner, JSDate):
        return date_method(owner, name)
    if isinstance(owner, bool | int | float):
        return number_method(owner, name)
    if isinstance(owner, Regex):
        if name == "test" and not {"g", "y"} & set(owner.flags):
            return Native(name, lambda args: compile_regex(owner).search(to_string(arg(args, 0))) is not None)
        return Unknown(f"'{name}' of this regular expression is not evaluated")
    if isinstance(owner, JSObject) and name == "hasOwnProperty":
        return Native(name, lambda args: any(k == to_string(arg(args, 0)) for k, _ in _entries(owner)))
    if isinstance(owner, Function) and name in {"call", "apply", "bind"}:
        return _function_method(owner, name)
    return Unknown(f"'{name}' of an object is not evaluated") if name in PROTOTYPE else UNDEFINED


def _function_method(owner: Function, name: str) -> Value:
    if name == "call":
        return Native(name, lambda args: owner.call(args[1:], arg(args, 0)))
    if name == "apply":
        return Native(
            name, lambda args: owner.call([] if is_nullish(arg(args, 1)) else iterate(arg(args, 1)), arg(args, 0))
        )
    return Native(name, lambda args: Native(owner.name, lambda more: owner.call([*args[1:], *more], arg(args, 0))))


CONSTRUCTORS = frozenset({"Date", "Set", "Map", "Array"})
"""The classes `new` is evaluated for."""


def construct(name: str, args: list[Value]) -> Value:
    """Return what `new name(...args)` makes.

    Raises:
        Unresolved: If an argument that matters is not known.
    """
    if name == "Date":
        return _date(args)
    if name == "Set":
        return JSSet([] if is_nullish(arg(args, 0)) else iterate(arg(args, 0)))
    if name == "Map":
        return JSMap([] if is_nullish(arg(args, 0)) else iterate(arg(args, 0)))
    if name == "Array" and args and not isinstance(args[0], int):
        return JSArray(args)
    return Unknown(f"'new {name}' is not evaluated")


def _date(args: list[Value]) -> Value:
    if not args:
        return Unknown("the current time is only known when the program runs")
    value = known(args[0])
    try:
        if isinstance(value, int | float) and len(args) == 1:
            moment = datetime.fromtimestamp(value / 1000, UTC)
        elif isinstance(value, str) and len(args) == 1:
            moment = datetime.fromisoformat(value)
        else:
            return Unknown("a date made of parts depends on the local time zone")
    except (ValueError, OverflowError):
        return Unknown("the date is written in a form that is not read")
    if moment.tzinfo is None and isinstance(value, str) and "T" in value:
        return Unknown("a date without zone depends on the local time zone")
    moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    return JSDate(f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z")
