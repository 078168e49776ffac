"""Telling a page that something changed, as it happens, whichever process does the work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import orjson
from fastapi import APIRouter, Request
from starlette.responses import StreamingResponse

from headgate.errors import HeadgateError
from headgate.store import Stamp, Store, activity
from headgate.web.dashboard import Board
from headgate.web.files import STREAM
from headgate.web.problems import WebError

router = APIRouter(tags=["Overview"])

STREAMS = 100
"""Pages that are told at the same time; beyond that, a page has to be loaded again to see more."""

_SECONDS_BETWEEN_LOOKS = 1.0
_LOOKS_PER_SIGN_OF_LIFE = 15


class TooManyStreamsError(WebError):
    """More pages want to be told than the server takes on."""

    status = 503


@router.get("/live", response_class=StreamingResponse, responses=STREAM, summary="Changes as they happen")
async def live(request: Request, board: Board) -> StreamingResponse:
    """Server-sent events: ``changed`` whenever a run began, moved on or ended; the page then asks for itself again.

    ``hello`` comes first, and again when the database is back after ``away``: a page asks for itself then too.
    """
    state = request.app.state
    if state.streams >= STREAMS:
        raise TooManyStreamsError("Too many pages are being told already.", "Load the page again to see what is new.")
    return StreamingResponse(_events(request, board.store), media_type="text/event-stream")


async def _events(request: Request, store: Store) -> AsyncIterator[bytes]:
    state = request.app.state
    state.streams += 1
    try:
        last, quiet, away = await _stamp(store), 0, False
        yield b"retry: 3000\nevent: hello\ndata: {}\n\n"
        while not state.closing.is_set():
            await _pause(state.closing)
            now = await _stamp(store)
            if (now is None) != away:
                last, quiet, away = now or last, 0, now is None
                yield b"event: away\ndata: {}\n\n" if away else b"event: hello\ndata: {}\n\n"
            elif now is not None and now != last:
                last, quiet = now, 0
                yield b"event: changed\ndata: " + orjson.dumps({"run": now.run}) + b"\n\n"
            elif (quiet := quiet + 1) >= _LOOKS_PER_SIGN_OF_LIFE:
                quiet = 0
                yield b": still here\n\n"
    finally:
        state.streams -= 1


async def _pause(closing: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(closing.wait(), _SECONDS_BETWEEN_LOOKS)
    except TimeoutError:
        return


async def _stamp(store: Store) -> Stamp | None:
    """Return what moves when something changes; nothing while the database is away."""
    try:
        return await activity.stamp(store.context)
    except HeadgateError:
        return None
