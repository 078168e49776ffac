"""URLs without secrets, and told apart."""

from __future__ import annotations

import re

import pytest

from headgate import logging
from headgate.errors import InvalidURLError
from headgate.http.url import _SUSPICIOUS, origin, redact, split_credentials, with_params

# words of that list that tell something only together with another one, such as "key"
QUALIFIERS = {"set", "access", "api", "private", "refresh"}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://h/p?a=1", "https://h/p?a=1"),
        ("https://user:pw@h:8/p", "https://***@h:8/p"),
        ("https://h/p?api_key=s&a=1", "https://h/p?api_key=***&a=1"),
        ("https://h/p?X-Amz-Signature=s&X-Amz-Credential=c", "https://h/p?X-Amz-Signature=***&X-Amz-Credential=***"),
        ("https://h/p?accessToken=s#part", "https://h/p?accessToken=***"),
        ("https://h/p?a%70ikey=s", "https://h/p?a%70ikey=***"),
        ("https://h/p?token=", "https://h/p?token=***"),
        ("https://h/p?sportCode=MBA&monkey=1&keyboard=2", "https://h/p?sportCode=MBA&monkey=1&keyboard=2"),
        ("http://[broken?token=s", "(a URL that cannot be read)"),
    ],
)
def test_secrets_are_not_shown(url: str, shown: str) -> None:
    """User, password, secret values and the fragment are taken out, the rest stays readable."""
    assert redact(url) == shown


@pytest.mark.parametrize("word", sorted(set(re.findall("[a-z]{3,}", logging._SECRET_NAME.pattern)) - QUALIFIERS))
def test_every_word_that_tells_a_secret_is_looked_for(word: str) -> None:
    """The quick look that spares most URLs knows each word of the list that names are judged by."""
    assert any(mark in word for mark in _SUSPICIOUS)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://Example.ORG/Path", "http://example.org:80"),
        ("https://example.org", "https://example.org:443"),
        ("https://u:p@example.org:8443/x", "https://example.org:8443"),
        ("http://[::1]:80/x", "http://[::1]:80"),
        ("http://h?x=/y", "http://h:80"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, expected: str) -> None:
    """In one spelling, so that one host has one breaker."""
    assert origin(url) == expected


@pytest.mark.parametrize(
    "url",
    ["", "example.org/x", "ftp://h/x", "http://", "http:///x", "file:///etc/passwd", "http://h:99999/", "http://a b/"],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    """With a sentence that says what is wrong."""
    with pytest.raises(InvalidURLError, match="cannot be used") as caught:
        origin(url)
    assert caught.value.hint


def test_parameters_are_added_to_what_is_there() -> None:
    """Values are encoded, sequences repeated, None left out, the fragment dropped."""
    url = with_params("http://h/p?z=1#part", {"a": "x y&z", "n": None, "s": [1, 2], "t": True})
    assert url == "http://h/p?z=1&a=x+y%26z&s=1&s=2&t=true"
    assert with_params("http://h/p#part", None) == "http://h/p"
    assert with_params("http://h/p", [("a", 1), ("a", 2)]) == "http://h/p?a=1&a=2"
    assert with_params("http://h/p", {"a": None}) == "http://h/p"


def test_credentials_move_from_the_url_to_a_header() -> None:
    """They are decoded first; a URL without any stays as it is."""
    assert split_credentials("http://us%40er:pw@h:8/p?q=@") == ("http://h:8/p?q=@", "Basic dXNAZXI6cHc=")
    assert split_credentials("http://h/p@q") == ("http://h/p@q", None)
