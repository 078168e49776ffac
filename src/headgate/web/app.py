"""The application: the pages put together, behind the rules of who may see and do what."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.metadata import version
from urllib.parse import urlencode, urlsplit

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.config.settings import PipelineConfig
from headgate.errors import HeadgateError
from headgate.logging import get_logger
from headgate.pipeline import open_store
from headgate.pipeline.delivering import register_sinks
from headgate.web.counting import Counting
from headgate.web.files import PROBLEMS
from headgate.web.pages import ACTIONS, OPEN, PAGES
from headgate.web.problems import Told, WebError, told
from headgate.web.rendering import STATIC, render
from headgate.web.security.access import COOKIE, Access, Visitor, is_ours, may_look
from headgate.web.security.headers import Guarded

BODY_BYTES = 64 * 1024
"""What a form may hold."""

_log = get_logger(__name__)


def create_app(settings: PipelineConfig, token: str, *, clock: Clock = SYSTEM_CLOCK) -> FastAPI:
    """Return the dashboard of the configured database, for any ASGI server.

    Args:
        settings: The settings; ``web`` says where it listens, which decides who may look.
        token: What to sign in with.
        clock: The time, for sessions and for wrong tokens.
    """
    web = settings.web
    app = FastAPI(
        title="Headgate",
        summary="Runs, changes, history, quality and health.",
        version=version("headgate"),
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        max_body_size=BODY_BYTES,
        separate_input_output_schemas=False,
    )
    app.state.settings = settings
    app.state.access = Access(
        token, host=web.host, read_only=web.read_only, session_seconds=web.session_seconds, clock=clock
    )
    app.state.streams = 0
    app.state.counting = Counting()
    app.state.closing = asyncio.Event()
    for router in OPEN:
        app.include_router(router, responses=PROBLEMS)
    for router in PAGES:
        app.include_router(router, dependencies=[Depends(may_look)], responses=PROBLEMS)
    for router in ACTIONS:
        app.include_router(router, dependencies=[Depends(is_ours)], responses=PROBLEMS)
    app.mount("/static", _Static(directory=STATIC), name="static")
    for kind in (WebError, HeadgateError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, _tell)
    app.add_middleware(Guarded, host=web.host)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with open_store(app.state.settings) as store:
        if not app.state.settings.web.read_only:
            # a sink gets what happens from now on, decisions made here among it
            await register_sinks(store, app.state.settings.events)
        app.state.store = store
        app.state.database_label = store.db.label
        yield
        app.state.closing.set()
        await app.state.counting.close()


class _Static(StaticFiles):
    """Our own files, that a browser may keep: their URL changes with their content."""

    def file_response(self, *args: object, **options: object) -> Response:
        """Return a file."""
        answer = super().file_response(*args, **options)  # type: ignore[arg-type]
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer


async def _tell(request: Request, error: Exception) -> Response:
    """Tell a visitor what is wrong: on a page, or as JSON to a program."""
    problem = told(error, request.method)
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("request_failed", path=request.url.path, status=int(problem.status), exc_info=error)
    headers = {} if problem.retry_after is None else {"Retry-After": str(problem.retry_after)}
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if not _wants_page(request):
        return JSONResponse(problem.problem.model_dump(), problem.status, headers)
    if problem.status == HTTPStatus.UNAUTHORIZED:
        return _to_sign_in(request)
    return _page(request, problem, headers)


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _to_sign_in(request: Request) -> Response:
    return RedirectResponse(f"/sign-in?{urlencode({'back': _page_of(request)})}", 303)


def _page_of(request: Request) -> str:
    """Return the page that was asked for, or the one whose form was sent."""
    if request.method == "GET":
        return f"{request.url.path}{f'?{request.url.query}' if request.url.query else ''}"
    try:
        asked = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return "/"
    if asked.netloc.lower() != request.headers.get("host", "").lower():
        return "/"
    return asked._replace(scheme="", netloc="", fragment="").geturl() or "/"


def _page(request: Request, problem: Told, headers: dict[str, str]) -> Response:
    session = request.app.state.access.sessions.find(request.cookies.get(COOKIE))
    who = Visitor(session, trusted=session is not None)
    context = {"title": HTTPStatus(problem.status).phrase, "problem": problem.problem, "status": problem.status}
    return render(request, "problem.html", context, who=who, status=problem.status, headers=headers)
