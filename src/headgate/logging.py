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
_JSON_HANDLER = "headgate.json"

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
# password=..., "token": "..." and X-Api-Key: ..., wherever they stand in a text
_PAIR = re.compile(
    r"(?P<head>(?<![\w.-])[\w.-]{0,40}?(?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key)"
    r"s?['\"]?\s*[:=]\s*['\"]?)(?P<value>[^\s'\",;&}\])]+)",
    re.IGNORECASE,
)
_BEARER = re.compile(r"(?P<head>\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE)

_PERSONAL_NAME = re.compile(r"(^|[_\-.])(e[_\-]?mail|mail|phone|telephone|mobile|fax)s?($|[_\-.])", re.IGNORECASE)
# not the user of a URL: what stands behind "//" helps to find the host
_EMAIL = re.compile(r"(?<!//)(?<![\w.+-])[\w.+-]{1,64}(?:@|%40)(?:[\w-]{1,63}\.)+[a-z]{2,24}\b", re.IGNORECASE)
_PHONE = re.compile(
    r"(?<![\w+.-])(?:\+\d{1,3}(?:[ .()-]{0,2}\d){7,12}"
    r"|(?:\+?1[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4})(?![\w-])"
)


def is_secret_name(name: str) -> bool:
    """Tell whether a header, a query parameter or a log field of this name holds a secret."""
    return _SECRET_NAME.search(_CAMEL.sub("_", name)) is not None


def redact(text: str) -> str:
    """Return the text with passwords in URLs, secret query values, tokens and cookies replaced by ``***``."""
    text = _USERINFO.sub(rf"\g<head>:{MASK}@", text)
    text = _QUERY.sub(lambda found: found["head"] + MASK if is_secret_name(unquote(found["name"])) else found[0], text)
    text = _HEADER.sub(rf"\g<head>{MASK}", text)
    text = _PAIR.sub(rf"\g<head>{MASK}", text)
    return _BEARER.sub(rf"\g<head>{MASK}", text)


def redact_personal(text: str) -> str:
    """Return the text without secrets, and without addresses of mail and numbers of telephones."""
    return _PHONE.sub(MASK, _EMAIL.sub(MASK, redact(text)))


def redact_value(name: str, value: Any) -> Any:
    """Return a field of a log line, or an attribute of a span, without secrets and personal data at any depth."""
    tells = is_secret_name(name) or _PERSONAL_NAME.search(_CAMEL.sub("_", name))
    if value is None or isinstance(value, bool) or (isinstance(value, (int, float)) and not tells):
        return value
    if tells:
        return MASK
    if isinstance(value, Mapping):
        return {redact_personal(str(key)): redact_value(str(key), inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [redact_value("", inner) for inner in value]
    return redact_personal(f"{type(value).__name__}: {value}" if isinstance(value, BaseException) else str(value))


def error_context(error: BaseException) -> dict[str, Any]:
    """Return what a log line says of an error: what, where, which attempt, what next; only what is known."""
    facts = {
        "kind": type(error).__name__,
        "what": getattr(error, "message", None) or str(error),
        "where": getattr(error, "url", None),
        "status": getattr(error, "status", None),
        "attempts": getattr(error, "attempts", None),
        "retry_after": getattr(error, "retry_after", None),
        "next": getattr(error, "hint", None),
    }
    return {name: fact for name, fact in facts.items() if fact is not None}


def redact_event(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take the secrets out of one log event: the structlog processor just before the renderer."""
    for name, value in event.items():
        event[name] = redact_value(name, value)
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
    if style == "json":
        handler.set_name(_JSON_HANDLER)
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


def writes_json() -> bool:
    """Tell whether :func:`configure_logging` was told to write JSON, so that words for people would be in the way."""
    return any(handler.get_name() == _JSON_HANDLER for handler in logging.getLogger().handlers)


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
