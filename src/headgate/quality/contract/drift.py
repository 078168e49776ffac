"""What changed in a payload since its contract was learned, and what that means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from headgate.errors import ConfigError
from headgate.quality.contract.shape import ENUM_ROWS, FieldShape, PayloadShape, ShapeLearner, json_type
from headgate.quality.plain import shorten
from headgate.quality.suggest import suggestion

_NULL_SHIFT = 0.2
"""Growth of a field's share of nulls that is worth a word."""
_LISTED = 5
"""Unknown values named in a message."""


class DriftKind(StrEnum):
    """What changed: a field came, a field is missing, a type or the nulls changed, an enum has an unknown value."""

    NEW_FIELD = "new_field"
    MISSING_FIELD = "missing_field"
    CHANGED_TYPE = "changed_type"
    UNKNOWN_VALUE = "unknown_value"
    NULLS = "nulls"

    @property
    def breaking(self) -> bool:
        """Whether code that relied on the contract can break. A new field is safe, and more nulls are a sign only."""
        return self in (DriftKind.MISSING_FIELD, DriftKind.CHANGED_TYPE, DriftKind.UNKNOWN_VALUE)


class DriftAction(StrEnum):
    """What to do about a drift: nothing, report it, refuse the rows that show it, or hold the run."""

    IGNORE = "ignore"
    WARN = "warn"
    QUARANTINE = "quarantine"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class DriftPolicy:
    """What to do about each kind of drift.

    By default rows that lack a field or have it in another type are refused, so that a single odd row does not stop a
    run; if most rows are odd, it is the guard that holds it. What a text may be is only guessed from what it was, so an
    unknown value is reported: where it matters, the model has an enum.

    Raises:
        ConfigError: An action does not exist.
    """

    new_field: DriftAction = DriftAction.WARN
    missing_field: DriftAction = DriftAction.QUARANTINE
    changed_type: DriftAction = DriftAction.QUARANTINE
    unknown_value: DriftAction = DriftAction.WARN
    nulls: DriftAction = DriftAction.WARN

    def __post_init__(self) -> None:
        """Take the actions by name too."""
        for kind in DriftKind:
            action = getattr(self, kind.value)
            try:
                object.__setattr__(self, kind.value, DriftAction(action))
            except ValueError:
                raise ConfigError(
                    f"The action {action!r} for '{kind}' does not exist.",
                    hint=f"{suggestion(str(action), DriftAction)}Actions are: {', '.join(DriftAction)}.",
                ) from None

    def action(self, kind: DriftKind) -> DriftAction:
        """Return what to do about a kind of drift."""
        action: DriftAction = getattr(self, kind.value)
        return action


@dataclass(frozen=True, slots=True)
class Drift:
    """One change of a payload against its contract.

    Args:
        kind: What changed.
        path: The field, as in a :class:`PayloadShape`.
        message: What a person reads.
        rows: How many objects show it.
        sample: A row that shows it.
        expected: The types or values that the contract knows.
    """

    kind: DriftKind
    path: str
    message: str
    rows: int
    sample: Any = None
    expected: frozenset[str] = field(default_factory=frozenset)

    def shown_by(self, row: Any) -> bool:
        """Whether a row shows this drift."""
        return any(self._judge(value, there) for value, there in values_at(row, self.path))

    def value_in(self, row: Any) -> Any:
        """Return the first value in a row that shows this drift; ``None`` also where it is missing."""
        return next((value for value, there in values_at(row, self.path) if self._judge(value, there)), None)

    def as_dict(self) -> dict[str, Any]:
        """Return the drift as JSON-ready values, the sample shortened."""
        return {
            "kind": self.kind.value,
            "breaking": self.kind.breaking,
            "path": self.path,
            "message": self.message,
            "rows": self.rows,
            "value": shorten(self.value_in(self.sample)),
            "sample": shorten(self.sample, 400),
        }

    def _judge(self, value: Any, there: bool) -> bool:  # noqa: FBT001 - the pair that values_at yields
        if self.kind is DriftKind.MISSING_FIELD:
            return not there
        if not there:
            return False
        if self.kind is DriftKind.CHANGED_TYPE:
            return value is not None and not _fits(json_type(type(value)), self.expected)
        if self.kind is DriftKind.UNKNOWN_VALUE:
            return isinstance(value, str) and value not in self.expected
        return value is None if self.kind is DriftKind.NULLS else json_type(type(value)) not in self.expected


