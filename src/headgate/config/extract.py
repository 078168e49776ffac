"""The settings of reading a source: what an interrupted run leaves, and how far an incremental one looks back."""

from __future__ import annotations

from pydantic import Field

from headgate.config.duration import Seconds
from headgate.config.policies import PolicyConfig


class ReadingConfig(PolicyConfig):
    """How a source is read."""

    resume_max_age: Seconds = Field(
        3600.0,
        description="Seconds for which the parts of the upstream that an interrupted run has read are taken over by "
        "the next run; 0: never.",
    )
    cursor_overlap: Seconds = Field(
        300.0, description="Seconds before the time of its cursor from which an incremental source is read again."
    )


class ExtractConfig(ReadingConfig):
    """How sources are read; a source may have settings of its own."""

    sources: dict[str, ReadingConfig] = Field(
        default_factory=dict, description="By source: settings of its own; what is not set there is as for all."
    )

    def of(self, source: str) -> ReadingConfig:
        """Return the settings of a source."""
        own = self.sources.get(source)
        if own is None:
            return self
        general = {name: getattr(self, name) for name in ReadingConfig.model_fields}
        return ReadingConfig(**general | own.model_dump(exclude_unset=True))
