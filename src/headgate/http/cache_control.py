"""What a response says about its own keeping: ``Cache-Control``, ``Expires``, ``Age``, ``Vary`` (RFC 9111)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from headgate.http.retry_after import parse_http_date

_DIRECTIVE = re.compile(r'([A-Za-z][\w\-]*)(?:\s*=\s*(?:"([^"]*)"|([^\s,;"]+)))?')


def parse_cache_control(value: str | None) -> dict[str, str | None]:
    """Return the directives of a ``Cache-Control`` value: lower-case name to argument, None where there is none."""
    if not value:
        return {}
    return {match[1].lower(): match[2] if match[2] is not None else match[3] for match in _DIRECTIVE.finditer(value)}


def _seconds(value: str | None) -> float | None:
    """Return a delta in seconds; None if malformed."""
    return float(value) if value and value.isascii() and value.isdigit() and len(value) < 16 else None  # noqa: PLR2004 - digits a float holds exactly


def may_store(headers: Mapping[str, str]) -> bool:
    """Whether the response allows that it is kept at all."""
    directives = parse_cache_control(headers.get("Cache-Control"))
    return "no-store" not in directives and headers.get("Vary", "").strip() != "*"


def freshness(headers: Mapping[str, str], *, now: float) -> float | None:
    """Return for how many more seconds the response calls itself fresh, or None if it does not say.

    ``no-cache`` means 0: it may be kept, and must be asked about each time. ``s-maxage`` is for shared caches and is
    not looked at: this cache is private.
    """
    directives = parse_cache_control(headers.get("Cache-Control"))
    if "no-cache" in directives:
        return 0.0
    if "max-age" in directives:
        max_age = _seconds(directives["max-age"])
        age = _seconds(headers.get("Age")) or 0.0
        # a malformed max-age counts as stale: RFC 9111, section 4.2.1
        return 0.0 if max_age is None else max(0.0, max_age - age)
    expires = headers.get("Expires")
    if expires is None:
        return None
    until = parse_http_date(expires)
    sent = parse_http_date(headers.get("Date", ""))
    return 0.0 if until is None else max(0.0, until - (now if sent is None else sent))
