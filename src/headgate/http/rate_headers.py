"""What a host says about its quota in response headers; anything malformed is ignored.

Three spellings are read, the most exact first: ``RateLimit`` with ``RateLimit-Policy`` (IETF draft
draft-ietf-httpapi-ratelimit-headers, structured fields), the ``RateLimit-Limit``/``-Remaining``/``-Reset`` trio of its
earlier versions, and the ``X-RateLimit-*`` trio of custom.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from headgate.http.structured_fields import Item, parse_list
from headgate.resilience.quota import Quota

# longer than any epoch is malformed
_DECIMAL = re.compile(r" *[0-9]{1,15}(?:\.[0-9]{0,9})? *")
_EPOCH_SECONDS = 1e9
_EPOCH_MILLISECONDS = 1e12


def parse_quota(headers: Mapping[str, str], *, now: float) -> Quota | None:
    """Return the tightest quota that the headers of a response name, or None.

    Args:
        headers: The headers of a response, looked up without regard to case.
        now: Unix seconds, for resets that are given as a moment.
    """
    value = headers.get("RateLimit")
    if value is not None and (quota := _from_fields(value, headers.get("RateLimit-Policy", ""))):
        return quota
    for prefix in ("RateLimit", "X-RateLimit", "X-Rate-Limit"):
        remaining = headers.get(f"{prefix}-Remaining")
        if remaining is not None:
            return _from_trio(headers.get(f"{prefix}-Limit"), remaining, headers.get(f"{prefix}-Reset"), now)
    return None


def _from_fields(limits: str, policies: str) -> Quota | None:
    """Read the pair of structured fields; with several policies the one that allows the least counts."""
    policy_of = {item.value: item for item in parse_list(policies)}
    quotas = [quota for item in parse_list(limits) if (quota := _quota_of(item, policy_of.get(item.value))) is not None]
    return min(quotas, key=_allowance, default=None)


def _quota_of(item: Item, policy: Item | None) -> Quota | None:
    remaining = _count(item.parameters.get("r"))
    reset = _count(item.parameters.get("t"))
    limit = None
    if policy is not None:
        limit = _count(policy.parameters.get("q"))
        # without a reset the window of the policy is the longest it can take
        reset = _count(policy.parameters.get("w")) if reset is None else reset
    if remaining is None or reset is None:
        return None
    return Quota(limit=limit, remaining=remaining, reset_seconds=float(reset))


def _allowance(quota: Quota) -> tuple[float, float]:
    """Order quotas by requests per second, and empty ones by how long they stay empty."""
    return quota.remaining / max(quota.reset_seconds, 1.0), -quota.reset_seconds


def _from_trio(limit: str | None, remaining: str, reset: str | None, now: float) -> Quota | None:
    left, moment = _number(remaining), _number(reset)
    if left is None or moment is None:
        return None
    if moment >= _EPOCH_MILLISECONDS:
        moment /= 1000
    seconds = moment - now if moment >= _EPOCH_SECONDS else moment
    # some write the policies behind the number: "100, 100;w=60"
    allowed = _number(limit.partition(",")[0]) if limit else None
    return Quota(limit=None if allowed is None else int(allowed), remaining=int(left), reset_seconds=max(0.0, seconds))


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _number(text: str | None) -> float | None:
    """Return a plain non-negative decimal of reasonable length, else None."""
    return float(text) if text is not None and _DECIMAL.fullmatch(text) else None
