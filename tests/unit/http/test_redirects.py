"""Where redirects lead, and what goes along."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.errors import RequestRejectedError, RobotsDisallowedError
from headgate.http import RawResponse
from headgate.http.redirects import Hop, follow
from headgate.testing.transport import Sent, answer

SECRETS = {"Authorization": "s", "Cookie": "s", "X-API-Key": "s", "X-Auth-Token": "s", "Proxy-Authorization": "s"}
START = Hop("GET", "https://h/a/b?q=1", {**SECRETS, "Accept": "text/csv"})


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/c", "https://h/c"),
        ("c?d=1", "https://h/a/c?d=1"),
        ("//other/x", "https://other/x"),
        ("https://h:443/x#part", "https://h:443/x"),
        ("https://user:pw@h/x", "https://h/x"),
    ],
)
def test_the_target_is_relative_to_where_it_was_said(location: str, url: str) -> None:
    """Without fragment, user and password."""
    assert follow(START, 302, location).url == url


@pytest.mark.parametrize("location", ["https://other/x", "http://h/x", "https://h:8443/x", "https://h.evil.org/x"])
def test_credentials_go_to_no_other_place(location: str) -> None:
    """Another host, scheme or port gets no key, cookie or token, and everything else."""
    assert follow(START, 302, location).headers == {"Accept": "text/csv"}


def test_credentials_go_along_to_the_same_place() -> None:
    """However it is spelt."""
    assert follow(START, 302, "https://H:443/other").headers == START.headers


@pytest.mark.parametrize(
    ("status", "method", "becomes"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "POST", "GET"),
        (303, "PUT", "GET"),
        (303, "HEAD", "HEAD"),
        (307, "POST", "POST"),
        (308, "POST", "POST"),
        (301, "PUT", "PUT"),
        (302, "HEAD", "HEAD"),
    ],
)
def test_method_and_body_follow_the_rules(status: int, method: str, becomes: str) -> None:
    """303 asks for a page, 307 and 308 repeat the act, 301 and 302 do what browsers do."""
    hop = follow(Hop(method, "http://h/a", {"Content-Type": "x", "A": "1"}, b"body"), status, "/b")
    kept = becomes == method and not (status == 303 and method != "HEAD")
    assert hop.method == becomes
    assert hop.body == (b"body" if kept else None)
    assert hop.headers == ({"Content-Type": "x", "A": "1"} if kept else {"A": "1"})


@pytest.mark.parametrize("location", [None, "", "ftp://h/x", "file:///etc/passwd", "javascript:alert(1)", "http://"])
def test_some_places_are_not_followed(location: str | None) -> None:
    """Nowhere, or off the web."""
    with pytest.raises(RequestRejectedError):
        follow(START, 302, location)


def site(pages: dict[str, str | bytes]) -> Any:
    """Answer with the body of a page, or redirect to the address that stands there; note each request."""

    def serve(sent: Sent) -> RawResponse:
        page = pages[sent.url]
        return answer(page) if isinstance(page, bytes) else answer(b"", 302, {"Location": page})

    return serve


async def test_a_redirect_is_followed_and_the_answer_says_where_it_came_from(make: Any) -> None:
    """The answer is kept under the address that was asked for; each hop is an attempt."""
    client, transport = make(site({"http://h/a": "/b", "http://h/b": "http://other/c", "http://other/c": b"1"}))
    response = await client.request("http://h/a", headers={"Authorization": "s3cret"})
    assert (response.json(), response.url, response.attempts) == (1, "http://other/c", 3)
    assert [dict(sent.headers) for sent in transport.sent] == [{"Authorization": "s3cret"}] * 2 + [{}]
    again = await client.request("http://h/a", headers={"Authorization": "s3cret"})
    assert (again.origin.value, again.url) == ("memory", "http://other/c")
    assert set(client.breakers) == {"http://h:80", "http://other:80"}


async def test_a_loop_is_noticed(make: Any) -> None:
    """At the first repetition, not at the limit."""
    client, transport = make(site({"http://h/a": "/b", "http://h/b": "/a"}))
    with pytest.raises(RequestRejectedError, match="loop"):
        await client.request("http://h/a")
    assert len(transport.sent) == 2


@pytest.mark.parametrize(("limit", "attempts"), [(3, 4), (0, 1)])
async def test_too_many_redirects_end(make: Any, limit: int, attempts: int) -> None:
    """A chain without an end is followed for so many hops."""

    def on(sent: Sent) -> RawResponse:
        return answer(b"", 302, {"Location": sent.url + "x"})

    client, transport = make(on, http={"max_redirects": limit})
    with pytest.raises(RequestRejectedError, match=f"more than {limit} times"):
        await client.request("http://h/a")
    assert len(transport.sent) == attempts


async def test_robots_are_asked_about_on_every_host(make: Any) -> None:
    """A redirect is no way around the rules of the host that it leads to."""

    def serve(sent: Sent) -> RawResponse:
        if sent.url == "http://other:80/robots.txt":
            return answer(b"User-agent: *\nDisallow: /private", content_type="text/plain")
        if sent.url.endswith("/robots.txt"):
            return answer(status=404)
        return answer(b"", 302, {"Location": "http://other/private/x"})

    client, transport = make(serve, http={"respect_robots": True})
    with pytest.raises(RobotsDisallowedError):
        await client.request("http://h/a")
    assert "http://other/private/x" not in [sent.url for sent in transport.sent]
