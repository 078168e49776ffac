"""The settings of the dashboard: where it listens, and who may do what."""

from __future__ import annotations

from pydantic import Field, SecretStr, field_validator

from headgate.config.duration import PositiveSeconds
from headgate.config.policies import PolicyConfig

LEAST_TOKEN = 16
"""Characters that a token must have: what is shorter can be guessed."""


class WebConfig(PolicyConfig):
    """Where the dashboard listens. Beyond this machine, nothing is shown without the token."""

    host: str = Field("127.0.0.1", description="The address to listen at; anything but localhost needs the token.")
    port: int = Field(8420, ge=0, le=65535, description="The port to listen at; 0 takes a free one.")
    token: SecretStr | None = Field(
        None, description=f"What to sign in with, {LEAST_TOKEN} characters or more; none: a new one at each start."
    )
    read_only: bool = Field(False, description="Show everything and change nothing, token or not.")
    session_seconds: PositiveSeconds = Field(43_200.0, description="Seconds that somebody stays signed in.")

    @field_validator("token")
    @classmethod
    def _is_long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < LEAST_TOKEN:
            msg = f"at least {LEAST_TOKEN} characters, or no token for one that is made at each start"
            raise ValueError(msg)
        return value
