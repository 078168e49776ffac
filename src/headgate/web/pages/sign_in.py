"""Signing in with the token, signing out, and choosing light or dark."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from headgate.web.files import DONE
from headgate.web.rendering import THEME_COOKIE, THEMES, render
from headgate.web.security.access import COOKIE, Asking, Visitor, access_of, address_of, is_ours, is_own_form
from headgate.web.wording import visible

router = APIRouter(tags=["Signing in"])

_YEAR = 365 * 86_400

Back = Annotated[str, Form(max_length=2000, description="The page to go on to.")]


@router.get("/sign-in", response_class=HTMLResponse, summary="The form to sign in")
async def sign_in_form(
    request: Request, who: Asking, back: Annotated[str, Query(max_length=2000)] = "/"
) -> HTMLResponse:
    """The form to sign in with the token."""
    return render(request, "sign_in.html", {"title": "Sign in", "back": local(back), "wrong": False}, who=who)


@router.post(
    "/sign-in",
    status_code=303,
    response_class=RedirectResponse,
    responses=DONE,
    summary="Sign in",
    dependencies=[Depends(is_ours)],
)
async def sign_in(
    request: Request,
    who: Asking,
    token: Annotated[str, Form(max_length=1000, description="The token.")],
    name: Annotated[str, Form(max_length=80, description="Who decides; kept with every decision.")] = "",
    back: Back = "/",
) -> Response:
    """Begin a session with the token."""
    access = access_of(request)
    named = " ".join(visible(name.replace("\0", "")).split()) or "the dashboard"
    session = access.sign_in(token, named, address_of(request))
    if session is None:
        context = {"title": "Sign in", "back": local(back), "wrong": True}
        return render(request, "sign_in.html", context, who=who, status=401)
    answer = RedirectResponse(local(back), 303)
    # a proxy speaks plain HTTP to us: what the browser speaks stands in the origin of the form
    secure = request.url.scheme == "https" or request.headers.get("origin", "").startswith("https://")
    answer.set_cookie(COOKIE, session.id, httponly=True, samesite="lax", secure=secure, path="/")
    return answer


@router.post("/sign-out", status_code=303, response_class=RedirectResponse, responses=DONE, summary="Sign out")
async def sign_out(request: Request, who: Annotated[Visitor, Depends(is_own_form)]) -> RedirectResponse:
    """End the session."""
    if who.session is not None:
        access_of(request).sessions.end(who.session.id)
    answer = RedirectResponse("/", 303)
    answer.delete_cookie(COOKIE, path="/")
    return answer


@router.post(
    "/theme",
    status_code=303,
    response_class=RedirectResponse,
    responses=DONE,
    summary="Choose light or dark",
    dependencies=[Depends(is_ours)],
)
async def theme(
    to: Annotated[Literal["light", "dark", "system"], Form(description="How pages shall look.")], back: Back = "/"
) -> RedirectResponse:
    """Choose whether pages are light, dark, or as the system is."""
    answer = RedirectResponse(local(back), 303)
    if to in THEMES:
        answer.set_cookie(THEME_COOKIE, to, max_age=_YEAR, samesite="lax", path="/")
    else:
        answer.delete_cookie(THEME_COOKIE, path="/")
    return answer


def local(path: str) -> str:
    """Return a path if it leads to a page of ours, else the first page."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if plain else "/"
