"""URLs: checked once, told apart by origin, and shown without their secrets."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import unquote, urlencode, urlsplit, urlunsplit

from headgate.errors import InvalidURLError
from headgate.logging import MASK, is_secret_name

QueryParams = Mapping[str, object] | Iterable[tuple[str, object]]

# what a URL must contain to have anything to hide: most have not, and are not taken apart
_SUSPICIOUS = (
    *("@", "#", "%", "token", "secret", "pass", "pwd", "key", "auth", "cred", "sig"),
    *("session", "cookie", "jwt", "hmac"),
)
_DEFAULT_PORT = {"http": 80, "https": 443}


def redact(url: str) -> str:
    """Return a URL fit for logs and errors: no user, no password, no secret query values, no fragment."""
    if not any(map(url.lower().__contains__, _SUSPICIOUS)):
        return url
    try:
        parts = urlsplit(url)
        netloc = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "(a URL that cannot be read)"
    if parts.netloc != netloc:
        netloc = f"{MASK}@{netloc}"
    query = "&".join(_redact_pair(pair) for pair in parts.query.split("&")) if parts.query else ""
    return urlunsplit((parts.scheme, netloc, parts.path, query, ""))


def _redact_pair(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    return f"{name}={MASK}" if equals and is_secret_name(unquote(name)) else pair


def origin(url: str) -> str:
    """Return ``scheme://host:port`` of a URL, in lower case and always with the port.

    Raises:
        InvalidURLError: It has no scheme or host, or the scheme is not HTTP.
    """
    path = url.find("/", len("https://"))
    return _origin(url if path < 0 else url[:path])


@lru_cache(maxsize=4096)
def _origin(url: str) -> str:
    """Return the origin of a URL without its path; few of them make up all that is asked."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidURLError(f"The URL {redact(url)!r} cannot be used: {error}.", hint="Check the address.") from None
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORT:
        raise InvalidURLError(
            f"The URL {redact(url)!r} cannot be used: it does not start with http:// or https://.",
            hint="Write the whole address, such as https://example.org/list.",
        )
    if not host or any(mark.isspace() for mark in host):
        raise InvalidURLError(
            f"The URL {redact(url)!r} cannot be used: it names no host.",
            hint="Write the whole address, such as https://example.org/list.",
        )
    name = f"[{host}]" if ":" in host else host
    return f"{scheme}://{name}:{port or _DEFAULT_PORT[scheme]}"


def with_params(url: str, params: QueryParams | None) -> str:
    """Return the URL with query parameters added behind its own, and without its fragment.

    Args:
        url: The URL, which may have a query already.
        params: A mapping, or pairs; values may be sequences (the name is repeated), None leaves the name out.
    """
    base, _, _ = url.partition("#")
    if not params:
        return base
    pairs = params.items() if isinstance(params, Mapping) else params
    query = urlencode([(name, _plain(value)) for name, value in pairs if value is not None], doseq=True)
    if not query:
        return base
    return f"{base}{'&' if '?' in base else '?'}{query}"


def split_credentials(url: str) -> tuple[str, str | None]:
    """Take user and password out of a URL.

    Returns:
        The URL without them, and the value of the ``Authorization`` header that they stand for, None if there is none.
    """
    if "@" not in url:
        return url, None
    parts = urlsplit(url)
    userinfo, at, host = parts.netloc.rpartition("@")
    if not at:
        return url, None
    user, _, password = userinfo.partition(":")
    encoded = base64.b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode("ascii")
    return urlunsplit(parts._replace(netloc=host)), f"Basic {encoded}"


def _plain(value: object) -> object:
    """Write truth values as the web does."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value
