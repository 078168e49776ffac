"""Rules as the configuration file writes them: tables and words in, rule objects out."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from headgate.errors import ConfigError
from headgate.quality.common import PLAIN_RULES, RULES_WITH_ARGUMENTS
from headgate.quality.rule import ValidationRule, as_severity
from headgate.quality.suggest import suggestion
from headgate.quality.table_rule import TABLE_RULES, TableRule


@dataclass(frozen=True, slots=True)
class EntityRules:
    """The rules that a configuration gives for one entity.

    Args:
        fields: Rules by field.
        table: Rules on the table.
    """

    fields: Mapping[str, tuple[ValidationRule, ...]]
    table: tuple[TableRule, ...] = ()


def load_rules(config: object, *, where: str, known: Mapping[str, ValidationRule] | None = None) -> EntityRules:
    """Return the rules of one entity from the plain values of a configuration file.

    ``fields`` maps a field to a rule or a list of them: a name, or a table with ``rule``, the rule's arguments, and
    if wanted ``severity`` and ``message``. ``table`` is a list of tables of the same kind. In TOML::

        [quality.schools.fields]
        name = "not_empty"
        email = ["valid_email", { rule = "length", most = 80, severity = "warning" }]

        [[quality.schools.table]]
        rule = "row_count"
        least = 900

    Args:
        config: The plain values.
        where: Where they stand, for messages, such as ``quality.schools``.
        known: Rules known by name beside the common ones.

    Raises:
        ConfigError: Something there does not exist or has the wrong shape.
    """
    sections = _table(config, where)
    for section in sections:
        if section not in ("fields", "table"):
            raise ConfigError(
                f"{where} has the section '{section}', which does not exist.",
                hint=f"{suggestion(section, ('fields', 'table'))}There are: fields, table.",
            )
    fields = {
        field: tuple(
            _field_rule(item, f"{where}.fields.{field}", known or {})
            for item in (items if isinstance(items, list | tuple) else [items])
        )
        for field, items in _table(sections.get("fields", {}), f"{where}.fields").items()
    }
    rules = sections.get("table", [])
    if not isinstance(rules, Sequence) or isinstance(rules, str):
        raise ConfigError(f"{where}.table is no list of rules.", hint=f"Write each under [[{where}.table]].")
    return EntityRules(fields, tuple(_table_rule(item, f"{where}.table") for item in rules))


def _field_rule(item: object, where: str, known: Mapping[str, ValidationRule]) -> ValidationRule:
    options = {"rule": item} if isinstance(item, str) else dict(_table(item, where))
    name = options.pop("rule", None)
    changes: dict[str, Any] = {}
    if "message" in options:
        changes["error_message"] = str(options.pop("message"))
    if "severity" in options:
        changes["severity"] = as_severity(options.pop("severity"), where=where)
    own = {rule.name: partial(_itself, rule) for rule in known.values()}
    rule: ValidationRule = _made(
        _looked_up(name, {**PLAIN_RULES, **RULES_WITH_ARGUMENTS, **own}, where), options, where
    )
    return dataclasses.replace(rule, **changes)


def _itself(rule: ValidationRule) -> ValidationRule:
    return rule


def _table_rule(item: object, where: str) -> TableRule:
    options = dict(_table(item, where))
    make = _looked_up(options.pop("rule", None), TABLE_RULES, where)
    if isinstance(options.get("fields"), list):
        options["fields"] = tuple(options["fields"])
    rule: TableRule = _made(make, options, where)
    return rule


def _looked_up(name: object, makers: Mapping[str, Callable[..., Any]], where: str) -> Callable[..., Any]:
    if isinstance(name, str) and name in makers:
        return makers[name]
    known = sorted(makers)
    raise ConfigError(
        f"{where} names the rule {name!r}, which does not exist.",
        hint=f"{suggestion(str(name), known)}Known rules: {', '.join(known)}.",
    )


def _made(make: Callable[..., Any], options: Mapping[str, Any], where: str) -> Any:
    """Call a factory with the options of a configuration file, and say in its words what does not fit."""
    try:
        inspect.signature(make).bind(**options)
        return make(**options)
    except TypeError as error:
        arguments = ", ".join(inspect.signature(make).parameters) or "none"
        raise ConfigError(f"{where}: {error}.", hint=f"The arguments of this rule are: {arguments}.") from None
    except ConfigError as error:
        raise ConfigError(f"{where}: {error.message}", hint=error.hint) from None


def _table(value: object, where: str) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    raise ConfigError(
        f"{where} is {type(value).__name__}, where a table was due.",
        hint='A rule is a name, or a table such as { rule = "between", low = 0, high = 10 }.',
    )
