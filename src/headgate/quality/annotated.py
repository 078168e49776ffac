"""Rules in the annotations of a model: on a field, and on what lies within its value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from headgate.errors import ConfigError
from headgate.quality.common import PLAIN_RULES, RULES_WITH_ARGUMENTS
from headgate.quality.rule import ValidationRule

_Reach = Callable[[Any], Iterable[Any]]
_Models = tuple[type[BaseModel], ...]


def annotated_rules(model: type[BaseModel]) -> dict[str, tuple[ValidationRule, ...]]:
    """Return the rules in the annotations of a model's fields, by field.

    Those on a member of a union, on the elements of a collection and on the fields of a model within this one become
    rules on the field that holds the value; their messages say where in it they judge. A model that contains itself
    is followed once.

    Raises:
        ConfigError: An annotation has a common rule without the arguments it needs.
    """
    found = {field: tuple(inner.as_rule() for inner in inners) for field, inners in _by_field(model, ())}
    return {field: rules for field, rules in found.items() if rules}


@dataclass(frozen=True, slots=True)
class _Inner:
    """A rule and the way to the values that it judges."""

    rule: ValidationRule
    path: tuple[str, ...] = ()
    reach: _Reach | None = None

    def within(self, reach: _Reach, *path: str) -> _Inner:
        """Return this one as seen from a value that holds its own."""
        inner = self.reach
        further = reach if inner is None else lambda value: (leaf for part in reach(value) for leaf in inner(part))
        return _Inner(self.rule, (*path, *self.path), further)

    def as_rule(self) -> ValidationRule:
        """Return a rule on the value as a whole."""
        rule, reach = self.rule, self.reach
        if reach is None:
            return rule
        message = f"{'.'.join(self.path)}: {rule.error_message}" if self.path else rule.error_message
        return ValidationRule(rule.name, lambda value: all(map(rule.validator, reach(value))), message, rule.severity)


def _by_field(model: type[BaseModel], around: _Models) -> Iterator[tuple[str, list[_Inner]]]:
    for field, info in model.model_fields.items():
        yield field, [*_marks(info.metadata), *_inners(info.annotation, (*around, model))]


def _marks(metadata: Iterable[object]) -> Iterator[_Inner]:
    for mark in metadata:
        if isinstance(mark, ValidationRule):
            yield _Inner(mark)
        for factory in PLAIN_RULES.values():
            if mark is factory:  # Annotated[str, NotEmpty] can mean nothing else
                yield _Inner(factory())
        for name, factory in RULES_WITH_ARGUMENTS.items():
            if mark is factory:
                raise ConfigError(
                    f"An annotation has the rule {name} without its arguments.",
                    hint=f"Call it: {factory.__name__}(...).",
                )


def _inners(annotation: Any, around: _Models) -> Iterator[_Inner]:
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _marks(annotation.__metadata__)
        yield from _inners(annotation.__origin__, around)
    elif origin in (Union, UnionType):
        for member in parts:
            yield from (inner.within(_only(member)) for inner in _inners(member, around))
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        yield from (inner.within(_values, "each") for inner in _inners(parts[-1], around))
    elif origin is tuple and Ellipsis not in parts:
        for place, member in enumerate(parts):
            yield from (inner.within(_element(place), str(place)) for inner in _inners(member, around))
    elif origin in (list, set, frozenset, tuple):
        yield from (inner.within(iter, "each") for inner in _inners(parts[0], around))
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation not in around:
        for field, inners in _by_field(annotation, around):
            yield from (inner.within(_attribute(field), field) for inner in inners)


def _only(member: Any) -> _Reach:
    """Return the way to a value that can be of this member of a union."""
    kind = get_args(member)[0] if get_origin(member) is Annotated else member
    kind = get_origin(kind) or kind
    if isinstance(kind, type):
        return lambda value: (value,) if isinstance(value, kind) else ()
    return lambda value: () if value is None else (value,)


def _values(value: Mapping[Any, Any]) -> Iterable[Any]:
    return value.values()


def _element(place: int) -> _Reach:
    return lambda value: (value[place],)


def _attribute(field: str) -> _Reach:
    return lambda value: (getattr(value, field),)
