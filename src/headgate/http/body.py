"""Is the body what the status promised? A pure decision."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal

from headgate.http.response import decode_json

Expectation = Literal["json", "text", "bytes"]

_BODILESS = frozenset({204, 205, 304})
_MARKUP = (b"<!doctype html", b"<html", b"<head", b"<?xml", b"<!--")


class UnusableBody(Exception):  # noqa: N818 - a reason, turned into UnusableBodyError where URL and attempts are known
    """Why a body cannot be used, as the end of a sentence."""


@lru_cache(maxsize=256)
def infer(content_type: str) -> Expectation:
    """Return what a ``Content-Type`` promises."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "application/json" or media_type.endswith("+json"):
        return "json"
    return "text" if media_type.startswith("text/") else "bytes"


def check(
    body: bytes, *, method: str, status: int, content_type: str, expect: Expectation | None, allow_empty: bool
) -> Any:
    """Return the decoded JSON of a body that is JSON and was due as such, else None.

    Args:
        body: The decompressed body of a 2xx answer.
        method: The method of the request.
        status: The status of the answer.
        content_type: Its ``Content-Type``.
        expect: What the caller is due; None: whatever the ``Content-Type`` promises.
        allow_empty: Accept a body without a byte.

    Raises:
        UnusableBody: It is empty, HTML, or no JSON where that was due.
    """
    if not body:
        if allow_empty or status in _BODILESS or method == "HEAD" or (method != "GET" and expect != "json"):
            return None
        raise UnusableBody("is empty where content was due")
    if (expect or infer(content_type)) != "json":
        return None
    try:
        return decode_json(body, content_type)
    except ValueError as error:
        raise UnusableBody(_why_not_json(body, str(error))) from None


def _why_not_json(body: bytes, error: str) -> str:
    if body.lstrip()[:20].lower().startswith(_MARKUP):
        return "is HTML where JSON was due"
    if body.lstrip()[:1] in b"{[" and "end of" in error.lower():
        return f"is truncated JSON ({len(body)} bytes)"
    return f"is not the JSON that was due ({error})"
