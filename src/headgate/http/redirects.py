"""Where a redirect leads and what may be sent there: a pure decision (RFC 9110, section 15.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urljoin

from headgate.errors import InvalidURLError, RequestRejectedError
from headgate.http.url import origin, redact, split_credentials
from headgate.logging import is_secret_name

REDIRECTS = frozenset({301, 302, 303, 307, 308})

_CREDENTIALS = frozenset({"authorization", "cookie", "proxy-authorization", "www-authenticate"})
_CONTENT = frozenset({"content-type", "content-length", "content-encoding", "content-language", "transfer-encoding"})


class Hop(NamedTuple):
    """One request on the way: what is sent where."""

    method: str
    url: str
    headers: Mapping[str, str] | None = None
    body: bytes | None = None


def follow(hop: Hop, status: int, location: str | None) -> Hop:
    """Return the request that a redirect asks for.

    Credentials (``Authorization``, ``Cookie``, and every header whose name speaks of a key, token or secret) go to no
    other scheme, host or port. A 303, and a 301 or 302 in answer to POST, turn into a GET without a body.

    Raises:
        RequestRejectedError: There is no place to go to, or not one on the web.
    """
    if not location:
        raise RequestRejectedError(
            f"{redact(hop.url)} answered {status} and did not say where to go.", url=redact(hop.url), status=status
        )
    target, _ = split_credentials(urljoin(hop.url, location).partition("#")[0])
    try:
        same_origin = origin(target) == origin(hop.url)
    except InvalidURLError as error:
        raise RequestRejectedError(
            f"{redact(hop.url)} redirects to an address that is not followed: {error.message}",
            url=redact(hop.url),
            status=status,
        ) from None
    headers = dict(hop.headers or {})
    if not same_origin:
        headers = {name: value for name, value in headers.items() if not _is_credential(name)}
    method, body = hop.method, hop.body
    if (status == 303 and method != "HEAD") or (status in {301, 302} and method == "POST"):  # noqa: PLR2004 - HTTP's own
        method, body = "GET", None
        headers = {name: value for name, value in headers.items() if name.lower() not in _CONTENT}
    return Hop(method, target, headers or None, body)


def too_many(hop: Hop, status: int, seen: list[str], limit: int) -> RequestRejectedError | None:
    """Return the error for a chain that has come back to an address it was at, or is too long; else None.

    Args:
        hop: The request that would be sent next.
        status: The status of the redirect.
        seen: The addresses asked so far, each with its method, the first one first.
        limit: Redirects allowed.
    """
    start = redact(seen[0].partition(" ")[2])
    if f"{hop.method} {hop.url}" in seen:
        return RequestRejectedError(
            f"{start} redirects in a loop.", url=start, status=status, hint="Check the address, or what it needs."
        )
    if len(seen) > limit:
        return RequestRejectedError(
            f"{start} redirects more than {limit} times.",
            url=start,
            status=status,
            hint="Check the address, or raise http.max_redirects.",
        )
    return None


def _is_credential(name: str) -> bool:
    return name.lower() in _CREDENTIALS or is_secret_name(name)
