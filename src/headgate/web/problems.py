"""What a visitor is told when something is wrong: a status, what happened, and what to do."""

from __future__ import annotations

import math
from dataclasses import dataclass
from http import HTTPStatus

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from headgate.errors import BugError, ConfigError, DatabaseConfigError, DataError, HeadgateError, RetryLaterError
from headgate.logging import redact

_LONGEST = 2_000


class Problem(BaseModel):
    """Why there is no answer."""

    error: str = Field(description="What happened.")
    hint: str | None = Field(None, description="What to do next.")


@dataclass(frozen=True, slots=True)
class Told:
    """A problem with the status it is told under.

    Args:
        status: The HTTP status.
        problem: What is told.
        retry_after: Seconds after which a new attempt makes sense.
    """

    status: int
    problem: Problem
    retry_after: int | None = None


class WebError(Exception):
    """Something that only a visitor of the dashboard can do wrong."""

    status = 400

    def __init__(self, error: str, hint: str | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.hint = hint


class NotFoundError(WebError):
    """There is no such thing."""

    status = 404


class ForbiddenError(WebError):
    """It may not be done."""

    status = 403


class SignInError(WebError):
    """The token was not given, or a wrong one."""

    status = 401

    def __init__(self) -> None:
        super().__init__("This needs the token.", "Sign in, or send it in the header: Authorization: Bearer TOKEN.")


class TooManyTriesError(WebError):
    """Too many wrong tokens.

    Args:
        seconds: How long to wait.
    """

    status = 429

    def __init__(self, seconds: float) -> None:
        self.seconds = math.ceil(seconds)
        super().__init__("Too many wrong tokens came from there.", f"Wait {self.seconds} seconds, then try again.")


def told(error: Exception, method: str) -> Told:
    """Return what a visitor is told about an error.

    Args:
        error: The error.
        method: The method of the request: what cannot be done in the present state of things is a conflict.
    """
    if isinstance(error, WebError):
        seconds = error.seconds if isinstance(error, TooManyTriesError) else None
        return Told(error.status, _problem(error.error, error.hint), seconds)
    if isinstance(error, RequestValidationError):
        return Told(422, _problem("; ".join(map(_fault, error.errors())) + ".", None))
    if isinstance(error, HTTPException):
        return Told(error.status_code, _problem(_PHRASES.get(error.status_code) or str(error.detail), None))
    if isinstance(error, HeadgateError):
        seconds = math.ceil(error.retry_after) if isinstance(error, RetryLaterError) and error.retry_after else None
        return Told(_status(error, method), _problem(error.message, error.hint), seconds)
    return Told(500, _problem("Something unexpected happened.", "The log of the server says what. Please report it."))


_PHRASES = {404: "There is no such page.", 405: "That cannot be done here.", 413: "That is too much at once."}


def _status(error: HeadgateError, method: str) -> int:
    if isinstance(error, RetryLaterError | DatabaseConfigError):
        return HTTPStatus.SERVICE_UNAVAILABLE
    if isinstance(error, ConfigError):
        return HTTPStatus.CONFLICT if method == "POST" else HTTPStatus.BAD_REQUEST
    if isinstance(error, DataError):
        return HTTPStatus.CONFLICT
    return HTTPStatus.INTERNAL_SERVER_ERROR if isinstance(error, BugError) else HTTPStatus.CONFLICT


def _problem(error: str, hint: str | None) -> Problem:
    return Problem(error=redact(error)[:_LONGEST], hint=redact(hint)[:_LONGEST] if hint else None)


def _fault(fault: dict[str, object]) -> str:
    place = fault.get("loc")
    name = str(place[-1]) if isinstance(place, tuple) and place else "the request"
    return f"{name}: {fault.get('msg', 'unusable')}"
