"""Between responses and cache entries: the key of a request, what is kept of an answer, what a 304 renews."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import cast

from multidict import CIMultiDictProxy, istr

from headgate.config.policies import CacheConfig
from headgate.http.body import Expectation
from headgate.http.cache_control import freshness, may_store
from headgate.http.redirects import Hop
from headgate.http.response import Response, headers_from_text, headers_to_text
from headgate.http.transport import RawResponse
from headgate.http.url import redact
from headgate.http.verdict import Wanted
from headgate.resilience.cache import Entry, Fetched, JSONValue, NotModified, Origin

NEGATIVE = frozenset({404, 410})

_SET_COOKIE, _ETAG, _LAST_MODIFIED = istr("Set-Cookie"), istr("ETag"), istr("Last-Modified")
_CONDITIONS = frozenset({"if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range", "range"})
# the length and coding of a 304 are not those of the body that is kept
_OF_THE_BODY = frozenset({"content-length", "content-encoding", "content-type", "content-range"})
_DIGEST_BYTES = 16


def _address(url: str) -> str:
    """Return a URL as a part of a key: readable, and a digest in the place of its secrets."""
    readable = redact(url)
    return url if readable == url else f"{readable} {_digest(url)}"


def cache_key(hop: Hop, expect: Expectation | None, explicit: str | None) -> str:
    """Return the key of a request.

    Requests that differ in a header the caller gave, in the body, or in what is due have different keys, so nobody is
    answered with what another's credentials or ``Accept`` brought, whatever ``Vary`` says. No secret can be read
    from it.

    Args:
        hop: The request.
        expect: What the body must be.
        explicit: A name that takes the place of method, URL and body.
    """
    key = f"{hop.method} {_address(hop.url)}" if explicit is None else f"key {explicit}"
    if expect is not None:
        key = f"{key} as {expect}"
    if hop.headers:
        lines = sorted(f"{name.lower()}:{value}" for name, value in hop.headers.items())
        key = f"{key} with {_digest(chr(10).join(lines))}"
    if hop.body is not None and explicit is None:
        key = f"{key} body {_digest(hop.body)}"
    return key


def is_cacheable(hop: Hop, explicit: str | None) -> bool:
    """Whether an answer may be kept: to a GET without a condition of the caller's, or under a name he gave."""
    return (hop.method == "GET" or explicit is not None) and not has_condition(hop)


def has_condition(hop: Hop) -> bool:
    """Whether the caller asks for a part, or only for what is new."""
    return hop.headers is not None and any(name.lower() in _CONDITIONS for name in hop.headers)


def to_fetched(raw: RawResponse, url: str, config: CacheConfig, *, asked_for: str, now: float) -> Fetched:
    """Return what is kept of a success.

    Args:
        raw: The answer.
        url: Where it came from.
        asked_for: Where it was asked for.
        config: Whether the host's own words about keeping count.
        now: Unix seconds.
    """
    headers = raw.headers
    meta: dict[str, JSONValue] = {"status": raw.status, "headers": headers_to_text(_kept(headers))}
    if url != asked_for:
        meta["url"] = redact(url)
    obey = config.respect_cache_control
    return Fetched(
        raw.body,
        meta,
        ttl=freshness(headers, now=now) if obey else None,
        store=may_store(headers) if obey else True,
        renewable=_ETAG in headers or _LAST_MODIFIED in headers,
    )


def nothing_there(status: int) -> Fetched:
    """Return what is kept of a 404 or 410."""
    return Fetched(b"", {"status": status, "headers": ""}, negative=True)


def to_not_modified(raw: RawResponse, entry: Entry, config: CacheConfig, *, now: float) -> NotModified:
    """Return what a 304 renews: the headers it carries take the place of the kept ones (RFC 9111, section 3.2)."""
    fresh = raw.headers
    renewed = [(name, value) for name, value in _kept(fresh) if name.lower() not in _OF_THE_BODY]
    names = {name.lower() for name, _ in renewed}
    held = [pair for pair in _headers(entry).items() if pair[0].lower() not in names]
    meta = {"headers": headers_to_text([*held, *renewed])}
    return NotModified(meta, ttl=freshness(fresh, now=now) if config.respect_cache_control else None)


def conditions(entry: Entry | None) -> dict[str, str]:
    """Return the headers that ask whether an entry still holds; none if it has no validator."""
    if entry is None or _status(entry) in NEGATIVE:
        return {}
    headers = _headers(entry)
    found = {"If-None-Match": headers.get("ETag"), "If-Modified-Since": headers.get("Last-Modified")}
    return {name: value for name, value in found.items() if value is not None}


def with_conditions(hop: Hop, wanted: Wanted, entry: Entry | None) -> tuple[Hop, Wanted]:
    """Return the request with the conditions of a stale entry added."""
    extra = conditions(entry)
    if not extra:
        return hop, wanted
    asked = Hop(hop.method, hop.url, {**(hop.headers or {}), **extra}, hop.body)
    return asked, Wanted(wanted.expect, wanted.allow_empty, conditional=True)


def to_response(entry: Entry, origin: Origin, url: str, *, attempts: int) -> Response:
    """Return the answer that an entry stands for.

    Args:
        entry: The entry; its status is a success.
        origin: Where it was found.
        url: Where it was asked for.
        attempts: Attempts made by this request.
    """
    meta = entry.meta
    return Response(
        status=cast("int", meta["status"]),
        headers=cast("str", meta["headers"]),
        url=cast("str", meta["url"]) if "url" in meta else url,
        body=cast("bytes", entry.value),
        origin=origin,
        attempts=attempts,
    )


def to_direct_response(raw: RawResponse, hop: Hop, *, attempts: int) -> Response:
    """Return an answer that did not go through the cache.

    Args:
        raw: What came, checked.
        hop: The request that brought it.
        attempts: Attempts made.
    """
    response = Response(status=raw.status, headers=raw.headers, url=hop.url, body=raw.body, attempts=attempts)
    response.keep_parsed(raw.parsed)
    return response


def negative_status(entry: Entry) -> int | None:
    """Return the status of an entry that says that there is nothing, else None."""
    status = _status(entry)
    return status if status in NEGATIVE else None


def _status(entry: Entry) -> int:
    return cast("int", entry.meta["status"])


def _headers(entry: Entry) -> CIMultiDictProxy[str]:
    return headers_from_text(cast("str", entry.meta["headers"]))


def _kept(headers: CIMultiDictProxy[str]) -> Iterable[tuple[str, str]]:
    """Return the headers that may be kept: a cookie is for the one who was given it."""
    if _SET_COOKIE not in headers:
        return headers.items()
    return [pair for pair in headers.items() if pair[0].lower() != "set-cookie"]


def _digest(data: str | bytes) -> str:
    raw = data.encode() if isinstance(data, str) else data
    return hashlib.blake2b(raw, digest_size=_DIGEST_BYTES).hexdigest()
