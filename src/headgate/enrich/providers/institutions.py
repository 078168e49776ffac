"""The institutions file: IPEDS through HIFLD."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from headgate.enrich.providers.provider import FieldTypes, Figure, Figures, Provider, Wanted
from headgate.enrich.providers.tables import number, read_bytes, read_table
from headgate.errors import UnexpectedShapeError

REQUIRED = {"IPEDSID", "NAME", "STATE"}

_NUMBERS = {
    "enrolment": "TOT_ENROLL",
    "enrolment_full_time": "FT_ENROLL",
    "enrolment_part_time": "PT_ENROLL",
    "staff": "TOT_EMP",
    "dormitory_capacity": "DORM_CAP",
}
_TYPES: FieldTypes = {
    **dict.fromkeys(_NUMBERS, int), "control": str, "county": str, "latitude": float, "longitude": float,
}  # fmt: skip
_CONTROL = {"1": "public", "2": "private", "3": "for-profit"}


async def read_institutions(path: str | Path) -> list[dict[str, str]]:
    """Return the rows of an institutions file, for matching and for the provider.

    Raises:
        ConfigError: The file cannot be read.
        UnexpectedShapeError: It is another file.
    """
    return read_table(await read_bytes(path, None), str(path), REQUIRED)


class InstitutionsProvider(Provider):
    """Gives enrolment, staff, control and coordinates from rows of the institutions file.

    Args:
        rows: The rows, as :func:`read_institutions` returns them.
        as_of: What time they are about.

    Raises:
        UnexpectedShapeError: A row has no id.
    """

    name = "institutions"
    fields = _TYPES

    def __init__(self, rows: Iterable[Mapping[str, Any]], *, as_of: str | None = None) -> None:
        self.as_of = as_of
        try:
            self._rows = {str(row["IPEDSID"]): row for row in rows}
        except (KeyError, TypeError):
            raise UnexpectedShapeError(
                "A row of the institutions has no IPEDSID.", hint="Give the rows of the institutions file."
            ) from None

    async def figures(self, wanted: Sequence[Wanted]) -> Mapping[str, Figures]:
        """Return the figures of the institutions that are in the file."""
        ids = {one.institution_id for one in wanted}
        return {one: _figures(self._rows[one]) for one in ids if one in self._rows}


def _figures(row: Mapping[str, Any]) -> Figures:
    found: dict[str, Figure] = {}
    for field, column in _NUMBERS.items():
        value = number(row.get(column))
        if value is not None:
            found[field] = value
    if (control := _CONTROL.get(str(row.get("TYPE")))) is not None:
        found["control"] = control
    if (county := str(row.get("COUNTY") or "")) and county != "NOT AVAILABLE":
        found["county"] = county
    with contextlib.suppress(KeyError, TypeError, ValueError):
        found |= {"latitude": float(row["LATITUDE"]), "longitude": float(row["LONGITUDE"])}
    return found
