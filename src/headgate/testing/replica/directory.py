"""What the replica serves: the members, conferences and sports of one year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import orjson

from headgate.errors import ConfigError

Row = dict[str, Any]
"""One member as the listing sends it: 36 keys. Never changed in place: years share rows."""

BASE_YEAR = 2022
"""The year that the recorded listing is of, and the first one of an invented directory."""

INDEPENDENT = 0
"""The ``conferenceId`` of members that belong to no conference."""

ROMAN = {1: "I", 2: "II", 3: "III"}

_OWN_FOLDER = "ncaa"
_MEMBERS_FILE = "member_list_type12_2022.json"
_SPORTS_FILE = "sport_list.json"
_ROBOTS_FILE = "robots.txt"
_ROBOTS = "User-agent: *\nDisallow: /stats/\nDisallow: /compliance/\n"


@dataclass(frozen=True)
class Directory:
    """The members of one year, and what does not change with the years.

    Args:
        year: The academic year.
        seed: What invented parts (pages, changes from year to year) are drawn from.
        members: The rows of the listing.
        sports: The rows of the sport list.
        robots: The text of ``robots.txt``.
        last_id: The highest id ever given to a member or a conference: ids never come back.
    """

    year: int
    seed: int
    members: Sequence[Row]
    sports: Sequence[Mapping[str, Any]]
    robots: str = _ROBOTS
    last_id: int = 0

    @classmethod
    def first(
        cls, members: Sequence[Row], sports: Sequence[Mapping[str, Any]], *, seed: int, robots: str = _ROBOTS
    ) -> Self:
        """Return a directory of the base year."""
        last_id = max((max(row["orgId"], row["conferenceId"]) for row in members), default=0)
        return cls(BASE_YEAR, seed, members, sports, robots, last_id)

    @cached_property
    def member_by_id(self) -> Mapping[int, Row]:
        """The rows by ``orgId``."""
        return {row["orgId"]: row for row in self.members}

    @cached_property
    def conference_names(self) -> Mapping[int, str]:
        """The names of the conferences by id, without the independents."""
        return {
            row["conferenceId"]: row["conferenceName"] for row in self.members if row["conferenceId"] != INDEPENDENT
        }

    def listing(self, division: int | None = None) -> list[Row]:
        """Return the rows as they are sent this year, of one division or of all."""
        return [
            {**row, "academicYear": self.year}
            for row in self.members
            if division is None or row["division"] == division
        ]


def load_directory(folder: Path, *, seed: int = 0) -> Directory:
    """Read a recorded directory from a folder, or from the folder ``ncaa`` inside it.

    Raises:
        ConfigError: A file is missing or is not what it should be.
    """
    if not (folder / _MEMBERS_FILE).exists() and (folder / _OWN_FOLDER).is_dir():
        folder /= _OWN_FOLDER
    robots = folder / _ROBOTS_FILE
    return Directory.first(
        _read_list(folder / _MEMBERS_FILE),
        _read_list(folder / _SPORTS_FILE),
        seed=seed,
        robots=robots.read_text("utf-8") if robots.is_file() else _ROBOTS,
    )


def _read_list(path: Path) -> list[Row]:
    hint = f"The folder needs {_MEMBERS_FILE} and {_SPORTS_FILE}; without a folder the replica invents its schools."
    try:
        rows = orjson.loads(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"Recorded data cannot be read at {path}: {error.strerror}.", hint=hint) from None
    except orjson.JSONDecodeError as error:
        raise ConfigError(f"Recorded data at {path} is not JSON: {error}.", hint=hint) from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ConfigError(f"Recorded data at {path} is not a JSON list of objects.", hint=hint)
    return rows
