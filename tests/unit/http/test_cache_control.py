"""What responses say about their own keeping."""

from __future__ import annotations

import pytest

from headgate.http.cache_control import freshness, may_store, parse_cache_control

NOW = 784_111_777.0


def test_directives_have_arguments_or_none() -> None:
    """Quoted or not, in any case, malformed parts left out."""
    found = parse_cache_control('No-Cache="set-cookie", max-age=60 , public,, =x, s-maxage="5"')
    assert found["no-cache"] == "set-cookie"
    assert found["max-age"] == "60"
    assert found["public"] is None
    assert found["s-maxage"] == "5"
    assert parse_cache_control(None) == {}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Cache-Control": "public"}, None),
        ({"Cache-Control": "max-age=60"}, 60.0),
        ({"Cache-Control": "max-age=60", "Age": "45"}, 15.0),
        ({"Cache-Control": "max-age=60", "Age": "450"}, 0.0),
        ({"Cache-Control": "max-age=60", "Age": "old"}, 60.0),
        ({"Cache-Control": "max-age=never"}, 0.0),
        ({"Cache-Control": "no-cache, max-age=60"}, 0.0),
        ({"Cache-Control": "max-age=5", "Expires": "Sun, 06 Nov 1994 09:49:37 GMT"}, 5.0),
        ({"Expires": "Sun, 06 Nov 1994 08:50:37 GMT"}, 60.0),
        ({"Expires": "Sun, 06 Nov 1994 08:50:37 GMT", "Date": "Sun, 06 Nov 1994 08:50:07 GMT"}, 30.0),
        ({"Expires": "0"}, 0.0),
        ({"Expires": "Sun, 06 Nov 1984 08:50:37 GMT"}, 0.0),
    ],
)
def test_freshness_is_what_is_left(headers: dict[str, str], seconds: float | None) -> None:
    """``max-age`` before ``Expires``, less the age it came with; malformed means stale."""
    assert freshness(headers, now=NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [({}, True), ({"Cache-Control": "no-store"}, False), ({"Vary": "*"}, False), ({"Vary": "Accept"}, True)],
)
def test_some_answers_are_not_to_be_kept(headers: dict[str, str], allowed: bool) -> None:
    """``no-store``, and an answer that varies with everything."""
    assert may_store(headers) is allowed
