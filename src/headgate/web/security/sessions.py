"""Who is signed in: random ids in the memory of the server, which forgets all of them when it ends."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass

from headgate.clock import Clock

_MOST = 1000


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who gave the token.

    Args:
        id: What the cookie holds.
        csrf: What every form must bring along: another site cannot read it.
        name: What the person is called in what is decided.
        expires_at: When it ends, on the monotonic clock.
    """

    id: str
    csrf: str
    name: str
    expires_at: float


class Sessions:
    """The sessions, at most a thousand: the oldest one ends when there are more.

    Args:
        seconds: How long one lasts.
        clock: The time.
    """

    def __init__(self, seconds: float, clock: Clock) -> None:
        self._seconds = seconds
        self._clock = clock
        self._open: OrderedDict[str, Session] = OrderedDict()

    def begin(self, name: str) -> Session:
        """Begin a session for whoever gave the token."""
        expires_at = self._clock.monotonic() + self._seconds
        session = Session(secrets.token_urlsafe(32), secrets.token_urlsafe(32), name, expires_at)
        self._open[session.id] = session
        if len(self._open) > _MOST:
            self._open.popitem(last=False)
        return session

    def find(self, session_id: str | None) -> Session | None:
        """Return the session of this id, unless it ended."""
        session = self._open.get(session_id) if session_id else None
        if session is not None and session.expires_at <= self._clock.monotonic():
            self.end(session.id)
            return None
        return session

    def end(self, session_id: str) -> None:
        """End a session."""
        self._open.pop(session_id, None)
