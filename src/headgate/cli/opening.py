"""What every command that works with a database does first."""

from __future__ import annotations

import getpass
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headgate.config.settings import PipelineConfig
from headgate.logging import configure_logging


def load_settings(config: Path | None, database: str | None, **sections: Mapping[str, Any]) -> PipelineConfig:
    """Return the settings with the flags of the command, and let the log follow them.

    Args:
        config: The file of the settings.
        database: The database.
        **sections: Further flags, by section.

    Raises:
        ConfigError: A setting is unusable.
    """
    flags = {name: values for name, values in sections.items() if values}
    settings = PipelineConfig(config, **flags, **({} if database is None else {"database_url": database}))
    configure_logging(level=settings.log_level, style=settings.log_format)
    return settings


def again(config: Path | None, database: str | None) -> str:
    """Return the options that the next command needs to mean the same database; a URL with a password is left out."""
    words = []
    if database is not None:
        words += ["--database", "URL" if "@" in database else shlex.quote(database)]
    if config is not None:
        words += ["--config", shlex.quote(str(config))]
    return "".join(f" {word}" for word in words)


def whoever() -> str:
    """Return the name of the person at the keyboard, as the system knows it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return f"user {os.getuid()}" if hasattr(os, "getuid") else "unknown"
