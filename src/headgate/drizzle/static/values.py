"""The values a schema's TypeScript can produce, and the honest "unknown" among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Final, TypeAlias

Value: TypeAlias = object
"""Any value of the evaluator: a Python primitive or one of the classes below."""


class _Undefined(Enum):
    UNDEFINED = "undefined"

    def __bool__(self) -> bool:
        return False


UNDEFINED: Final = _Undefined.UNDEFINED


PROTOTYPE: Final = frozenset({
    "__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__", "__proto__", "constructor",
    "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString", "toString", "valueOf",
})  # fmt: skip
"""The names that every object inherits."""
_OF_FUNCTIONS: Final = frozenset({"arguments", "caller", "length", "prototype"})


class BigInt(int):
    """A JavaScript `bigint`, kept apart from `number`."""


@dataclass(frozen=True, slots=True)
class Where:
    """A place in the sources.

    Args:
        file: Path of the file.
        line: Line, counted from 1.
        expression: The source text of the expression, shortened.
    """

    file: str
    line: int
    expression: str


@dataclass(frozen=True, slots=True, eq=False)
class Unknown:
    """A value that cannot be known without running the program.

    Args:
        reason: Why it is not known, as half a sentence.
        where: The place it came from.
        aliases: Known objects that it may be.
    """

    reason: str
    where: Where | None = None
    aliases: tuple[Value, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Foreign(Unknown):
    """Something a package exports whose sources are not at hand.

    Args:
        specifier: The module as imported.
        name: The exported name.
    """

    specifier: str = ""
    name: str = ""


class Unresolved(Exception):  # noqa: N818 - a signal inside the evaluator, no error of the user
    """Evaluation cannot go on here; carries the unknown that stopped it."""

    def __init__(self, cause: Unknown) -> None:
        super().__init__(cause.reason)
        self.cause = cause


class Host:
    """A value of drizzle-orm or of the language's own library, modelled in Python."""

    changeable = False
    """Whether calling one of its methods changes it."""

    def get(self, name: str) -> Value:
        """Return a property; an unknown one where nothing is modelled."""
        return Unknown(f"{type(self).__name__} has no modelled property '{name}'")

    def spoil(self, cause: Unknown) -> None:
        """Note that something unknown may have changed this value; most cannot be changed."""

    def parts(self) -> list[Value]:
        """Return the values it holds that can be reached through it."""
        return []


@dataclass(slots=True, eq=False)
class Accessor:
    """A property that is computed each time it is read: `get id() {...}`.

    Args:
        read: Computes it.
        closure: The function behind it, if it is a getter or setter.
    """

    read: Callable[[], Value]
    closure: Function | None = None


class JSArray(list[Value]):
    """A JavaScript array; `taint` is set when its content is no longer known."""

    taint: Unknown | None = None
    readonly: bool = False

    def items(self) -> Iterator[Value]:
        """Iterate over the elements.

        Raises:
            Unresolved: If the content is not known.
        """
        if self.taint is not None:
            raise Unresolved(self.taint)
        return iter(self)


@dataclass(slots=True, eq=False)
class JSObject:
    """A plain JavaScript object; `taint` is set when some of its content is not known."""

    props: dict[str, Value] = field(default_factory=dict)
    taint: Unknown | None = None
    readonly: bool = False

    def get(self, name: str) -> Value:
        """Return a property, running its getter if it has one."""
        value = self.props.get(name, UNDEFINED)
        if isinstance(value, Accessor):
            return value.read()
        if value is UNDEFINED and self.taint is not None and name not in self.props:
            return self.taint
        return value

    def keys(self) -> list[str]:
        """Return the keys in JavaScript's order: array indices first, ascending."""
        names = list(self.props)
        indices = [n for n in names if _is_index(n)]
        if not indices:
            return names
        return sorted(indices, key=int) + [n for n in names if not _is_index(n)]

    def entries(self) -> list[tuple[str, Value]]:
        """Return keys and values in JavaScript's order, getters run once each."""
        return [(name, self.get(name)) for name in self.keys()]

    def spoil(self, cause: Unknown) -> None:
        """Forget everything: something unknown wrote into this object."""
        self.taint = cause
        for name in self.props:
            self.props[name] = cause


def read_only(value: Value) -> Value:
    """Return a value, marked as one that TypeScript lets nobody change: ``as const``."""
    if isinstance(value, JSObject | JSArray) and not value.readonly:
        value.readonly = True
        for part in value.props.values() if isinstance(value, JSObject) else value:
            read_only(part)
    return value


@dataclass(slots=True, eq=False)
class Regex:
    """A regular expression literal."""

    pattern: str
    flags: str


@dataclass(slots=True, eq=False)
class JSDate:
    """A date whose instant is known, as the ISO text that `toISOString` gives."""

    iso: str


Call: TypeAlias = Callable[[list[Value]], Value]


