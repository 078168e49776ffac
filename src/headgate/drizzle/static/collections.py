"""`Set` and `Map`."""

from __future__ import annotations

from collections.abc import Callable

from headgate.drizzle.static.literals import iterate
from headgate.drizzle.static.operators import same
from headgate.drizzle.static.values import (
    UNDEFINED,
    Function,
    Host,
    JSArray,
    Native,
    Unknown,
    Unresolved,
    Value,
    arg,
    known,
)


class _Collection(Host):
    """What sets and maps share: keys in the order in which they came, each with a value.

    Args:
        pairs: The keys and values to begin with.
    """

    changeable = True

    def __init__(self, pairs: list[tuple[Value, Value]]) -> None:
        self._pairs: list[tuple[Value, Value]] = []
        self._taint: Unknown | None = None
        for key, value in pairs:
            self._put(known(key), value)

    def pairs(self) -> list[tuple[Value, Value]]:
        """Return keys and values.

        Raises:
            Unresolved: If the content is not known.
        """
        if self._taint is not None:
            raise Unresolved(self._taint)
        return list(self._pairs)

    def parts(self) -> list[Value]:
        """Return the values it holds that can be reached through it."""
        return [part for pair in self._pairs for part in pair]

    def spoil(self, cause: Unknown) -> None:
        """Forget the content."""
        self._taint = cause

    def get(self, name: str) -> Value:
        """Return a property or a method."""
        if name == "size":
            return len(self.pairs())
        run = {
            "has": self._has,
            "delete": self._delete,
            "clear": self._clear,
            "forEach": self._for_each,
            "keys": lambda _args: JSArray(key for key, _ in self.pairs()),
            "values": lambda _args: JSArray(value for _, value in self.pairs()),
            "entries": lambda _args: JSArray(JSArray(pair) for pair in self.pairs()),
            **self._own(),
        }.get(name)
        return Native(name, run) if run is not None else Native(name, lambda _args: self._lost(name))

    def _own(self) -> dict[str, Callable[[list[Value]], Value]]:
        """Return the methods that only one of the two has."""
        raise NotImplementedError

    def _lost(self, name: str) -> Value:
        cause = Unknown(f"the method '{name}' of this collection is not evaluated")
        self.spoil(cause)
        return cause

    def _at(self, key: Value) -> int | None:
        known(key)
        return next((i for i, (there, _) in enumerate(self.pairs()) if same(there, key)), None)

    def _put(self, key: Value, value: Value) -> None:
        try:
            at = self._at(key)
        except Unresolved as signal:
            self.spoil(signal.cause)
            raise
        if at is None:
            self._pairs.append((key, value))
        else:
            self._pairs[at] = (self._pairs[at][0], value)

    def _has(self, args: list[Value]) -> Value:
        return self._at(arg(args, 0)) is not None

    def _delete(self, args: list[Value]) -> Value:
        try:
            at = self._at(arg(args, 0))
        except Unresolved as signal:
            self.spoil(signal.cause)
            raise
        if at is not None:
            del self._pairs[at]
        return at is not None

    def _clear(self, _args: list[Value]) -> Value:
        self._pairs, self._taint = [], None
        return UNDEFINED

    def _for_each(self, args: list[Value]) -> Value:
        function = known(arg(args, 0))
        if not isinstance(function, Function):
            raise Unresolved(Unknown("the callback is not a function"))
        for key, value in self.pairs():
            function.call([value, key, self])
        return UNDEFINED


class JSSet(_Collection):
    """A `Set`."""

    def __init__(self, items: list[Value]) -> None:
        super().__init__([(item, item) for item in items])

    def iterate(self) -> list[Value]:
        """Return the elements."""
        return [key for key, _ in self.pairs()]

    def _own(self) -> dict[str, Callable[[list[Value]], Value]]:
        return {"add": self._add}

    def _add(self, args: list[Value]) -> Value:
        self._put(arg(args, 0), arg(args, 0))
        return self


class JSMap(_Collection):
    """A `Map`."""

    def __init__(self, pairs: list[Value]) -> None:
        split = [[*iterate(pair), UNDEFINED, UNDEFINED] for pair in pairs]
        super().__init__([(key, value) for key, value, *_ in split])

    def iterate(self) -> list[Value]:
        """Return the pairs."""
        return [JSArray(pair) for pair in self.pairs()]

    def _own(self) -> dict[str, Callable[[list[Value]], Value]]:
        return {"set": self._set, "get": self._get}

    def _set(self, args: list[Value]) -> Value:
        self._put(arg(args, 0), arg(args, 1))
        return self

    def _get(self, args: list[Value]) -> Value:
        at = self._at(arg(args, 0))
        return UNDEFINED if at is None else self._pairs[at][1]
