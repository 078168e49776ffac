"""Who may see, and who may act: dependencies that every page and every action has."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Form, Request, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from headgate.clock import Clock
from headgate.web.problems import ForbiddenError, SignInError, TooManyTriesError
from headgate.web.security.hosts import is_local, is_same_site
from headgate.web.security.logins import Logins
from headgate.web.security.sessions import Session, Sessions

COOKIE = "headgate_session"

_bearer = HTTPBearer(auto_error=False, description="The token, for programs.")
_cookie = APIKeyCookie(name=COOKIE, auto_error=False, description="What signing in gives a browser.")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks.

    Args:
        session: The session of a person who signed in.
        trusted: Whether the token was given, by signing in or as a bearer.
    """

    session: Session | None = None
    trusted: bool = False

    @property
    def name(self) -> str:
        """What the visitor is called in what is decided."""
        return self.session.name if self.session else "the dashboard"


class Access:
    """The rules.

    Args:
        token: The token.
        host: Where the dashboard listens: at localhost everybody may look, elsewhere nobody without the token.
        read_only: Whether nobody may act, token or not.
        session_seconds: How long somebody stays signed in.
        clock: The time.
    """

    def __init__(self, token: str, *, host: str, read_only: bool, session_seconds: float, clock: Clock) -> None:
        self._token = token.encode()
        self.looking_is_free = is_local(host)
        self.read_only = read_only
        self.sessions = Sessions(session_seconds, clock)
        self._logins = Logins(clock)

    def sign_in(self, token: str, name: str, address: str) -> Session | None:
        """Begin a session for whoever gives the token; nothing if it is wrong.

        Raises:
            TooManyTriesError: The address sent too many wrong ones.
        """
        return self.sessions.begin(name) if self.is_token(token, address) else None

    def is_token(self, token: str, address: str) -> bool:
        """Tell whether this is the token, in a time that does not tell how much of it is right.

        Raises:
            TooManyTriesError: The address sent too many wrong ones.
        """
        wait = self._logins.wait(address)
        if wait > 0:
            raise TooManyTriesError(wait)
        if hmac.compare_digest(token.encode(), self._token):
            return True
        self._logins.failed(address)
        return False


def access_of(request: Request) -> Access:
    """Return the rules of the application."""
    found: Access = request.app.state.access
    return found


def address_of(request: Request) -> str:
    """Return where a request comes from."""
    return request.client.host if request.client else ""


async def visitor(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    session_id: Annotated[str | None, Security(_cookie)],
) -> Visitor:
    """Return who asks."""
    access = access_of(request)
    if bearer is not None:
        if not access.is_token(bearer.credentials, address_of(request)):
            raise SignInError
        return Visitor(trusted=True)
    session = access.sessions.find(session_id)
    return Visitor(session, trusted=session is not None)


Asking = Annotated[Visitor, Depends(visitor)]


async def may_look(request: Request, who: Asking) -> Visitor:
    """Let those through who may see what is known.

    Raises:
        SignInError: The dashboard can be reached from elsewhere, and the token was not given.
    """
    if not who.trusted and not access_of(request).looking_is_free:
        raise SignInError
    return who


async def is_own_form(
    who: Asking, csrf: Annotated[str, Form(max_length=200, description="What a form of a session brings.")] = ""
) -> Visitor:
    """Let those through who gave the token, with a form that was made for their session.

    Args:
        who: Who asks.
        csrf: What a form of a session brings along. A program with the token in its header needs none.

    Raises:
        ForbiddenError: The form is not one of ours.
        SignInError: The token was not given.
    """
    if not who.trusted:
        raise SignInError
    if who.session is not None and not hmac.compare_digest(csrf.encode(), who.session.csrf.encode()):
        raise ForbiddenError("This form is out of date, or it is not ours.", "Open the page again, and try once more.")
    return who


async def may_act(request: Request, who: Annotated[Visitor, Depends(is_own_form)]) -> Visitor:
    """Let those through who may change something.

    Raises:
        ForbiddenError: Nobody may.
    """
    if access_of(request).read_only:
        raise ForbiddenError("This dashboard is read-only.", "Start it without --read-only to decide something here.")
    return who


async def is_ours(request: Request) -> None:
    """Refuse a form that a page of another site sent.

    Raises:
        ForbiddenError: It is one.
    """
    headers = request.headers
    if not is_same_site(headers.get("origin"), headers.get("sec-fetch-site"), headers.get("host", "")):
        raise ForbiddenError("This form comes from another site.", "Use the form on the page of the dashboard.")


Looking = Annotated[Visitor, Depends(may_look)]
Acting = Annotated[Visitor, Depends(may_act)]
