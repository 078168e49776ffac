"""Everything that a configuration can say about the quality of one entity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from headgate.errors import ConfigError
from headgate.quality.contract import DriftPolicy
from headgate.quality.duplicates import Winner
from headgate.quality.from_config import RULE_SECTIONS, EntityRules, load_rules
from headgate.quality.relationship import OrphanPolicy
from headgate.quality.suggest import suggestion

_SECTIONS = (*RULE_SECTIONS, "duplicates", "contract", "orphans", "least_score")
_PERFECT = 100


@dataclass(frozen=True, slots=True)
class EntitySettings:
    """What a configuration says about one entity; what it does not say is left to the source.

    Args:
        rules: Rules on fields, on rows and on the table.
        winner: Which of several conflicting rows goes on.
        newest_by: The field that the winner ``newest`` compares.
        contract: What to do about drifts of the payload.
        watched: Whether its payload has a contract at all.
        orphans: By relationship, what happens to rows whose parent is missing.
        least_score: The score below which the run is held.
    """

    rules: EntityRules = field(default_factory=lambda: EntityRules({}))
    winner: Winner | None = None
    newest_by: str | None = None
    contract: DriftPolicy | None = None
    watched: bool = True
    orphans: Mapping[str, OrphanPolicy] = field(default_factory=dict)
    least_score: float = 0.0


def load_all_settings(quality: Mapping[str, Mapping[str, Any]]) -> dict[str, EntitySettings]:
    """Return the settings of all entities from the section ``quality`` of a configuration file.

    Raises:
        ConfigError: Something there does not exist or has the wrong shape.
    """
    return {name: load_settings(config, where=f"quality.{name}") for name, config in quality.items()}


def load_settings(config: Mapping[str, Any], *, where: str) -> EntitySettings:
    """Return the settings of one entity from the plain values of a configuration file.

    In TOML::

        [quality.schools]
        duplicates = "last"                # first, last, quarantine, or { newest = "updated_at" }
        least_score = 90
        contract = { missing_field = "hold", new_field = "ignore" }    # or "off"
        orphans = { school_conference = "hold" }

        [quality.schools.fields]
        name = "not_empty"

    Args:
        config: The plain values.
        where: Where they stand, for messages, such as ``quality.schools``.

    Raises:
        ConfigError: Something there does not exist or has the wrong shape.
    """
    for section in config:
        if section not in _SECTIONS:
            raise ConfigError(
                f"{where} has the section '{section}', which does not exist.",
                hint=f"{suggestion(section, _SECTIONS)}There are: {', '.join(_SECTIONS)}.",
            )
    rules = load_rules({name: config[name] for name in RULE_SECTIONS if name in config}, where=where)
    winner, newest_by = _winner(config.get("duplicates"), f"{where}.duplicates")
    contract = config.get("contract")
    watched = contract != "off"
    return EntitySettings(
        rules=rules,
        winner=winner,
        newest_by=newest_by,
        contract=_contract(contract, f"{where}.contract") if watched and contract is not None else None,
        watched=watched,
        orphans=_orphans(config.get("orphans", {}), f"{where}.orphans"),
        least_score=_score(config.get("least_score", 0), f"{where}.least_score"),
    )


def _winner(value: object, where: str) -> tuple[Winner | None, str | None]:
    if value is None:
        return None, None
    if isinstance(value, Mapping) and len(value) == 1 and isinstance(value.get(Winner.NEWEST.value), str):
        return Winner.NEWEST, value[Winner.NEWEST.value]
    plain = [winner.value for winner in Winner if winner is not Winner.NEWEST]
    if value not in plain:
        raise ConfigError(
            f"{where} is {value!r}, which settles nothing.",
            hint=f'Write one of {", ".join(plain)}, or {{ newest = "the field that says so" }}.',
        )
    return Winner(value), None


def _contract(value: object, where: str) -> DriftPolicy:
    actions = _mapping(value, where, 'Write "off", or a table such as { missing_field = "hold" }.')
    known = list(DriftPolicy.__dataclass_fields__)
    for kind in actions:
        if kind not in known:
            raise ConfigError(
                f"{where} names the drift '{kind}', which does not exist.",
                hint=f"{suggestion(kind, known)}There are: {', '.join(known)}.",
            )
    try:
        return DriftPolicy(**actions)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error.message}", hint=error.hint) from None


def _orphans(value: object, where: str) -> dict[str, OrphanPolicy]:
    policies = _mapping(value, where, 'Write a table such as { school_conference = "hold" }.')
    found: dict[str, OrphanPolicy] = {}
    for name, policy in policies.items():
        if policy not in list(OrphanPolicy):
            raise ConfigError(
                f"{where}.{name} is {policy!r}, which does not exist.",
                hint=f"{suggestion(str(policy), OrphanPolicy)}Policies are: {', '.join(OrphanPolicy)}.",
            )
        found[name] = OrphanPolicy(policy)
    return found


def _score(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _PERFECT:
        raise ConfigError(f"{where} is {value!r}.", hint="A score is a number from 0 to 100.")
    return float(value)


def _mapping(value: object, where: str, hint: str) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    raise ConfigError(f"{where} is {value!r}, where a table was due.", hint=hint)
