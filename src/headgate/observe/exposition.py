"""The page of metrics: what the process counted, and how its database stands at this moment."""

from __future__ import annotations

import asyncio
from importlib.metadata import version

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.errors import HeadgateError
from headgate.logging import get_logger
from headgate.metrics import PROCESS, MetricsRegistry
from headgate.observe.counted import add_counted
from headgate.observe.page import MetricsPage
from headgate.observe.stored import add_outbox, add_stored, scores_of
from headgate.store import DatabaseManager, Store

DATABASE_SECONDS = 5.0
"""How long the database may take; afterwards the page says that it is down, and has the rest."""

_log = get_logger(__name__)


async def metrics_page(
    database: DatabaseManager | None, *, registry: MetricsRegistry = PROCESS, clock: Clock = SYSTEM_CLOCK
) -> MetricsPage:
    """Return all metrics of this moment. A database that does not answer is reported, not raised.

    Args:
        database: The database whose state is read; none: only what the process counted.
        registry: What the process counted.
        clock: The time.
    """
    page = MetricsPage()
    page.add("build_info", 1, version("headgate"))
    add_counted(page, registry.by_source())
    if database is not None:
        started = clock.monotonic()
        up = await _add_database(page, database, clock)
        page.add("database_up", float(up))
        page.add("database_read_seconds", clock.monotonic() - started)
    page.add("page_cleaned_labels", page.cleaned)
    page.add("page_omitted_samples", page.omitted)
    if page.cleaned or page.omitted:
        _log.info("metrics_not_as_they_are", cleaned_labels=page.cleaned, omitted_samples=page.omitted)
    return page


async def _add_database(page: MetricsPage, database: DatabaseManager, clock: Clock) -> bool:
    """Put on the page what the database says; tell whether it did."""
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            if database.file is not None and not database.file.is_file():
                return False  # asking SQLite would make the file
            store = Store(database, clock=clock)
            sources = await store.overview()
            outbox = await store.outbox_status()
            scores = await scores_of(store, [source.source for source in sources])
    except (HeadgateError, TimeoutError) as error:
        _log.warning("metrics_without_database", database=database.label, reason=str(error) or "no answer in time")
        return False
    add_stored(page, sources, scores, now=store.context.now())
    add_outbox(page, outbox)
    return True
