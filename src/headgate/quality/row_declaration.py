"""A row rule as a configuration file declares it: bound to a model, whose fields and values it names, it is a rule."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from headgate.errors import ConfigError
from headgate.quality.parsing import FieldParser
from headgate.quality.row_condition import plain
from headgate.quality.row_rule import RowRule
from headgate.quality.row_rules import ROW_RULES
from headgate.quality.rule import ValidationRule
from headgate.quality.rule_words import as_table, field_rule, looked_up, made
from headgate.quality.suggest import suggestion

_CONDITIONS = ("when", "unless", "then")


@dataclass(frozen=True, slots=True)
class RowDeclaration:
    """A rule on rows, with its fields and values still in the words of the file.

    Args:
        kind: Name of the built-in rule.
        options: Its arguments; conditions hold plain values, lists, ``None`` or rules by field.
        where: Where it stands, for messages.
        name: What it is called; none: as its kind.
        message: What a person reads; none: what the rule says of itself.
    """

    kind: str
    options: Mapping[str, Any]
    where: str
    name: str | None = None
    message: str | None = None

    def bind(self, model: type[BaseModel]) -> RowRule:
        """Return the rule, its values parsed by the model.

        Raises:
            ConfigError: The model does not have one of the fields, or refuses one of the values; or the arguments are
                not those of the rule.
        """
        parser = FieldParser(model)
        options = {
            name: self._parsed(value, model, parser) if name in _CONDITIONS else value
            for name, value in self.options.items()
        }
        rule: RowRule = made(ROW_RULES[self.kind], options, self.where)
        for name in rule.fields:
            self._refuse_unknown(name, model)
        return dataclasses.replace(rule, name=self.name or rule.name, error_message=self.message or rule.error_message)

    def _parsed(self, conditions: Mapping[str, Any], model: type[BaseModel], parser: FieldParser) -> dict[str, Any]:
        return {name: self._value(name, wanted, model, parser) for name, wanted in conditions.items()}

    def _value(self, name: str, wanted: Any, model: type[BaseModel], parser: FieldParser) -> Any:
        self._refuse_unknown(name, model)
        if wanted is None or isinstance(wanted, ValidationRule):
            return wanted
        if isinstance(wanted, _Other):
            return _differs([self._value(name, value, model, parser) for value in wanted.values])
        if isinstance(wanted, list):
            return [self._value(name, value, model, parser) for value in wanted]
        try:
            return parser.parse(name, wanted)
        except ValidationError as error:
            problem = next((detail["msg"] for detail in error.errors() if detail["loc"][:1] == (name,)), None)
            if problem is None:
                return wanted  # a validator of the model that needs the other fields: the value stands as it is
            raise ConfigError(
                f"{self.where} compares '{name}' with {wanted!r}, which it can never be: {problem}.",
                hint="Write a value that the model takes for this field.",
            ) from None
        except Exception:  # noqa: BLE001 - the same
            return wanted

    def _refuse_unknown(self, name: str, model: type[BaseModel]) -> None:
        if name not in model.model_fields:
            raise ConfigError(
                f"{self.where} names the field '{name}', which {model.__name__} does not have.",
                hint=f"{suggestion(name, model.model_fields)}Its fields are: {', '.join(model.model_fields)}.",
            )


@dataclass(frozen=True, slots=True)
class _Other:
    """Any value but these."""

    values: list[Any]


def declare_row_rule(item: object, where: str, known: Mapping[str, ValidationRule]) -> RowDeclaration:
    """Return the row rule that a table of a configuration file declares.

    Args:
        item: The table: ``rule``, the rule's arguments, and if wanted ``name``, ``message`` and ``severity``.
        where: Where it stands, for messages.
        known: Rules on fields that conditions can name beside the common ones.

    Raises:
        ConfigError: The rule does not exist, or a condition is none.
    """
    options = dict(as_table(item, where))
    kind = options.pop("rule", None)
    looked_up(kind, ROW_RULES, where)
    name, message = options.pop("name", None), options.pop("message", None)
    for role in _CONDITIONS:
        if role in options:
            place = f"{where}.{role}"
            conditions = as_table(options[role], place)
            options[role] = {
                subject: _condition(wanted, f"{place}.{subject}", known) for subject, wanted in conditions.items()
            }
    return RowDeclaration(str(kind), options, where, name and str(name), message and str(message))


def _condition(wanted: Any, where: str, known: Mapping[str, ValidationRule]) -> Any:
    """Return what a condition asks for: a value, a list of them, ``None`` for none at all, or a rule."""
    if not isinstance(wanted, Mapping):
        return wanted
    if "rule" in wanted:
        return field_rule(wanted, where, known)
    if len(wanted) == 1 and isinstance(wanted.get("present"), bool):
        return field_rule("not_empty", where, {}) if wanted["present"] else None
    if len(wanted) == 1 and "not" in wanted:
        return _Other(wanted["not"] if isinstance(wanted["not"], list) else [wanted["not"]])
    raise ConfigError(
        f"{where} is {dict(wanted)!r}, which is no condition.",
        hint='Write a value, a list of values, { not = "a value" }, { present = true }, or a rule on the field '
        'such as { rule = "between", low = 0, high = 10 }.',
    )


def _differs(values: list[Any]) -> ValidationRule:
    others = [plain(value) for value in values]
    listed = ", ".join(map(str, others))
    return ValidationRule(f"not {listed}", lambda value: plain(value) not in others, f"must not be {listed}")
