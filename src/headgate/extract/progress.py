"""How far a source was read by earlier runs: cursors, and the parts that an interrupted run has left."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from headgate.errors import ConfigError
from headgate.extract.records import Records


def always() -> bool:
    """Return true."""
    return True


class Progress:
    """What an extractor is told of earlier runs. Outside of the pipeline there are none to take anything over from.

    Args:
        cursors: How far each partition was read, by entity and partition.
        overlap: Seconds before the time of a cursor from which rows are read again.
    """

    def __init__(self, cursors: Mapping[tuple[str, str], Any] | None = None, *, overlap: float = 0.0) -> None:
        self._cursors = cursors or {}
        self._overlap = timedelta(seconds=overlap)

    def cursor(self, entity: str, partition: str = "") -> Any:
        """Return how far a partition was read by the last run that was committed; none: it has to be read whole."""
        return self._cursors.get((entity, partition))

    def updated_since(self, entity: str, partition: str = "") -> datetime | None:
        """Return the time from which rows of a partition have to be read again, in UTC; none: all of them.

        It lies before the time of the cursor by the setting ``extract.cursor_overlap``, because an upstream may show
        a row later than the time that the row bears. Rows that come again are unchanged.

        Raises:
            ConfigError: The cursor is no time.
        """
        value = self.cursor(entity, partition)
        if value is None:
            return None
        try:
            moment = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise ConfigError(
                f"The cursor of '{entity}' {partition!r} is {value!r}, which is no time.",
                hint="Use cursor() in the source, or let a sync with --full set it anew.",
            ) from None
        return as_utc(moment) - self._overlap

    def is_read(self, entity: str, partition: str = "") -> bool:  # noqa: ARG002 - in a run it depends on them
        """Tell whether an interrupted run has read a partition to its end, so that it need not be asked for."""
        return False

    async def forget(self, entity: str, partition: str = "") -> None:
        """Do not take a partition over that an interrupted run has read: it is read anew."""

    async def resumable(
        self,
        entity: str,
        partition: str,
        read: AsyncIterator[Records],
        *,
        keep_if: Callable[[], bool] = always,  # noqa: ARG002 - nothing is kept outside of a run
    ) -> AsyncIterator[Records]:
        """Yield the batches of one partition: those that an interrupted run has read, else what ``read`` yields.

        What is read is kept until the run is applied, so that the next run can take it over.

        Args:
            entity: Name of the entity.
            partition: The partition; all batches have to be of it.
            read: Asks the upstream. It is not started if there is no need to ask.
            keep_if: Asked when all was read: whether it is good enough for another run.

        Raises:
            ConfigError: ``read`` yields a batch of another entity or partition.
        """
        async for batch in read:
            check_part(batch, entity, partition)
            yield batch


def check_part(batch: Records, entity: str, partition: str) -> None:
    """Make sure that a batch is of a partition.

    Raises:
        ConfigError: It is of another one.
    """
    if (batch.entity, batch.partition) != (entity, partition):
        raise ConfigError(
            f"The source yields '{batch.entity}' {batch.partition!r} among '{entity}' {partition!r}.",
            hint="Let resumable() read one partition of one entity.",
        )


def as_utc(moment: datetime) -> datetime:
    """Return a time in UTC; without a zone it is taken as that."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
