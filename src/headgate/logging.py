"""Structured logs: one set-up, one place where secrets are taken out."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Literal, TextIO, cast
from urllib.parse import unquote

import structlog

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["console", "json"]

MASK = "***"

_SECRET_NAME = re.compile(
    r"(^|[_\-.])(token|key|apikey|secret|signature|sig|password|passwd|pwd|auth|authorization|credentials?|cookie"
    r"|jwt|sessionid|hmac)s?($|[_\-.])|^(access|refresh|id)token$|(api|access|secret|private)key$",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# user:password@ in a URL; the user stays, because it helps to find the mistake
_USERINFO = re.compile(r"(?P<head>\b[a-z][a-z0-9+.-]*://[^\s/?#:@]*):[^\s/?#]*@", re.IGNORECASE)
_QUERY = re.compile(r"(?P<head>[?&;](?P<name>[^=&;#\s]+)=)(?P<value>[^&;#\s'\"]+)")
_HEADER = re.compile(
    r"(?P<head>\b(?:proxy-)?authorization['\"]?\s*[:=]\s*['\"]?(?:\w+\s+)?|\b(?:set-)?cookie['\"]?\s*[:=]\s*['\"]?)"
    r"(?P<value>[^'\"\r\n,}]+)",
    re.IGNORECASE,
)
_BEARER = re.compile(r"(?P<head>\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE)


def is_secret_name(name: str) -> bool:
    """Tell whether a header, a query parameter or a log field of this name holds a secret."""
    return _SECRET_NAME.search(_CAMEL.sub("_", name)) is not None


def redact(text: str) -> str:
    """Return the text with passwords in URLs, secret query values, tokens and cookies replaced by ``***``."""
    text = _USERINFO.sub(rf"\g<head>:{MASK}@", text)
    text = _QUERY.sub(lambda found: found["head"] + MASK if is_secret_name(unquote(found["name"])) else found[0], text)
    text = _HEADER.sub(rf"\g<head>{MASK}", text)
    return _BEARER.sub(rf"\g<head>{MASK}", text)


def _redact_value(name: str, value: Any) -> Any:
    if is_secret_name(name) and value is not None:
        return MASK
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {key: _redact_value(str(key), inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_redact_value("", inner) for inner in value]
    if isinstance(value, BaseException):
        return redact(f"{type(value).__name__}: {value}")
    return value


def redact_event(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take the secrets out of one log event: the structlog processor just before the renderer."""
    for name, value in event.items():
        event[name] = _redact_value(name, value)
    return event


def configure_logging(
    *, level: LogLevel = "warning", style: LogFormat = "console", stream: TextIO | None = None
) -> None:
    """Send the logs of this process to one stream, with their secrets taken out.

    Logs of the standard library go the same way. Only applications call this; importing Headgate configures nothing.

    Args:
        level: The least serious level that is written; ``debug`` holds for Headgate's own loggers.
        style: ``console`` for people, ``json`` for machines: one object a line.
        stream: Where to; standard error by default, so that standard output holds nothing but results.
    """
    target = stream or sys.stderr
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendering: list[structlog.typing.Processor] = [
        structlog.processors.format_exc_info,
        redact_event,
        structlog.processors.JSONRenderer(default=str, ensure_ascii=False)
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=target.isatty(), pad_event_to=0),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    # what libraries have to say at the level debug is about themselves, and is far too much
    root.setLevel(max(logging.getLevelName(level.upper()), logging.INFO))
    logging.getLogger("headgate").setLevel(level.upper())


class _Logger:
    """A logger that decides when it is used where its lines go.

    They go where structlog was told, by :func:`configure_logging` or by the application. If nobody told it, they go to
    the standard library's loggers, and not, as structlog would have it, to standard output: that is the caller's.
    """

    def __init__(self, name: str) -> None:
        self._ours = structlog.get_logger(name)
        self._plain = structlog.wrap_logger(
            logging.getLogger(name),
            processors=[
                structlog.stdlib.filter_by_level,
                structlog.contextvars.merge_contextvars,
                redact_event,
                structlog.processors.KeyValueRenderer(key_order=["event"]),
            ],
            wrapper_class=structlog.stdlib.BoundLogger,
        )

    def __getattr__(self, method: str) -> Any:
        return getattr(self._ours if structlog.is_configured() else self._plain, method)


def get_logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """Return a logger; bind ``run``, ``source`` and ``entity`` to it, or to the context with :func:`log_context`."""
    return cast("structlog.typing.FilteringBoundLogger", _Logger(name))


log_context = structlog.contextvars.bound_contextvars
"""``with log_context(run=..., source=...)``: these words stand in every line written inside, in every task."""
