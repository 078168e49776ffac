"""What an answer says about the host, and whether asking again can help: pure decisions."""

from __future__ import annotations

from enum import Enum
from typing import Any, NamedTuple

from multidict import istr

from headgate.errors import (
    HeadgateError,
    RateLimitedError,
    RequestRejectedError,
    ResponseTooLargeError,
    ServerError,
    UnusableBodyError,
    UpstreamError,
)
from headgate.http.body import Expectation, UnusableBody, check
from headgate.http.redirects import REDIRECTS, Hop
from headgate.http.retry_after import retry_after
from headgate.http.transport import RawResponse
from headgate.http.url import redact

CONTENT_TYPE = istr("Content-Type")
IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})

_TOO_MANY_REQUESTS = 429
_UNAVAILABLE = 503
_NOT_MODIFIED = 304
_ASK_AGAIN = frozenset({408, 425})
_POINTLESS = frozenset({501, 505})


class Verdict(Enum):
    """What an attempt says about its host.

    ``ANSWERED``: it works. ``FAILED``: it does not, and the breaker counts that. ``THROTTLED``: it asked for a pause,
    which is the limiter's business. ``NONE``: nothing can be said.
    """

    ANSWERED = "answered"
    FAILED = "failed"
    THROTTLED = "throttled"
    NONE = "none"


class Wanted(NamedTuple):
    """What the caller wants of an answer.

    Args:
        expect: What the body must be; None: what its ``Content-Type`` promises.
        allow_empty: A body without a byte is fine.
        conditional: The request carries a condition, so that a 304 is an answer.
    """

    expect: Expectation | None = None
    allow_empty: bool = False
    conditional: bool = False


class AttemptFailed(Exception):  # noqa: N818 - a signal between policies; the caller sees the error inside
    """An attempt brought nothing usable.

    Args:
        error: What the caller is told if this was the last attempt.
        verdict: What it says about the host.
        retryable: Asking again can help.
        retry_after: Seconds the host asked to be left alone.
    """

    def __init__(
        self, error: HeadgateError, verdict: Verdict, *, retryable: bool, retry_after: float | None = None
    ) -> None:
        super().__init__(error)
        self.error = error
        self.verdict = verdict
        self.retryable = retryable
        self.retry_after = retry_after

    @property
    def slows_down(self) -> bool:
        """Whether a failed host also said that it is asked too much: a 503 without ``Retry-After``."""
        return isinstance(self.error, ServerError) and self.error.status == _UNAVAILABLE


def judge(raw: RawResponse, hop: Hop, wanted: Wanted, *, now: float) -> Any:
    """Return the decoded body if it was due as JSON, else None; redirects and 304 pass unread.

    Args:
        raw: What the host sent.
        hop: What was asked.
        wanted: What the caller wants.
        now: Unix seconds.

    Raises:
        AttemptFailed: The answer cannot be used.
    """
    status = raw.status
    if 200 <= status < 300:  # noqa: PLR2004 - HTTP's own
        try:
            return check(
                raw.body,
                method=hop.method,
                status=status,
                content_type=raw.headers.get(CONTENT_TYPE, ""),
                expect=wanted.expect,
                allow_empty=wanted.allow_empty,
            )
        except UnusableBody as reason:
            url = redact(hop.url)
            error = UnusableBodyError(
                f"The answer of {url} ({status}) {reason}.",
                url=url,
                hint="The upstream is not well: nothing was taken from this answer.",
            )
            raise AttemptFailed(error, Verdict.FAILED, retryable=True) from None
    if status in REDIRECTS or (status == _NOT_MODIFIED and wanted.conditional):
        return None
    raise _status_failure(raw, hop, now)


def _status_failure(raw: RawResponse, hop: Hop, now: float) -> AttemptFailed:
    """Return the failure that a status outside of success stands for."""
    status, url = raw.status, redact(hop.url)
    pause = retry_after(raw.headers, now=now)
    if status == _TOO_MANY_REQUESTS or (status == _UNAVAILABLE and pause is not None):
        throttled = RateLimitedError(
            f"{url} answered {status}: it asks to be left alone" + (f" for {pause:.0f} seconds." if pause else "."),
            url=url,
            status=status,
            retry_after=pause,
            hint=_come_back(pause),
        )
        return AttemptFailed(throttled, Verdict.THROTTLED, retryable=True, retry_after=pause)
    if status >= 500:  # noqa: PLR2004 - HTTP's own
        broken = ServerError(
            f"{url} answered {status}.", url=url, status=status, retry_after=pause, hint=_come_back(pause)
        )
        return AttemptFailed(broken, Verdict.FAILED, retryable=status not in _POINTLESS, retry_after=pause)
    if status in _ASK_AGAIN:
        late = ServerError(f"{url} answered {status}.", url=url, status=status, retry_after=pause)
        return AttemptFailed(late, Verdict.ANSWERED, retryable=True, retry_after=pause)
    return AttemptFailed(rejected(url, status), Verdict.ANSWERED, retryable=False)


def rejected(url: str, status: int) -> RequestRejectedError:
    """Return the error for a status that waiting does not mend.

    Args:
        url: The URL, already without secrets.
        status: The HTTP status.
    """
    hints = {
        401: "Send valid credentials.",
        403: "The credentials do not allow this, or the host does not want this client.",
        404: "Check the address.",
        410: "What was there is gone for good.",
    }
    return RequestRejectedError(
        f"{url} answered {status}.", url=url, status=status, hint=hints.get(status, "Check the request.")
    )


def transport_failure(error: HeadgateError) -> AttemptFailed:
    """Return the failure that an error of the transport stands for."""
    if isinstance(error, UpstreamError):
        return AttemptFailed(error, Verdict.FAILED, retryable=True)
    # too much of an answer is an answer; a URL that cannot be sent says nothing
    verdict = Verdict.ANSWERED if isinstance(error, ResponseTooLargeError) else Verdict.NONE
    return AttemptFailed(error, verdict, retryable=False)


def _come_back(pause: float | None) -> str:
    return f"Come back in {pause:.0f} seconds." if pause else "Try again later."
