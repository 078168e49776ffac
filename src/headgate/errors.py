"""Every error Headgate raises, grouped by what the caller can do about it.

Four groups, one exit code each (the table is in ``docs/reference/errors.md``):

* :class:`RetryLaterError`: the upstream, the network or a database is not well. Waiting can help.
* :class:`ConfigError`: something that a person set is wrong. Waiting does not help.
* :class:`DataError`: the data is not what was promised. Somebody must look at it.
* :class:`BugError`: Headgate broke its own promise. Report it.

:class:`HeldError` stands apart: nothing failed, a person has to decide.
"""

from __future__ import annotations

from typing import Any, ClassVar


class HeadgateError(Exception):
    """Base of all errors: what happened, where, and what to do next.

    Args:
        message: What happened and where, in one sentence without secrets.
        hint: What to do next, in one sentence.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.run: str | None = None
        """The run that it ended, if there was one."""

    def __str__(self) -> str:
        """Return the message and the hint, on two lines."""
        return f"{self.message}\n{self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        """Let an error travel between processes with everything it says."""
        return _restored, (type(self), self.args, vars(self))


def _restored(kind: type[HeadgateError], args: tuple[Any, ...], said: dict[str, Any]) -> HeadgateError:
    error = kind.__new__(kind, *args)
    vars(error).update(said)
    return error


# --- retry later ---------------------------------------------------------------------------------


class RetryLaterError(HeadgateError):
    """The same call can succeed later, unchanged.

    Args:
        message: What happened and where.
        hint: What to do next.
        retry_after: Seconds until a new attempt makes sense, if that is known.
    """

    exit_code = 4

    def __init__(self, message: str, *, hint: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class UpstreamError(RetryLaterError):
    """An HTTP source did not give a usable answer.

    Args:
        message: What happened.
        url: The URL, with secrets already removed.
        attempts: How many attempts were made before giving up.
        hint: What to do next.
        retry_after: Seconds the upstream asked for.
    """

    def __init__(
        self,
        message: str,
        *,
        url: str,
        attempts: int = 1,
        hint: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, hint=hint, retry_after=retry_after)
        self.url = url
        self.attempts = attempts


class ConnectError(UpstreamError):
    """The host could not be reached: DNS, refused connection, TLS."""


class ConnectionBrokenError(UpstreamError):
    """The connection broke while a request was under way."""


class AttemptTimeoutError(UpstreamError):
    """One attempt took longer than its timeout."""


class ServerError(UpstreamError):
    """The upstream answered 5xx.

    Args:
        message: What happened.
        url: The URL, with secrets already removed.
        status: The HTTP status.
        attempts: How many attempts were made.
        hint: What to do next.
        retry_after: Seconds the upstream asked for.
    """

    def __init__(
        self,
        message: str,
        *,
        url: str,
        status: int,
        attempts: int = 1,
        hint: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, url=url, attempts=attempts, hint=hint, retry_after=retry_after)
        self.status = status


class RateLimitedError(ServerError):
    """The upstream asked for a pause: 429, or 503 with ``Retry-After``."""


class UnusableBodyError(UpstreamError):
    """The status said success and the body said otherwise: empty, HTML for JSON, truncated."""


class DeadlineExceededError(RetryLaterError):
    """The time for the whole request ran out, or is certain to run out before the next attempt."""


class CircuitOpenError(RetryLaterError):
    """The circuit breaker of a host rejected the call without trying it."""


class RateLimitTimeoutError(RetryLaterError):
    """No token would come free within the time the caller is willing to wait."""


class LeaseHeldError(RetryLaterError):
    """Another run holds the lease of this source."""


class LeaseLostError(RetryLaterError):
    """The lease was taken over while this run was working: it may not commit any more."""


class DatabaseUnavailableError(RetryLaterError):
    """The database cannot be reached, is locked, or went away."""


class SinkUnavailableError(RetryLaterError):
    """A sink cannot be reached, or takes no events at present: what is for it waits."""


class SinkFailedError(RetryLaterError):
    """A sink failed with an event; whether the event or the sink is at fault is not known."""


# --- fix the configuration -----------------------------------------------------------------------


class ConfigError(HeadgateError):
    """A setting, an argument or an environment variable is wrong."""

    exit_code = 3


class UnknownSourceError(ConfigError):
    """No extractor is registered under this name."""


class MissingExtraError(ConfigError):
    """An optional dependency is not installed.

    Args:
        feature: What needs it.
        extra: The name of the extra that brings it.
    """

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(
            f"{feature} needs the extra '{extra}', which is not installed.",
            hint=f"Install it with: pip install 'headgate[{extra}]'",
        )
        self.extra = extra


class InvalidURLError(ConfigError):
    """A URL cannot be used: no scheme, no host, or a scheme that is not HTTP."""


class RequestRejectedError(ConfigError):
    """The upstream answered 4xx: it will not answer this request, however often it is asked.

    Args:
        message: What happened.
        url: The URL, with secrets already removed.
        status: The HTTP status.
        hint: What to do next.
    """

    def __init__(self, message: str, *, url: str, status: int, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.url = url
        self.status = status


class RobotsDisallowedError(ConfigError):
    """``robots.txt`` of the host forbids this URL."""


class NotRecordedError(ConfigError):
    """The cache is offline and nothing was recorded for this request."""


class DatabaseConfigError(ConfigError):
    """The database URL, file or schema cannot be used: not a database, read-only, too new."""


# --- fix the data --------------------------------------------------------------------------------


class DataError(HeadgateError):
    """Data does not have the shape that was promised."""

    exit_code = 5


class UnexpectedShapeError(DataError):
    """A response is well-formed and means something else than was agreed."""


class ResponseTooLargeError(DataError):
    """A response is larger than the configured limit."""


class TargetRefusedError(DataError):
    """The table of an application refuses a row that it took when the run was planned."""


class EventRefusedError(DataError):
    """A sink understood an event and does not want it: it will not take it, however often it is sent."""


# --- a person decides ----------------------------------------------------------------------------


class HeldError(HeadgateError):
    """The guard held a run: nothing was applied, a person approves or rejects it."""

    exit_code = 6


# --- report it -----------------------------------------------------------------------------------


class BugError(HeadgateError):
    """Headgate broke a promise of its own. Please report it with the log."""

    exit_code = 70
