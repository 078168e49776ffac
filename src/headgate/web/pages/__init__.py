"""The pages, one file each: a router with the page, its downloads and its actions."""

from headgate.web.pages import (
    changes,
    deciding,
    duplicates,
    entities,
    health,
    live,
    operation,
    overview,
    parts,
    quality,
    quarantine,
    record,
    run,
    runs,
    settings,
    sign_in,
    trends,
)

PAGES = (
    overview.router,
    live.router,
    runs.router,
    changes.router,
    duplicates.router,
    run.router,
    parts.router,
    entities.router,
    record.router,
    trends.router,
    quality.router,
    quarantine.router,
    health.router,
    settings.router,
    operation.router,
)
"""What may be seen by those who may look."""

ACTIONS = (deciding.router, record.actions, quarantine.actions)
"""What may be done by those who gave the token."""

OPEN = (sign_in.router, operation.probes)
"""What everybody may see: how to sign in, and whether the server is alive."""
