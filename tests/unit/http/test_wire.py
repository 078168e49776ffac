"""What goes over the wire, byte by byte."""

from __future__ import annotations

import pytest

from headgate.errors import ConfigError
from headgate.http.wire import Way, target_of


@pytest.mark.parametrize(
    ("url", "origin", "path"),
    [
        ("http://a.example/x?q=a%2Fb", "http://a.example", "/x?q=a%2Fb"),
        ("http://a.example:8080/", "http://a.example:8080", "/"),
        ("http://a.example", "http://a.example", "/"),
        ("http://a.example?x=1", "http://a.example", "/?x=1"),
        ("https://[::1]:8443/x", "https://[::1]:8443", "/x"),
        ("HTTP://A.Example/B", "http://A.Example", "/B"),
        ("http://a.example/x y", "http://a.example", "/x%20y"),
        ("http://a.example/x#part", "http://a.example", "/x"),
        ("http://münchen.example/ü?ö=ä", "http://xn--mnchen-3ya.example", "/%C3%BC?%C3%B6=%C3%A4"),
        ("http://a.example/../x//y/./z", "http://a.example", "/../x//y/./z"),
    ],
)
def test_a_url_is_taken_apart_as_it_was_written(url: str, origin: str, path: str) -> None:
    """The usual ones by one look, the others by the rules; nothing is encoded twice, nothing decoded."""
    assert target_of(url) == (origin, path)


@pytest.mark.parametrize("url", ["http://[half/", "no-url", "http:///x", "/x"])
def test_what_is_no_url_is_refused(url: str) -> None:
    """There is no host to ask."""
    with pytest.raises(ValueError, match=r"."):
        target_of(url)


@pytest.mark.parametrize("url", ["http://a.example/\r\nX: 1", "http://a.example/x\ny", "http://a.example/\0"])
def test_no_line_break_gets_into_the_request_line(url: str) -> None:
    """What looks like a second line is quoted."""
    assert not {"\r", "\n", "\0"} & set(target_of(url).path)


async def test_a_request_is_written_in_one_piece() -> None:
    """The line, the headers of every request with the caller's in front of them, and the body with its length."""
    way = Way("http://a.example:81", user_agent="test/1", proxy=None)
    plain = way.message("GET", "/x?y=1", None, None).decode()
    assert plain.startswith("GET /x?y=1 HTTP/1.1\r\nHost: a.example:81\r\n")
    assert "\r\nUser-Agent: test/1\r\n" in plain
    assert plain.endswith("\r\n\r\n")
    posted = way.message("POST", "/", {"User-agent": "mine", "X": "ü"}, b"body").decode()
    assert posted.lower().count("user-agent:") == 1
    assert "mine" in posted
    assert posted.endswith("\r\n\r\nbody")
    assert "\r\nContent-Length: 4\r\n" in posted
    assert way.message("GET", "/x?y=1", None, None).decode() == plain


@pytest.mark.parametrize("headers", [{"X": "a\r\nY: b"}, {"X\nY": "b"}, {"X": "a\0"}, {"X": "a\rb"}])
async def test_a_header_cannot_smuggle_another_one(headers: dict[str, str]) -> None:
    """Names and values stay within their line."""
    with pytest.raises(ConfigError, match="line break"):
        Way("http://a.example", user_agent="test/1", proxy=None).message("GET", "/", headers, None)
    with pytest.raises(ConfigError, match="line break"):
        Way("http://a.example", user_agent=f"test{next(iter(headers.values()))}\n", proxy=None)
