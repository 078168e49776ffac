"""``Retry-After``: in how many seconds a server wants to be asked again (RFC 9110, section 10.2.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

_SECONDS = re.compile(r"[0-9]+(?:\.[0-9]+)?")

LONGEST = 10 * 365 * 86_400.0
"""Seconds that count as "never": a larger number is cut to this, so that arithmetic stays finite."""


def parse_http_date(value: str) -> float | None:
    """Return an HTTP date (any of its three forms) as Unix seconds; without a zone it is GMT; None if malformed."""
    try:
        moment = parsedate_to_datetime(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return moment.timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def parse_retry_after(value: str | None, *, now: float) -> float | None:
    """Return the seconds a ``Retry-After`` value asks for.

    Args:
        value: The field's value: seconds or an HTTP date.
        now: Unix seconds that a date is measured from.

    Returns:
        Seconds from 0 (a moment in the past) to :data:`LONGEST`; None if the field is absent or malformed.
    """
    if value is None:
        return None
    value = value.strip()
    if _SECONDS.fullmatch(value):
        return min(float(value), LONGEST)
    moment = parse_http_date(value)
    return None if moment is None else min(max(0.0, moment - now), LONGEST)


def retry_after(headers: Mapping[str, str], *, now: float) -> float | None:
    """Return the seconds the headers of a response ask to wait, or None.

    A date is measured from the response's own ``Date``, so that a clock that is wrong on either side does no harm.
    """
    value = headers.get("Retry-After")
    if value is None:
        return None
    sent = headers.get("Date")
    server_now = parse_http_date(sent) if sent else None
    return parse_retry_after(value, now=now if server_now is None else server_now)
