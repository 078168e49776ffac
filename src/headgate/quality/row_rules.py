"""The rules on rows that people expect: one function each, used in code or named in the configuration.

A field has a value if :func:`~headgate.quality.checks.not_empty` says so. All of them take ``when``, which says what
rows the rule is about (all of these conditions hold), and ``unless``, which takes rows out again (all of those hold).
"""
# ruff: noqa: N802 - they read as types, like the common rules on a field

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from headgate.errors import ConfigError
from headgate.quality.checks import not_empty
from headgate.quality.row_condition import Conditions, all_hold, as_demand, in_words
from headgate.quality.row_rule import RowRule
from headgate.quality.rule import Severity
from headgate.quality.suggest import suggestion

_ERROR = Severity.ERROR

COMPARISONS: Mapping[str, tuple[Callable[[Any, Any], Any], str]] = {
    "<": (operator.lt, "less than"),
    "<=": (operator.le, "less than or equal to"),
    ">": (operator.gt, "greater than"),
    ">=": (operator.ge, "greater than or equal to"),
    "==": (operator.eq, "equal to"),
    "!=": (operator.ne, "different from"),
}
"""What two fields can be compared by, with the words for it."""


def Compare(
    left: str,
    by: str,
    right: str,
    *,
    when: Conditions | None = None,
    unless: Conditions | None = None,
    severity: Severity | str = _ERROR,
) -> RowRule:
    """``compare``: two fields compared by ``<``, ``<=``, ``>``, ``>=``, ``==`` or ``!=``; good if one has no value."""
    if by not in COMPARISONS:
        raise ConfigError(
            f"Rule compare was given {by!r} as its comparison.",
            hint=f"{suggestion(str(by), COMPARISONS)}There are: {', '.join(COMPARISONS)}.",
        )
    compare, words = COMPARISONS[by]
    both = attrgetter(left, right)

    def good(model: Any) -> bool:
        first, second = both(model)
        return first is None or second is None or bool(compare(first, second))

    rule = RowRule("compare", good, f"{left} must be {words} {right}", severity, (left, right))
    return _concerning(rule, when, unless)


def RequiredTogether(
    fields: Sequence[str],
    *,
    when: Conditions | None = None,
    unless: Conditions | None = None,
    severity: Severity | str = _ERROR,
) -> RowRule:
    """``required_together``: all of ``fields`` have a value, or none has."""
    count, number = _counter("required_together", fields, fewest=2), len(fields)
    message = f"{' and '.join(fields)} must all have a value, or none of them"
    rule = RowRule("required_together", lambda model: count(model) in (0, number), message, severity, fields)
    return _concerning(rule, when, unless)


def Present(
    fields: Sequence[str],
    least: int = 1,
    most: int | None = None,
    *,
    when: Conditions | None = None,
    unless: Conditions | None = None,
    severity: Severity | str = _ERROR,
) -> RowRule:
    """``present``: of ``fields``, at least ``least`` and at most ``most`` have a value."""
    count = _counter("present", fields)
    top = len(fields) if most is None else most
    if not 0 <= least <= top:
        raise ConfigError(
            f"Rule present was given least {least} and most {most}, of {len(fields)} fields.",
            hint="least must be at least 0, and not above most or the number of fields.",
        )
    number = f"at least {least}" if most is None else f"exactly {least}" if least == top else f"{least} to {top}"
    message = f"{number} of {', '.join(fields)} must have a value" if len(fields) > 1 else f"{fields[0]} is missing"
    rule = RowRule("present", lambda model: least <= count(model) <= top, message, severity, fields)
    return _concerning(rule, when, unless)


def Implies(
    when: Conditions, then: Conditions, *, unless: Conditions | None = None, severity: Severity | str = _ERROR
) -> RowRule:
    """``implies``: of which rows the conditions ``when`` hold, the conditions ``then`` hold too."""
    if not when or not then:
        raise ConfigError("Rule implies needs both when and then.", hint="Without when, give the fields rules.")
    return _concerning(RowRule("implies", all_hold(then), as_demand(then), severity, tuple(then)), when, unless)


def SumOf(
    total: str,
    parts: Sequence[str],
    tolerance: float = 0,
    *,
    when: Conditions | None = None,
    unless: Conditions | None = None,
    severity: Severity | str = _ERROR,
) -> RowRule:
    """``sum_of``: ``total`` is the sum of ``parts``, give or take ``tolerance``; good if one of them has no value."""
    _refuse_no_list("sum_of", parts, fewest=1)
    if tolerance < 0:
        raise ConfigError(f"Rule sum_of was given the tolerance {tolerance}.", hint="It must be 0 or above.")
    numbers = attrgetter(total, *parts)

    def good(model: Any) -> bool:
        whole, *some = numbers(model)
        if whole is None or None in some:
            return True
        difference = abs(whole - sum(some))
        # what binary fractions cannot say exactly is no difference
        rounding = 1e-12 * abs(whole) if isinstance(difference, float) else 0
        return bool(difference <= tolerance + rounding)

    rule = RowRule("sum_of", good, f"{total} must be the sum of {', '.join(parts)}", severity, (total, *parts))
    return _concerning(rule, when, unless)


ROW_RULES: Mapping[str, Callable[..., RowRule]] = {
    "compare": Compare,
    "required_together": RequiredTogether,
    "present": Present,
    "implies": Implies,
    "sum_of": SumOf,
}
"""The rules on rows, by name."""


def _concerning(rule: RowRule, when: Conditions | None, unless: Conditions | None) -> RowRule:
    """Return a rule for only those rows that it is about."""
    validator, message = rule.validator, rule.error_message
    if unless:
        validator, message = _or(all_hold(unless), validator), f"{message}, unless {in_words(unless)}"
    if when:
        validator, message = _or_not(all_hold(when), validator), f"where {in_words(when)}, {message}"
    fields = tuple(dict.fromkeys((*rule.fields, *(when or {}), *(unless or {}))))
    return RowRule(rule.name, validator, message, rule.severity, fields)


def _or(excused: Callable[[Any], bool], good: Callable[[Any], object]) -> Callable[[Any], object]:
    return lambda model: excused(model) or good(model)


def _or_not(concerned: Callable[[Any], bool], good: Callable[[Any], object]) -> Callable[[Any], object]:
    return lambda model: not concerned(model) or good(model)


def _counter(rule: str, fields: Sequence[str], fewest: int = 1) -> Callable[[Any], int]:
    """Return what counts the fields that have a value."""
    _refuse_no_list(rule, fields, fewest)
    readers = [attrgetter(field) for field in fields]
    return lambda model: sum(not_empty(read(model)) for read in readers)


def _refuse_no_list(rule: str, fields: Sequence[str], fewest: int) -> None:
    if isinstance(fields, str) or len(fields) < fewest:
        raise ConfigError(
            f"Rule {rule} was given {fields!r} as its fields.", hint=f"Give it a list of at least {fewest} of them."
        )
