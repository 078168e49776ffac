"""Which of several conflicting rows goes on: said by the source, or else by the configuration."""

from __future__ import annotations

from headgate.errors import ConfigError
from headgate.extract.entity import EntitySpec
from headgate.quality import DuplicatePolicy, Winner
from headgate.quality.entity_settings import EntitySettings
from headgate.store import Settlement


def settlement(spec: EntitySpec, settings: EntitySettings) -> Settlement | None:
    """Return how the store settles conflicts of an entity; none: all rows of a conflict go to quarantine.

    Raises:
        ConfigError: The winner and the field it compares do not fit together, or there is no such field.
    """
    winner, newest_by = (
        (spec.winner, spec.newest_by) if settings.winner is None else (settings.winner, settings.newest_by)
    )
    policy = DuplicatePolicy(spec.key, winner, newest_by)
    if policy.newest_by is not None and policy.newest_by not in spec.model.model_fields:
        raise ConfigError(
            f"The newest of conflicting '{spec.name}' is told by '{policy.newest_by}', which is no field of theirs.",
            hint=f"Their fields are: {', '.join(spec.model.model_fields)}.",
        )
    if policy.winner is Winner.QUARANTINE:
        return None
    return Settlement(policy.winner.value, policy.newest_by)
