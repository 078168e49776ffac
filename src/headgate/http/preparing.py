"""From the caller's arguments to a request that can be sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import orjson

from headgate.errors import ConfigError
from headgate.http.redirects import Hop
from headgate.http.url import QueryParams, split_credentials, with_params

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
_FORBIDDEN = ("\r", "\n", "\0")
# where the body ends, whoever writes it says
_FRAMING = frozenset({"content-length", "transfer-encoding"})

Data = bytes | str | Mapping[str, Any]


def prepare(
    url: str,
    method: str,
    *,
    params: QueryParams | None,
    headers: Mapping[str, str] | None,
    json: Any,
    data: Data | None,
) -> Hop:
    """Return the request, with its body encoded and user and password moved from the URL to a header.

    Args:
        url: Where to.
        method: In any case.
        params: Query parameters to add.
        headers: Headers to send.
        json: A body to send as JSON.
        data: A body to send as it is, or the fields of a form.

    Raises:
        ConfigError: The method is unknown, both bodies are given, or a header cannot be sent.
    """
    if method not in METHODS:
        method = method.upper()
        if method not in METHODS:
            raise ConfigError(f"The method {method!r} is not known.", hint=f"Use one of {', '.join(sorted(METHODS))}.")
    if params is not None or "#" in url:
        url = with_params(url, params)
    sent: dict[str, str] | None = None
    if headers:
        sent = _checked(headers)
    if "@" in url:
        url, authorization = split_credentials(url)
        if authorization is not None:
            sent = {"Authorization": authorization, **(sent or {})}
    if json is None and data is None:
        return Hop(method, url, sent)
    body, content_type = _encoded(json, data)
    if content_type is not None and not any(name.lower() == "content-type" for name in sent or {}):
        sent = {**(sent or {}), "Content-Type": content_type}
    return Hop(method, url, sent, body)


def _checked(headers: Mapping[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not isinstance(value, str) or any(mark in value or mark in name for mark in _FORBIDDEN) or not name:
            raise ConfigError(
                f"The header {name!r} cannot be sent.", hint="Names and values are text without line breaks."
            )
    return {name: value for name, value in headers.items() if name.lower() not in _FRAMING}


def _encoded(json: Any, data: Data | None) -> tuple[bytes, str | None]:
    if json is not None:
        if data is not None:
            raise ConfigError(
                "A request has one body, and both json and data were given.", hint="Leave one of them out."
            )
        try:
            return orjson.dumps(json), "application/json"
        except TypeError as error:
            raise ConfigError(f"The body cannot be written as JSON: {error}.", hint="Use plain values.") from None
    if isinstance(data, bytes):
        return data, None
    if isinstance(data, str):
        return data.encode(), "text/plain; charset=utf-8"
    return urlencode(data or {}, doseq=True).encode(), "application/x-www-form-urlencoded"
