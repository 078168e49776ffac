"""The layer of the file ``headgate.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from headgate.config.known import Known, unknown_setting
from headgate.config.origin import Layer, Origin, OriginKind, Origins
from headgate.errors import ConfigError

DEFAULT_FILE = "headgate.toml"

_TABLE = re.compile(r"^\s*\[\s*([A-Za-z0-9_.\-]+)\s*\]")
_KEY = re.compile(r"^\s*([A-Za-z0-9_.\-]+)\s*=")


def file_layer(path: Path, known: Known) -> Layer:
    """Read a configuration file.

    Args:
        path: The file; it must exist.
        known: The settings that there are.

    Raises:
        ConfigError: The file cannot be read, is not TOML, or has a key that is no setting.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(
            f"The configuration file {path} cannot be read: {reason}.", hint="Check the path given by --config."
        ) from error
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.", hint="Mend the line that is named.") from error
    lines = _lines(text)
    origins: Origins = {}
    for key, is_table in _leaves(values, known):
        line = next((lines[key[:end]] for end in range(len(key), 0, -1) if key[:end] in lines), None)
        place = f"{path}:{line}" if line else str(path)
        if not known.is_setting(key) and not (is_table and known.is_section(key)):
            raise unknown_setting(".".join(key), place, known.settings)
        origins[key] = Origin(OriginKind.FILE, place)
    return Layer(str(path), values, origins)


def _leaves(
    values: Mapping[str, Any], known: Known, prefix: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Yield the path of every value, and whether it is an (empty or unknown) table."""
    for name, value in values.items():
        path = (*prefix, name)
        if isinstance(value, Mapping) and known.is_section(path) and value:
            yield from _leaves(value, known, path)
        else:
            yield path, isinstance(value, Mapping)


def _lines(text: str) -> dict[tuple[str, ...], int]:
    """Return the line of each table and key. Good for the plain forms; an exotic one goes by its table's line."""
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if head := _TABLE.match(line):
            table = tuple(head[1].split("."))
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault((*table, *key[1].split(".")), number)
    return found