class Function:
    """Something that can be called."""

    name: str = ""
    own: dict[str, Value] | None = None

    def call(self, args: list[Value], this: Value = UNDEFINED) -> Value:
        """Call it.

        Raises:
            Unresolved: If the result cannot be known.
        """
        raise NotImplementedError

    def get(self, name: str) -> Value:
        """Return a property of the function object."""
        if self.own is not None and name in self.own:
            return self.own[name]
        if name in PROTOTYPE or name in _OF_FUNCTIONS:
            return Unknown(f"'{name}' of a function is not evaluated")
        return self.name if name == "name" else UNDEFINED

    def put(self, name: str, value: Value) -> None:
        """Set a property of the function object."""
        self.own = {**(self.own or {}), name: value}


class Native(Function):
    """A function of the language's library or of drizzle-orm, written in Python.

    Args:
        name: Its name, for messages.
        run: What it does.
        props: Properties of the function object (`sql.raw`).
    """

    def __init__(self, name: str, run: Call, props: dict[str, Value] | None = None) -> None:
        self.name = name
        self.run = run
        self.props = props or {}

    def call(self, args: list[Value], this: Value = UNDEFINED) -> Value:
        """Call it."""
        del this
        try:
            return self.run(args)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise Unresolved(Unknown(f"'{self.name}' cannot be followed with these values")) from error

    def get(self, name: str) -> Value:
        """Return a property of the function object."""
        if name in self.props:
            return self.props[name]
        return super().get(name)


def arg(args: list[Value], index: int) -> Value:
    """Return one argument, `undefined` if it was not given."""
    return args[index] if index < len(args) else UNDEFINED


def prop(value: Value, name: str) -> Value:
    """Return a property of an options object; `undefined` for anything that has none.

    Raises:
        Unresolved: If the options themselves are not known.
    """
    if isinstance(value, Unknown):
        raise Unresolved(value)
    if isinstance(value, JSObject | Host | Function):
        return value.get(name)
    return UNDEFINED


def known(value: Value) -> Value:
    """Return the value.

    Raises:
        Unresolved: If it is not known.
    """
    if isinstance(value, Unknown):
        raise Unresolved(value)
    return value


def is_nullish(value: Value) -> bool:
    """Whether the value is `null` or `undefined`."""
    return value is None or value is UNDEFINED


def truthy(value: Value) -> bool:
    """JavaScript's truth of a value.

    Raises:
        Unresolved: If the value is not known.
    """
    value = known(value)
    if isinstance(value, JSArray | JSObject | Host | Function):
        return True
    if isinstance(value, float) and value != value:  # noqa: PLR0124 - NaN is the number unequal to itself
        return False
    return bool(value)


def to_string(value: Value) -> str:  # noqa: PLR0911 - one return for each kind
    """JavaScript's `String(value)`.

    Raises:
        Unresolved: If the value, or its text, is not known.
    """
    value = known(value)
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return number_text(value)
    if value is None:
        return "null"
    if value is UNDEFINED:
        return "undefined"
    if isinstance(value, JSArray):
        return ",".join("" if is_nullish(v) else to_string(v) for v in value.items())
    if isinstance(value, JSObject) and value.taint is None and not {"toString", "valueOf"} & value.props.keys():
        return "[object Object]"
    raise Unresolved(Unknown("a value has no text that can be known"))


def number_text(value: float) -> str:
    """Return the text JavaScript gives a number."""
    if value != value:  # noqa: PLR0124 - NaN is the number unequal to itself
        return "NaN"
    if value in {float("inf"), float("-inf")}:
        return "Infinity" if value > 0 else "-Infinity"
    if value.is_integer() and abs(value) < 1e21:  # noqa: PLR2004 - where JavaScript turns to exponents
        # the shortest digits that mean this number, filled with zeros: not all the digits it has
        return f"{Decimal(repr(value)):f}".removesuffix(".0") if value else "0"
    text = repr(value)
    if "e" in text:
        digits, _, exponent = text.partition("e")
        power = int(exponent)
        if -7 < power < 0:  # noqa: PLR2004 - where JavaScript turns to exponents
            return f"{value:.{len(digits.replace('.', '').lstrip('-')) - 1 - power}f}"
        return f"{digits}e{'+' if power > 0 else '-'}{abs(power)}"
    return text


def number(value: float) -> Value:
    """Return a number in one form: integral values as `int`."""
    if isinstance(value, bool | BigInt):
        return int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) <= 2**53:
        return int(value)
    return value


def typeof(value: Value) -> str:
    """JavaScript's `typeof`.

    Raises:
        Unresolved: If the value is not known.
    """
    value = known(value)
    if value is UNDEFINED:
        return "undefined"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, BigInt):
        return "bigint"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "function" if isinstance(value, Function) else "object"


def _is_index(name: str) -> bool:
    return name.isascii() and name.isdigit() and (name == "0" or name[0] != "0") and int(name) < 2**32 - 1