def compare(known: PayloadShape, seen: PayloadShape, examples: ShapeLearner | None = None) -> list[Drift]:
    """Return how a payload drifted from the shape that is known, breaking changes first.

    Args:
        known: The shape in the contract.
        seen: The shape of this run.
        examples: The learner of this run, for sample rows.
    """
    examples = examples or ShapeLearner()
    drifts = [
        *_new_fields(known, seen, examples),
        *(
            drift
            for path, before in known.fields.items()
            if (now := seen.fields.get(path) or _absent(path, seen)) is not None
            for drift in _changes(path, before, now, examples)
        ),
    ]
    return sorted(drifts, key=lambda drift: (not drift.kind.breaking, drift.path))


def values_at(row: Any, path: str) -> Iterator[tuple[Any, bool]]:
    """Yield the values of a field in each object of a row that could have it, and whether it has."""
    head, dot, rest = path.partition(".")
    name = head.removesuffix("[]") if dot else head
    if not isinstance(row, Mapping):
        return
    if not dot:
        yield row.get(name), name in row
        return
    child = row.get(name)
    for part in child if head.endswith("[]") and isinstance(child, list) else [child]:
        yield from values_at(part, rest)


def _new_fields(known: PayloadShape, seen: PayloadShape, examples: ShapeLearner) -> Iterator[Drift]:
    for path, now in seen.fields.items():
        parent = path.rpartition(".")[0].removesuffix("[]")
        if path in known.fields or path.startswith(tuple(known.maps)) or (parent and parent not in known.fields):
            continue
        types = " or ".join(sorted(now.types))
        sample = next((row for kind in now.types if (row := examples.example_of_type(path, kind)) is not None), None)
        yield Drift(DriftKind.NEW_FIELD, path, f"a new field, {types}", now.present, sample)


def _absent(path: str, seen: PayloadShape) -> FieldShape | None:
    """Return the shape of a field that no object had, if there were objects that could have had it."""
    prefix = path[: path.rfind(".") + 1]
    siblings = (shape.of for other, shape in seen.fields.items() if other[: other.rfind(".") + 1] == prefix)
    count = next(siblings, 0 if prefix else seen.rows)
    return FieldShape(count, 0, {}) if count else None


def _changes(path: str, before: FieldShape, now: FieldShape, examples: ShapeLearner) -> Iterator[Drift]:
    if before.required and now.present < now.of:
        missing = now.of - now.present
        message = f"missing in {missing} of {now.of}, it was always there"
        yield Drift(DriftKind.MISSING_FIELD, path, message, missing, examples.example_without(path))
    yield from _type_changes(path, before, now, examples)
    yield from _value_changes(path, before, now, examples)
    nulls = now.types.get("null", 0)
    never = before.null_share == 0 and before.present >= ENUM_ROWS
    if nulls and (never or now.null_share - before.null_share > _NULL_SHIFT):
        message = f"null in {now.null_share:.1%}, before in {before.null_share:.1%}"
        yield Drift(DriftKind.NULLS, path, message, nulls, examples.example_of_type(path, "null"))


def _type_changes(path: str, before: FieldShape, now: FieldShape, examples: ShapeLearner) -> Iterator[Drift]:
    expected = frozenset(before.types) - {"null"}
    unknown = sorted(kind for kind in now.types if kind != "null" and not _fits(kind, expected))
    if not unknown:
        return
    count = sum(now.types[kind] for kind in unknown)
    sample = examples.example_of_type(path, unknown[0])
    found = " or ".join(unknown)
    if not expected:
        yield Drift(DriftKind.NEW_FIELD, path, f"was always null, now {found}", count, sample, frozenset({"null"}))
    else:
        message = f"{found}, where {' or '.join(sorted(expected))} was due"
        yield Drift(DriftKind.CHANGED_TYPE, path, message, count, sample, expected)


def _value_changes(path: str, before: FieldShape, now: FieldShape, examples: ShapeLearner) -> Iterator[Drift]:
    expected = before.enum
    if expected is None or not now.types.get("string"):
        return
    if now.values is None:
        yield Drift(
            DriftKind.UNKNOWN_VALUE, path, f"no longer one of {len(expected)} values", now.present, None, expected
        )
        return
    unknown = sorted(now.values.keys() - expected)
    if unknown:
        listed = ", ".join(shorten(value, 40) for value in unknown[:_LISTED])
        more = f" and {len(unknown) - _LISTED} more" if len(unknown) > _LISTED else ""
        count = sum(now.values[value] for value in unknown)
        sample = examples.example_of_value(path, unknown[0])
        yield Drift(DriftKind.UNKNOWN_VALUE, path, f"unknown: {listed}{more}", count, sample, expected)


def _fits(kind: str, expected: frozenset[str]) -> bool:
    return kind in expected or (kind == "integer" and "number" in expected)
