"""Rules by name, bound to fields: what a row is checked with outside a batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from headgate.errors import ConfigError
from headgate.quality.common import ALSO_NAMED, PLAIN_RULES, RULES_WITH_ARGUMENTS, common_rules
from headgate.quality.findings import WHOLE_ROW, Finding, FindingKind
from headgate.quality.rule import Severity, ValidationRule
from headgate.quality.suggest import suggestion

RuleRef = str | ValidationRule
"""A rule, or the name of one that a validator knows."""

FieldRules = Mapping[str, RuleRef | Sequence[RuleRef]]
"""Rules by field: one or several, as objects or names."""


class DataQualityValidator:
    """A set of rules known by name, each bound to the fields it is to judge.

    A field without a rule is checked by none. A rule added under a name that is taken replaces the earlier one. The
    common rules that need no argument can be named without being added, unless another rule has their name.
    """

    def __init__(self, rules: Iterable[ValidationRule] = ()) -> None:
        self._rules: dict[str, ValidationRule] = {rule.name: rule for rule in rules}
        self._bound: dict[str, list[str]] = {}

    @property
    def rules(self) -> Mapping[str, ValidationRule]:
        """The rules by name."""
        return dict(self._rules)

    @property
    def field_rules(self) -> Mapping[str, tuple[ValidationRule, ...]]:
        """The rules bound to fields, by field."""
        return {field: tuple(self._rules[name] for name in names) for field, names in self._bound.items()}

    def add_rule(self, rule: ValidationRule, *, fields: Iterable[str] | str = ()) -> None:
        """Add a rule, and bind it to ``fields``; without fields it is only known by its name."""
        self._rules[rule.name] = rule
        for field in (fields,) if isinstance(fields, str) else fields:
            names = self._bound.setdefault(field, [])
            if rule.name not in names:
                names.append(rule.name)

    def add_common_rules(self) -> None:
        """Add the common rules that need no argument, such as ``not_empty``, bound to no field."""
        for rule in common_rules():
            self._rules[rule.name] = rule

    def resolve(self, field_rules: FieldRules | None = None) -> dict[str, tuple[ValidationRule, ...]]:
        """Return the rule objects by field; those bound to fields if ``field_rules`` is ``None``.

        Raises:
            ConfigError: A name that no rule has.
        """
        if field_rules is None:
            return dict(self.field_rules)
        return {
            field: tuple(self._find(ref, field) for ref in ((refs,) if isinstance(refs, RuleRef) else refs))
            for field, refs in field_rules.items()
        }

    def validate(
        self, data: Mapping[str, Any] | BaseModel, field_rules: FieldRules | None = None
    ) -> dict[str, list[str]]:
        """Return the messages of the rules that ``data`` breaks, of every severity, by field; empty if it breaks none.

        A missing field is judged as ``None``.

        Raises:
            ConfigError: A name that no rule has.
        """
        messages: dict[str, list[str]] = {}
        for finding in self.check(data, field_rules):
            messages.setdefault(finding.field, []).append(finding.message)
        return messages

    def check(self, data: Mapping[str, Any] | BaseModel, field_rules: FieldRules | None = None) -> list[Finding]:
        """Return what :meth:`validate` finds, with rule, severity and value."""
        resolved = self.resolve(field_rules)
        if isinstance(data, BaseModel):
            data = {field: getattr(data, field, None) for field in resolved}
        if not isinstance(data, Mapping):
            return [not_an_object(data)]
        judged = (judge(rule, field, data.get(field)) for field, rules in resolved.items() for rule in rules)
        return [finding for finding in judged if finding is not None]

    def _find(self, ref: RuleRef, field: str) -> ValidationRule:
        if isinstance(ref, ValidationRule):
            return ref
        if ref in self._rules:
            return self._rules[ref]
        name = ALSO_NAMED.get(ref, ref)
        if name in PLAIN_RULES:
            return self._rules.get(name) or PLAIN_RULES[name]()
        raise unknown_rule(ref, field, {**PLAIN_RULES, **self._rules})


def judge(rule: ValidationRule, field: str, value: Any) -> Finding | None:
    """Return what a rule finds on a value, or ``None`` if the value is good."""
    try:
        if rule.validator(value):
            return None
    except Exception as error:  # noqa: BLE001 - a rule that raises is a finding about the rule
        return rule_raised(rule.name, field, rule.severity, value, error)
    return Finding(field, rule.name, rule.severity, value, rule.error_message)


def rule_raised(name: str, field: str, severity: Severity, value: Any, error: Exception) -> Finding:
    """Return the finding about a rule that raised instead of judging."""
    message = f"rule '{name}' could not judge this value, it raised {type(error).__name__}"
    return Finding(field, name, severity, value, message, FindingKind.RULE_RAISED)


def not_an_object(row: object) -> Finding:
    """Return the finding about a row that has no fields at all."""
    message = f"must be an object with fields, not {type(row).__name__}"
    return Finding(WHOLE_ROW, "model.model_type", Severity.ERROR, row, message, FindingKind.MODEL)


def unknown_rule(name: object, field: str, known: Iterable[str]) -> ConfigError:
    """Return the error for a rule name that nobody knows, with the nearest one that is known."""
    if ALSO_NAMED.get(str(name), name) in RULES_WITH_ARGUMENTS:
        hint = f"'{name}' needs arguments: give a rule object, or a table with them in the configuration."
    else:
        hint = f"{suggestion(str(name), known)}Known rules: {', '.join(sorted(known))}."
    return ConfigError(f"Field '{field}' names the rule {name!r}, which does not exist.", hint=hint)
