"""What a source is: a name, its entities, and an asynchronous stream of records."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from typing import Any, ClassVar, Self

from headgate.extract.entity import EntitySpec
from headgate.extract.records import Records


class ExtractorPlugin(ABC):
    """A source that the pipeline can run.

    A subclass names itself, declares its entities and writes :meth:`records`. It is made once per run, entered as an
    asynchronous context manager, and read to its end. Most sources also inherit from
    :class:`~headgate.extract.extractor.RobustExtractor`, which brings the client with all its policies.
    """

    name: ClassVar[str]
    """The word for the source on the command line, such as ``"ncaa"``."""

    @property
    @abstractmethod
    def entities(self) -> Sequence[EntitySpec]:
        """The entities of this source, parents before children. A plain class attribute will do."""

    @abstractmethod
    def records(self) -> AsyncIterator[Records]:
        """Yield the rows of every entity, in batches, each with its partition and the proof of completeness."""

    async def extract(self) -> dict[str, list[Any]]:
        """Read the whole source and return its raw rows by entity: for small sources and for exploring."""
        rows: dict[str, list[Any]] = {entity.name: [] for entity in self.entities}
        async for batch in self.records():
            rows[batch.entity].extend(batch.rows)
        return rows

    async def __aenter__(self) -> Self:
        """Open what the source needs; nothing by default."""
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Close what the source opened; nothing by default."""
        return
