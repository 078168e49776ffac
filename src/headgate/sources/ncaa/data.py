"""The whole directory in memory, by division."""

from __future__ import annotations

from typing import Any, Never

from headgate.errors import HeadgateError
from headgate.quality import InvalidItem


class NCAAData(dict[str, list[Any]]):
    """Models by name: ``d1_schools``, ``d1_conferences`` and so on to ``d3_``, and ``sports``.

    A part that could not be read has no entry: asking for it raises the error that stood in its way, so that an
    upstream that failed is never taken for an empty one. ``errors`` has these errors by name, ``get`` returns ``None``.
    """

    def __init__(self) -> None:
        super().__init__()
        self.errors: dict[str, HeadgateError] = {}
        """Why a part is not there, by name."""
        self.invalid: dict[str, list[InvalidItem]] = {}
        """Rows that were refused, with every reason, by name."""
        self.complete: set[str] = set()
        """The parts that are proven to be complete."""

    def __missing__(self, name: str) -> Never:
        """Raise why a part is not there."""
        if name in self.errors:
            raise self.errors[name]
        raise KeyError(name)
