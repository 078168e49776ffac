"""URLs as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.sources.ncaa import normalise_url


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("www.acu.edu", "https://www.acu.edu"),
        ("  www.acu.edu ", "https://www.acu.edu"),
        ("www.frostburg.edu/", "https://www.frostburg.edu"),
        ("https://liu.edu/", "https://liu.edu"),
        ("http://liu.edu", "http://liu.edu"),
        ("HTTP://WWW.LIU.EDU:80/A/", "http://www.liu.edu/A"),
        ("https://liu.edu:443", "https://liu.edu"),
        ("https://liu.edu:8443/x", "https://liu.edu:8443/x"),
        ("//lrtrojans.com", "https://lrtrojans.com"),
        ("Www.GoBarryBucs.com", "https://www.gobarrybucs.com"),
        ("www.uafs.edu/Home/Index", "https://www.uafs.edu/Home/Index"),
        ("www.dbq.edu/Athletics/", "https://www.dbq.edu/Athletics"),
        ("www.a.edu/x?next=http://b.edu/", "https://www.a.edu/x?next=http://b.edu/"),
        ("www.a.edu/#team", "https://www.a.edu"),
        ("www.hochschule-köln.de", "https://www.hochschule-köln.de"),
    ],
)
def test_one_form(typed: str, normal: str) -> None:
    """Schemes, hosts, ports and closing slashes come out in one form; paths and queries as they were."""
    assert normalise_url(typed) == normal


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "  ",
        "#",
        "www.pomona.edu; www.pitzer.edu",
        "www.pomona.edu;www.pitzer.edu",
        "www.a.edu www.b.edu",
        "mailto:someone@a.edu",
        "javascript:alert(1)",
        "ftp://a.edu",
        "http:/a.edu",
        "http//a.edu",
        "localhost",
        "n/a",
        "none",
        "https://",
        "https://[::1",
        "https://a.edu:port",
        "https://a.edu:99999",
        "https://user:secret@a.edu",
        "https://a..edu",
        "https://-a.edu",
        "www.a.edu/<script>",
        "https://a.edu/" + "x" * 2000,
    ],
)
def test_no_address(typed: str) -> None:
    """What is no single web address is none, and never an exception."""
    assert normalise_url(typed) is None


@given(st.text(max_size=60) | st.from_regex(r"(https?://|//|)[A-Za-z.\-:/#?%]{1,40}", fullmatch=True))
def test_normal_form_is_stable(text: str) -> None:
    """A normalised address normalises to itself, whatever it was made from."""
    normal = normalise_url(text)
    assert normal is None or normalise_url(normal) == normal
