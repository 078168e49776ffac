"""What a source says about an entity before the first row comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from headgate.config.targets import TargetConfig
from headgate.extract.enrichable import Enrichable
from headgate.quality import RowRule, TableRule, Winner
from headgate.quality.contract import DriftPolicy
from headgate.quality.resemblance import Resemblance


@dataclass(frozen=True, slots=True)
class EntitySpec:
    """An entity of a source: its name, its model, and how one row is told from another.

    Args:
        name: Name of the entity, plural, such as ``"schools"``; also the name of its table.
        model: The Pydantic model that raw rows are validated with; its fields are the columns.
        key: Names of the model's fields that identify a row in the upstream.
        rules: Validation rules by field name: names of registered rules or rule objects.
        row_rules: Rules on whole rows.
        table_rules: Rules on the table as a whole.
        winner: Which of several rows with one key and different content goes on.
        newest_by: The field that the winner ``newest`` compares.
        contract: What to do when the payload drifts from the shape that was learned; none: nothing is learned.
        resembles: How probable duplicates are looked for; none: they are not. Needs the extra ``enrich``.
        enrichable: Which fields tell which school a row is; none: its rows are not enriched.
        target: The table of an application that rows land in; none: the one that the model was generated for, else
            Headgate makes one of the entity's name.
    """

    name: str
    model: type[BaseModel]
    key: tuple[str, ...]
    rules: Mapping[str, Any] = field(default_factory=dict)
    row_rules: Sequence[RowRule] = ()
    table_rules: Sequence[TableRule] = ()
    winner: Winner = Winner.QUARANTINE
    newest_by: str | None = None
    contract: DriftPolicy | None = field(default_factory=DriftPolicy)
    resembles: Resemblance | None = None
    enrichable: Enrichable | None = None
    target: TargetConfig | None = None
