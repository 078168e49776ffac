"""What a provider of figures is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import ClassVar, NamedTuple, Self

Figure = str | int | float | bool
FieldTypes = Mapping[str, type[str] | type[int] | type[float] | type[bool]]
"""Fields, each with the type of its values."""
Figures = Mapping[str, Figure]
"""Values of one institution by field; what is not known is left out."""


class Wanted(NamedTuple):
    """A school whose figures are wanted.

    Attributes:
        institution_id: The institution it was matched with (IPEDS unit id).
        name: Its name, as the directory has it.
        state: Two letters, if known.
    """

    institution_id: str
    name: str
    state: str | None


class Provider(ABC):
    """A public source of figures about institutions.

    A subclass names itself, says which fields it gives, and writes :meth:`figures`. Packages offer providers through
    the entry-point group ``headgate.providers``.
    """

    name: str
    """The word for the provider, such as ``"scorecard"``; it stands as ``source`` beside every value."""

    fields: FieldTypes
    """The fields it can give, each with the type of its values: the columns they are kept in."""

    confidence: ClassVar[float] = 1.0
    """How far its figures are to be believed, 0 to 1, when the institution is certain."""

    as_of: str | None = None
    """What time the figures are about, in words, such as a school year; not when they were fetched."""

    @abstractmethod
    async def figures(self, wanted: Sequence[Wanted]) -> Mapping[str, Figures]:
        """Return figures by institution id; an institution it does not know is left out.

        Raises:
            HeadgateError: It cannot answer; the last known figures are used in its place.
        """

    async def close(self) -> None:
        """Close what the provider opened; nothing by default."""
        return

    async def __aenter__(self) -> Self:
        """Return the provider."""
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close it."""
        await self.close()
