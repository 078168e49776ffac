"""What a source is: a name, its entities, and an asynchronous stream of records."""

from __future__ import annotations

from abc import ABC
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, ClassVar, Self

from headgate.errors import ConfigError
from headgate.extract.entity import EntitySpec
from headgate.extract.progress import Progress
from headgate.extract.records import Records
from headgate.quality.relationship import Relationship


class ExtractorPlugin(ABC):
    """A source that the pipeline can run.

    A subclass names itself, declares its entities and writes :meth:`records`. It is made once per run, entered as an
    asynchronous context manager, and read to its end. Most sources also inherit from
    :class:`~headgate.extract.extractor.RobustExtractor`, which brings the client with all its policies.

    A small source may write :meth:`extract` instead of :meth:`records`. What it returns proves nothing about
    completeness, so nothing that it does not mention is ever deleted; one that yields :class:`Records` may prove it.

    Raises:
        TypeError: The class writes neither, or writes :meth:`records` and declares no entities.
    """

    name: ClassVar[str]
    """The word for the source in messages, such as ``"ncaa"``; without one, the name of the class in small letters."""

    relationships: Sequence[Relationship] = ()
    """What must hold between the entities; checked before a run is applied."""

    progress: Progress = Progress()
    """How far earlier runs have read the source; the pipeline sets it before it asks for :meth:`records`."""

    def __init_subclass__(cls, **options: Any) -> None:
        """Name the class if it does not name itself."""
        super().__init_subclass__(**options)
        if not hasattr(cls, "name"):
            cls.name = cls.__name__.lower()

    def __new__(cls, *_arguments: Any, **_options: Any) -> Self:
        """Refuse a class that does not say what it reads: either method can be had from the other, not both."""
        streams = cls.records is not ExtractorPlugin.records
        if not streams and cls.extract is ExtractorPlugin.extract:
            msg = f"{cls.__name__} is abstract: write records(), or extract()"
            raise TypeError(msg)
        if streams and cls.entities is ExtractorPlugin.entities:
            msg = f"{cls.__name__} is abstract: declare its entities"
            raise TypeError(msg)
        return super().__new__(cls)

    @property
    def entities(self) -> Sequence[EntitySpec]:
        """The entities of this source, parents before children. A plain class attribute will do."""
        return ()

    async def records(self) -> AsyncIterator[Records]:
        """Yield the rows of every entity, in batches, each with its partition and the proof of completeness.

        Raises:
            ConfigError: :meth:`extract` stands in for it, and its rows cannot be told apart by entity.
        """
        given = self.extract()
        if not isinstance(given, AsyncIterator):
            for entity, rows in by_entity(await given, [spec.name for spec in self.entities]).items():
                yield Records(entity, rows)
            return
        async for batch in given:
            if not isinstance(batch, Records):
                raise ConfigError(
                    f"extract() of the source '{self.name}' yields {type(batch).__name__}.",
                    hint="Yield Records(entity, rows), or return lists of rows by entity.",
                )
            yield batch

    async def extract(self) -> Any:
        """Read the whole source and return its raw rows, lists by entity: for small sources and for exploring.

        A source of one entity that writes this method itself may return the list alone.
        """
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


def by_entity(rows: Any, entities: Sequence[str]) -> Mapping[str, Sequence[Any]]:
    """Return what :meth:`ExtractorPlugin.extract` gave as rows by entity.

    Raises:
        ConfigError: It is neither lists by declared entities nor the list of the only one.
    """
    found = {entities[0]: rows} if len(entities) == 1 and not isinstance(rows, Mapping) else rows
    declared = isinstance(found, Mapping) and bool(entities) and set(found) <= set(entities)
    if not declared or not all(isinstance(part, (list, tuple)) for part in found.values()):
        raise ConfigError(
            "What extract() returned are not lists of rows by declared entity.",
            hint=f"Declared are: {', '.join(entities) or 'none'}; set 'entities', or write records().",
        )
    return found
