"""Bodies that are not what their status says."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.errors import UnusableBodyError
from headgate.http.body import UnusableBody, check, infer
from headgate.http.response import Response

JSON = "application/json; charset=utf-8"


def checked(body: bytes, **changes: Any) -> Any:
    """Check a body that a GET for JSON got."""
    due: dict[str, Any] = {
        "method": "GET",
        "status": 200,
        "content_type": JSON,
        "expect": None,
        "allow_empty": False,
    }
    return check(body, **{**due, **changes})


def test_json_is_decoded_once_and_handed_over() -> None:
    """What the check has parsed need not be parsed again."""
    assert checked(b'{"a": [1, 2]}') == {"a": [1, 2]}


@pytest.mark.parametrize("expect", ["json", "text", "bytes", None])
def test_an_empty_200_is_no_answer(expect: Any) -> None:
    """The trap of the NCAA's directory: never 'no schools'."""
    with pytest.raises(UnusableBody, match="empty"):
        checked(b"", expect=expect)
    assert checked(b"", expect=expect, allow_empty=True) is None


@pytest.mark.parametrize(
    "case", [{"status": 204}, {"status": 205}, {"method": "HEAD"}, {"method": "DELETE"}, {"method": "POST"}]
)
def test_some_answers_are_empty_by_right(case: dict[str, Any]) -> None:
    """Statuses without content, and methods that were not asked for any."""
    assert checked(b"", **case) is None


def test_a_post_that_expects_json_gets_some() -> None:
    """The caller's word counts for every method."""
    with pytest.raises(UnusableBody, match="empty"):
        checked(b"", method="POST", expect="json")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<!DOCTYPE html><html>Sorry</html>", "HTML"),
        (b"\n  <html><body>Sorry", "HTML"),
        (b'{"rows": [1, 2', "truncated"),
        (b'[{"a": "b', "truncated"),
        (b"Service Unavailable", "not the JSON"),
        (b'{"a": 1} trailing', "not the JSON"),
        (b"\xff\xfe", "not the JSON"),
    ],
)
def test_what_is_no_json_says_what_it_is(body: bytes, reason: str) -> None:
    """HTML, a body cut off, plain words: each has its name."""
    with pytest.raises(UnusableBody, match=reason):
        checked(body)


def test_html_where_json_was_due_is_seen_through_its_type() -> None:
    """A page that says that it is HTML is no JSON, however polite its status."""
    with pytest.raises(UnusableBody, match="HTML"):
        checked(b"<html>", content_type="text/html", expect="json")


def test_nobody_is_due_what_nobody_asked_for() -> None:
    """HTML is fine for someone who did not ask for JSON."""
    assert checked(b"<html>", content_type="text/html") is None
    assert checked(b"<html>", content_type=JSON, expect="text") is None


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        (JSON, "json"),
        ("application/problem+json", "json"),
        ("TEXT/HTML", "text"),
        ("image/png", "bytes"),
        ("", "bytes"),
    ],
)
def test_the_content_type_says_what_is_due(content_type: str, expected: str) -> None:
    """With parameters, in any case."""
    assert infer(content_type) == expected


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'\xef\xbb\xbf{"a": "\xc3\xa9"}', JSON),
        ('{"a": "é"}'.encode("latin-1"), "application/json; charset=ISO-8859-1"),
        ('{"a": "é"}'.encode(), "application/json; charset=no-such-charset"),
    ],
)
def test_json_comes_in_many_encodings(body: bytes, content_type: str) -> None:
    """With a byte order mark, in Latin 1, or mislabelled."""
    assert checked(body, content_type=content_type) == {"a": "é"}


def response(body: bytes, content_type: str = JSON) -> Response:
    """Make a response."""
    return Response(status=200, headers=f"Content-Type:{content_type}", url="http://h/?token=s3cret", body=body)


def test_each_call_of_json_returns_an_object_of_its_own() -> None:
    """Changing one changes no other, not even the one that was parsed beforehand."""
    one = response(b'{"rows": []}')
    one.keep_parsed({"rows": []})
    first, second = one.json(), one.json()
    first["rows"].append("mine")
    assert second == {"rows": []}
    assert one.json() == {"rows": []}


def test_a_body_that_is_no_json_is_an_error_without_secrets() -> None:
    """Not a bare traceback of a parser."""
    with pytest.raises(UnusableBodyError) as caught:
        response(b"hello", "text/plain").json()
    assert "s3cret" not in str(caught.value)


def test_text_follows_its_charset_and_never_fails() -> None:
    """Bytes that the charset does not know become a replacement."""
    assert response("é".encode("latin-1"), "text/plain; charset=latin-1").text() == "é"
    assert response(b"a\xff", "text/plain").text() == "a\ufffd"


def test_a_response_shows_itself_without_secrets() -> None:
    """In a log or a debugger."""
    assert repr(response(b"{}")) == "<Response 200 http://h/?token=*** 2 bytes from upstream>"
