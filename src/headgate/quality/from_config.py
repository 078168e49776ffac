"""Rules as the configuration file writes them: tables and words in, rule objects out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from headgate.errors import ConfigError
from headgate.quality.row_declaration import RowDeclaration, declare_row_rule
from headgate.quality.rule import ValidationRule
from headgate.quality.rule_words import as_list, as_table, field_rule, looked_up, made
from headgate.quality.suggest import suggestion
from headgate.quality.table_rule import TABLE_RULES, TableRule

RULE_SECTIONS = ("fields", "rows", "table")
"""The sections of an entity that have rules."""


@dataclass(frozen=True, slots=True)
class EntityRules:
    """The rules that a configuration gives for one entity.

    Args:
        fields: Rules by field.
        rows: Rules on rows; :meth:`~headgate.quality.RowDeclaration.bind` makes them ready for a model.
        table: Rules on the table.
    """

    fields: Mapping[str, tuple[ValidationRule, ...]]
    rows: tuple[RowDeclaration, ...] = ()
    table: tuple[TableRule, ...] = ()


def load_rules(config: object, *, where: str, known: Mapping[str, ValidationRule] | None = None) -> EntityRules:
    """Return the rules of one entity from the plain values of a configuration file.

    ``fields`` maps a field to a rule or a list of them: a name, or a table with ``rule``, the rule's arguments, and
    if wanted ``severity`` and ``message``. ``rows`` and ``table`` are lists of tables of the same kind. In TOML::

        [quality.schools.fields]
        name = "not_empty"
        email = ["valid_email", { rule = "length", most = 80, severity = "warning" }]

        [[quality.schools.rows]]
        rule = "present"
        fields = ["conference_id"]
        when = { division = "I" }
        unless = { independent = true }

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
    sections = as_table(config, where)
    for section in sections:
        if section not in RULE_SECTIONS:
            raise ConfigError(
                f"{where} has the section '{section}', which does not exist.",
                hint=f"{suggestion(section, RULE_SECTIONS)}There are: {', '.join(RULE_SECTIONS)}.",
            )
    own = known or {}
    fields = {
        field: tuple(
            field_rule(item, f"{where}.fields.{field}", own)
            for item in (items if isinstance(items, list | tuple) else [items])
        )
        for field, items in as_table(sections.get("fields", {}), f"{where}.fields").items()
    }
    rows = as_list(sections.get("rows", []), f"{where}.rows")
    table = as_list(sections.get("table", []), f"{where}.table")
    return EntityRules(
        fields,
        tuple(declare_row_rule(item, f"{where}.rows", own) for item in rows),
        tuple(_table_rule(item, f"{where}.table") for item in table),
    )


def _table_rule(item: object, where: str) -> TableRule:
    options = dict(as_table(item, where))
    make = looked_up(options.pop("rule", None), TABLE_RULES, where)
    if isinstance(options.get("fields"), list):
        options["fields"] = tuple(options["fields"])
    rule: TableRule = made(make, options, where)
    return rule
