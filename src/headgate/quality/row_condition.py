"""Conditions on the fields of a model: what a row rule is about, and what it demands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from operator import attrgetter
from typing import Any

from headgate.quality.checks import not_empty
from headgate.quality.rule import ValidationRule

Conditions = Mapping[str, Any]
"""By field, what its value is: a value; one of several, as a list; good by a rule; or missing, as ``None``.

A condition is true only of a value that is there. All of them must hold.
"""


def all_hold(conditions: Conditions) -> Callable[[Any], bool]:
    """Return the question whether all conditions hold of a model; true without a condition."""
    tests = [(attrgetter(field), _test(wanted)) for field, wanted in conditions.items()]

    def check(model: Any) -> bool:
        return all(test(read(model)) for read, test in tests)

    return check


def in_words(conditions: Conditions) -> str:
    """Return the conditions as the end of a sentence: ``division is 'I' and email is missing``."""
    return " and ".join(f"{field} {_is(wanted)}" for field, wanted in conditions.items())


def as_demand(conditions: Conditions) -> str:
    """Return the conditions as what is demanded: ``enrolment must be a number from 1 to 10``."""
    return " and ".join(f"{field} {_must(wanted)}" for field, wanted in conditions.items())


def _test(wanted: Any) -> Callable[[Any], bool]:
    if wanted is None:
        return lambda value: not not_empty(value)
    if isinstance(wanted, ValidationRule):
        good = wanted.validator
        return lambda value: value is not None and bool(good(value))
    members = [plain(member) for member in (wanted if isinstance(wanted, list | tuple) else [wanted])]
    return lambda value: plain(value) in members


def plain(value: Any) -> Any:
    """Return what a member of an enum stands for; any other value as it is."""
    return value.value if isinstance(value, Enum) else value


def _is(wanted: Any) -> str:
    if wanted is None:
        return "is missing"
    if isinstance(wanted, ValidationRule):
        return f"passes {wanted.name}"
    return f"is {_listed(wanted)}"


def _must(wanted: Any) -> str:
    if wanted is None:
        return "must be missing"
    return wanted.error_message if isinstance(wanted, ValidationRule) else f"must be {_listed(wanted)}"


def _listed(wanted: Any) -> str:
    if not isinstance(wanted, list | tuple):
        return _shown(wanted)
    return "one of " + ", ".join(map(_shown, wanted))


def _shown(value: Any) -> str:
    value = plain(value)
    return repr(value) if isinstance(value, str) else str(value)
