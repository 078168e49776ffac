"""A transport without a network: tests say what each attempt brings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import NamedTuple

from multidict import CIMultiDict, CIMultiDictProxy

from headgate.http import RawResponse


class Sent(NamedTuple):
    """An attempt that was made."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    time_limit: float


def answer(
    body: bytes = b'{"ok":true}',
    status: int = 200,
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    *,
    content_type: str = "application/json",
) -> RawResponse:
    """Return what a host sends."""
    all_headers = CIMultiDict({"Content-Type": content_type})
    all_headers.extend(headers)
    return RawResponse(status, CIMultiDictProxy(all_headers), body)


Outcome = RawResponse | Exception | Callable[[Sent], "RawResponse | Awaitable[RawResponse]"]


class ScriptedTransport:
    """Answers attempts from a list, in turn; the last outcome repeats.

    Args:
        outcomes: A response, an error to raise, or a function of the attempt that returns a response, now or later.
    """

    def __init__(self, *outcomes: Outcome) -> None:
        self._outcomes = list(outcomes) or [answer()]
        self.sent: list[Sent] = []
        self.closed = False

    async def send(
        self, method: str, url: str, *, headers: Mapping[str, str] | None, body: bytes | None, time_limit: float
    ) -> RawResponse:
        """Note the attempt and return, or raise, what is next."""
        sent = Sent(method, url, headers or {}, body, time_limit)
        self.sent.append(sent)
        outcome = self._outcomes.pop(0) if len(self._outcomes) > 1 else self._outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        if isinstance(outcome, RawResponse):
            return outcome
        result = outcome(sent)
        return result if isinstance(result, RawResponse) else await result

    async def close(self) -> None:
        """Note that it was closed."""
        self.closed = True
