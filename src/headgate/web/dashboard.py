"""What every page works with: the store, the settings, and who looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.responses import HTMLResponse

from headgate.config.settings import PipelineConfig
from headgate.errors import ConfigError, DatabaseConfigError
from headgate.store import RunRecord, Store
from headgate.web.problems import NotFoundError
from headgate.web.rendering import render
from headgate.web.security.access import Looking, Visitor


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One look at the dashboard.

    Args:
        request: The request.
        who: Who looks.
        settings: The settings.
        store: The store, open.
    """

    request: Request
    who: Visitor
    settings: PipelineConfig
    store: Store

    @property
    def now(self) -> datetime:
        """The time, in UTC."""
        return self.store.context.now()

    def page(self, template: str, context: Mapping[str, Any], *, status: int = 200) -> HTMLResponse:
        """Return a page."""
        return render(self.request, template, context, who=self.who, status=status)

    async def find_run(self, run: str) -> RunRecord:
        """Return a run by its id or a part of it.

        Raises:
            NotFoundError: There is none, or more than one.
        """
        try:
            return await self.store.find_run(run.replace("\0", ""))
        except DatabaseConfigError:
            raise
        except ConfigError as error:
            raise NotFoundError(error.message, error.hint) from None


async def dashboard(request: Request, who: Looking) -> Dashboard:
    """Return what a page works with, for those who may look."""
    state = request.app.state
    return Dashboard(request, who, state.settings, state.store)


Board = Annotated[Dashboard, Depends(dashboard)]
