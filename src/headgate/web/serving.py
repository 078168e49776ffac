"""Serving the dashboard until somebody stops it."""

from __future__ import annotations

import asyncio
import gc
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import uvicorn
from fastapi import FastAPI

from headgate.config.settings import PipelineConfig
from headgate.config.web import WebConfig
from headgate.errors import ConfigError
from headgate.observe.alerts import rules_in_force
from headgate.web.app import create_app
from headgate.web.rendering import prepare_templates

_SECONDS_TO_FINISH = 5
_WAITING = 2048
_AT_ONCE = 1000


def new_token() -> str:
    """Return a token that nobody guesses."""
    return secrets.token_urlsafe(24)


async def serve(settings: PipelineConfig, announce: Callable[[str, str | None], None]) -> None:
    """Serve the dashboard until the task is cancelled; requests under way get a few seconds to end.

    Args:
        settings: The settings.
        announce: Told, once it listens, the URL, and the token if it was made for this time only.

    Raises:
        ConfigError: The address cannot be listened at, the database cannot be used, or a rule of the alerts is about
            a metric that there is not.
    """
    given = settings.web.token
    token = given.get_secret_value() if given is not None else new_token()
    rules_in_force(settings.alerts)  # a rule that cannot be judged is told now, and not to every visitor
    app = create_app(settings, token)
    prepare_templates()
    # what is there now stays: no collection of garbage looks through it again while a visitor waits
    gc.collect()
    gc.freeze()
    async with app.router.lifespan_context(app):
        with closing(_listen(settings.web)) as listening:
            config = uvicorn.Config(
                app,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=_SECONDS_TO_FINISH,
                limit_concurrency=_AT_ONCE,
            )
            server = _Server(config, app)
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            announce(_url(listening), token if given is None else None)
            try:
                await asyncio.shield(serving)
            except asyncio.CancelledError:
                server.should_exit = True
                await serving


class _Server(uvicorn.Server):
    """A server that leaves signals to the command, and ends what streams when it is told to stop."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then everything else."""
        self._app.state.closing.set()
        await super().shutdown(sockets)


def _listen(web: WebConfig) -> socket.socket:
    """Return a socket that listens at the configured address."""
    try:
        [(family, _, _, _, address), *_] = socket.getaddrinfo(
            web.host.strip("[]"), web.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_WAITING)
    except OSError as error:
        raise ConfigError(
            f"The dashboard cannot listen at {web.host}, port {web.port}: {error.strerror}.",
            hint="Choose another port with --port, or stop what listens there; 0 takes a free one.",
        ) from error
    listening.setblocking(False)
    return listening


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
