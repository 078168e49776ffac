"""The settings of enrichment: which files and providers add what, and who locates addresses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from headgate.config.duration import Seconds
from headgate.config.policies import PolicyConfig

_DAY = 86_400.0
_SECRET = re.compile(r"key|token|secret|password", re.IGNORECASE).search


class EnrichConfig(PolicyConfig):
    """What rows are enriched with. Off until it names a file, a provider or a geocoder."""

    institutions: Path | None = Field(
        None, description="CSV file of institutions (IPEDS/HIFLD) that schools are matched with."
    )
    providers: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        description="Who adds figures, the first one first: options by name; 'provider' where the name is another.",
    )
    order: dict[str, list[str]] = Field(
        default_factory=dict, description="By field: names of providers, where another order is wanted."
    )
    geocoders: dict[str, dict[str, Any]] | None = Field(
        None,
        description="Who locates addresses, the first one first: institutions, census, nominatim, offline, each with "
        "its options; none: institutions and offline.",
    )
    points_kept: Seconds = Field(
        90 * _DAY, description="Seconds after which a geocoder on the network is asked for an address again."
    )

    @property
    def is_on(self) -> bool:
        """Whether rows are enriched."""
        return self.institutions is not None or bool(self.providers) or self.geocoders is not None

    @field_validator("providers", "geocoders")
    @classmethod
    def _holds_no_secret(cls, named: dict[str, dict[str, Any]] | None) -> dict[str, dict[str, Any]] | None:
        for name, options in (named or {}).items():
            for option in options:
                if _SECRET(option):
                    msg = f"'{option}' of '{name}' may not stand here; it comes from the environment, as its page says"
                    raise ValueError(msg)
        return named
