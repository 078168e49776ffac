"""The client and its cache."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from headgate.errors import (
    ConnectionBrokenError,
    DeadlineExceededError,
    NotRecordedError,
    RequestRejectedError,
    ServerError,
    UnusableBodyError,
)
from headgate.http import RawResponse
from headgate.http.caching import cache_key
from headgate.http.redirects import Hop
from headgate.testing.clock import FakeClock
from headgate.testing.transport import Sent, answer

URL = "http://h/x"
BROKEN = ConnectionBrokenError("The connection broke.", url=URL)


# --- keys --------------------------------------------------------------------------------------------------


def test_a_key_is_readable_and_tells_no_secret() -> None:
    """Method and address in plain words, a digest in the place of what must not be seen."""
    assert cache_key(Hop("GET", "http://h/x?a=1"), None, None) == "GET http://h/x?a=1"
    secret = Hop("GET", "http://h/x?token=s3cret", {"Authorization": "Bearer t0ps3cret"})
    key = cache_key(secret, "json", None)
    assert key.startswith("GET http://h/x?token=*** ")
    assert "s3cret" not in key
    assert "Authorization" not in key


def test_what_makes_another_answer_makes_another_key() -> None:
    """Address, secret, header, what is due, method, body: each counts, and the case of a header's name does not."""
    hops = [
        Hop("GET", URL),
        Hop("HEAD", URL),
        Hop("GET", URL + "?token=a"),
        Hop("GET", URL + "?token=b"),
        Hop("GET", URL, {"Accept": "text/csv"}),
        Hop("GET", URL, {"Authorization": "Bearer a"}),
        Hop("GET", URL, {"Authorization": "Bearer b"}),
        Hop("POST", URL, None, b"a"),
        Hop("POST", URL, None, b"b"),
    ]
    keys = {cache_key(hop, expect, None) for hop in hops for expect in (None, "json", "text")}
    assert len(keys) == 3 * len(hops)
    assert cache_key(Hop("GET", URL, {"A": "1", "B": "2"}), None, None) == cache_key(
        Hop("GET", URL, {"b": "2", "a": "1"}), None, None
    )


async def test_nobody_is_answered_with_what_another_was_told(make: Any) -> None:
    """Two callers with different credentials, two answers."""

    def whoami(sent: Sent) -> RawResponse:
        return answer(b'"%s"' % sent.headers["Authorization"].encode())

    client, _ = make(whoami)
    for name in ("ann", "bob", "ann"):
        assert (await client.request(URL, headers={"Authorization": name})).json() == name


# --- hits --------------------------------------------------------------------------------------------------


async def test_a_second_request_is_answered_from_memory(make: Any) -> None:
    """With everything the first had, except the cookies that it was given."""
    sent_headers = [("X-A", "1"), ("X-A", "2"), ("Set-Cookie", "session=s3cret")]
    client, transport = make(answer(b"[1]", 203, sent_headers))
    first, second = await client.request(URL), await client.request(URL)
    assert [one.origin.value for one in (first, second)] == ["upstream", "memory"]
    assert (second.status, second.url, second.body, second.attempts) == (203, URL, b"[1]", 0)
    assert second.headers.getall("x-a") == ["1", "2"]
    assert "Set-Cookie" not in second.headers
    assert len(transport.sent) == 1
    metrics = client.metrics
    assert (metrics.total_requests, metrics.successful_requests, metrics.attempts) == (2, 2, 1)
    assert (metrics.cache_hits, metrics.memory_hits, metrics.cache_misses) == (1, 1, 1)


async def test_no_two_callers_share_an_object(make: Any) -> None:
    """Whatever one does to its rows, the others do not see it: leader, follower, and a later hit."""
    client, _ = make(answer(b'{"rows": [1]}'))
    responses = await asyncio.gather(*(client.request(URL) for _ in range(3)))
    for response in [*responses, await client.request(URL)]:
        rows = response.json()["rows"]
        assert rows == [1]
        rows.append("mine")


async def test_max_age_asks_again(make: Any, clock: FakeClock) -> None:
    """What is fresh enough for others is too old for a caller who says so."""
    client, transport = make()
    await client.request(URL)
    await clock.advance(20.0)
    assert (await client.request(URL, max_age=30.0)).origin.value == "memory"
    assert (await client.request(URL, max_age=10.0)).origin.value == "upstream"
    assert len(transport.sent) == 2


async def test_only_get_is_kept_unless_a_key_is_given(make: Any) -> None:
    """A POST is an act; a name for its answer makes it a question."""
    client, transport = make()
    for _ in range(2):
        await client.request(URL, "POST", json={"q": 1})
    assert len(transport.sent) == 2
    for _ in range(2):
        await client.request(URL, "POST", json={"q": 1}, cache_key="question")
    assert len(transport.sent) == 3


@pytest.mark.parametrize("name", ["If-None-Match", "if-modified-since", "Range"])
async def test_a_condition_of_the_callers_goes_past_the_cache(make: Any, name: str) -> None:
    """Whoever asks for a part, or only for news, gets what the host says."""
    client, transport = make(answer(), answer(b"", 304))
    await client.request(URL)
    response = await client.request(URL, headers={name: "x"})
    assert (response.status, response.body) == (304, b"")
    assert len(transport.sent) == 2


async def test_a_cache_that_is_turned_off_keeps_nothing(make: Any) -> None:
    """Every request is asked, and none counts as a miss."""
    client, transport = make(cache={"enabled": False})
    for _ in range(2):
        await client.request(URL)
    assert len(transport.sent) == 2
    assert client.metrics.cache_misses == 0


# --- what is kept --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        (answer(b""), UnusableBodyError),
        (answer(b"<html>"), UnusableBodyError),
        (answer(b'{"a'), UnusableBodyError),
        (answer(status=500), ServerError),
        (answer(status=403), RequestRejectedError),
    ],
    ids=["empty", "html", "truncated", "500", "403"],
)
async def test_what_is_no_answer_is_never_kept(make: Any, outcome: RawResponse, error: type[Exception]) -> None:
    """The next request asks again, and gets the truth."""
    client, transport = make(outcome, answer(), retry={"max_attempts": 1})
    with pytest.raises(error):
        await client.request(URL)
    assert (await client.request(URL)).json() == {"ok": True}
    assert len(transport.sent) == 2


@pytest.mark.parametrize("status", [404, 410])
async def test_that_there_is_nothing_is_remembered_for_a_while(make: Any, clock: FakeClock, status: int) -> None:
    """Asked again within the time, the host is spared; afterwards it is asked."""
    client, transport = make(answer(status=status), cache={"negative_ttl": 30.0})
    for _ in range(3):
        with pytest.raises(RequestRejectedError) as caught:
            await client.request(URL)
        assert caught.value.status == status
    assert len(transport.sent) == 1
    await clock.advance(31.0)
    with pytest.raises(RequestRejectedError):
        await client.request(URL)
    assert len(transport.sent) == 2


async def test_the_hosts_own_words_count_if_they_are_to(make: Any, clock: FakeClock) -> None:
    """``no-store`` keeps nothing, ``max-age`` shortens; unless they are set aside, which is the default."""
    for obeyed, expected in ((True, 2), (False, 1)):
        client, transport = make(answer(headers={"Cache-Control": "no-store"}), cache={"respect_cache_control": obeyed})
        for _ in range(2):
            await client.request(URL)
        assert len(transport.sent) == expected
    client, transport = make(answer(headers={"Cache-Control": "max-age=5"}), cache={"respect_cache_control": True})
    await client.request(URL)
    await clock.advance(6.0)
    await client.request(URL)
    assert len(transport.sent) == 2


# --- revalidation --------------------------------------------------------------------------------------------


async def test_304_renews_what_is_kept(make: Any, clock: FakeClock) -> None:
    """The expired entry is asked about with its validators, and is fresh again for its whole time."""
    client, transport = make(
        answer(b'{"v": 1}', headers={"ETag": '"1"', "Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT", "X-Old": "1"}),
        answer(b"", 304, {"ETag": '"2"', "X-New": "2", "Content-Length": "0"}),
        cache={"memory_ttl": 60.0},
    )
    await client.request(URL)
    await clock.advance(61.0)
    renewed = await client.request(URL)
    asked = transport.sent[1].headers
    assert (asked["If-None-Match"], asked["If-Modified-Since"]) == ('"1"', "Sun, 06 Nov 1994 08:49:37 GMT")
    assert (renewed.status, renewed.json(), renewed.origin.value) == (200, {"v": 1}, "revalidated")
    assert (renewed.headers["ETag"], renewed.headers["X-Old"], renewed.headers["X-New"]) == ('"2"', "1", "2")
    assert "Content-Length" not in renewed.headers
    await clock.advance(59.0)
    assert (await client.request(URL)).origin.value == "memory"
    assert client.metrics.revalidations == 1
    await clock.advance(2.0)
    await client.request(URL)
    assert transport.sent[2].headers["If-None-Match"] == '"2"'


async def test_a_changed_answer_takes_the_place_of_the_old_one(make: Any, clock: FakeClock) -> None:
    """A 200 to a conditional request is a new answer."""
    client, _ = make(
        answer(b"1", headers={"ETag": '"1"'}), answer(b"2", headers={"ETag": '"2"'}), cache={"memory_ttl": 60.0}
    )
    await client.request(URL)
    await clock.advance(61.0)
    assert (await client.request(URL)).json() == 2
    assert (await client.request(URL)).json() == 2


async def test_a_failure_does_not_destroy_what_can_be_renewed(make: Any, clock: FakeClock) -> None:
    """A 5xx, and then a 304: the copy is still there to be renewed."""
    client, _ = make(
        answer(b"1", headers={"ETag": '"1"'}),
        answer(status=500),
        answer(b"", 304),
        cache={"memory_ttl": 60.0},
        retry={"max_attempts": 1},
    )
    await client.request(URL)
    await clock.advance(61.0)
    with pytest.raises(ServerError):
        await client.request(URL)
    assert (await client.request(URL)).json() == 1


async def test_a_304_that_nobody_asked_for_is_refused(make: Any) -> None:
    """There is nothing that it could confirm."""
    client, _ = make(answer(b"", 304))
    with pytest.raises(RequestRejectedError, match="304"):
        await client.request(URL)


async def test_a_stale_answer_covers_a_failure_if_that_is_wanted(make: Any, clock: FakeClock) -> None:
    """And says what it is."""
    client, _ = make(
        answer(b"1"), BROKEN, cache={"memory_ttl": 60.0, "stale_if_error": 600.0}, retry={"max_attempts": 1}
    )
    await client.request(URL)
    await clock.advance(61.0)
    response = await client.request(URL)
    assert (response.json(), response.origin.value) == (1, "stale")
    assert client.metrics.stale_served == 1


async def test_a_stale_answer_is_not_mixed_up_with_the_one_that_renews_it(make: Any, clock: FakeClock) -> None:
    """Answered at once with the old rows, while the new ones come in behind its back."""
    client, transport = make(answer(b"1"), answer(b"2"), cache={"memory_ttl": 60.0, "stale_while_revalidate": 600.0})
    await client.request(URL)
    await clock.advance(61.0)
    response = await client.request(URL)
    assert (response.origin.value, response.body, response.json()) == ("stale", b"1", 1)
    await clock.advance()
    assert len(transport.sent) == 2
    assert (await client.request(URL)).json() == 2


# --- single flight ---------------------------------------------------------------------------------------------


async def test_many_who_ask_at_once_make_one_attempt(make: Any, clock: FakeClock) -> None:
    """Fifty callers, one attempt; each counts as a request of its own."""

    async def slowly(_sent: Sent) -> RawResponse:
        await clock.sleep(1.0)
        return answer()

    client, transport = make(slowly)
    responses = await clock.run(asyncio.gather(*(client.request(URL) for _ in range(50))))
    assert len(transport.sent) == 1
    assert sorted({one.origin.value for one in responses}) == ["coalesced", "upstream"]
    metrics = client.metrics
    assert (metrics.total_requests, metrics.successful_requests, metrics.attempts) == (50, 50, 1)
    assert (metrics.cache_misses, metrics.coalesced_requests) == (1, 49)


async def test_a_leader_who_leaves_takes_nobody_along(make: Any, clock: FakeClock) -> None:
    """The attempt goes on for those who still wait; cancelled when nobody does."""
    ended: list[str] = []

    async def slowly(_sent: Sent) -> RawResponse:
        try:
            await clock.sleep(1.0)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise
        ended.append("answered")
        return answer()

    client, transport = make(slowly)
    leader, *followers = [clock.start(client.request(URL)) for _ in range(3)]
    await clock.advance(0.5)
    leader.cancel()
    followers[0].cancel()
    await clock.advance(0.6)
    assert (await followers[1]).status == 200
    assert (len(transport.sent), ended) == (1, ["answered"])
    alone = clock.start(client.request("http://h/y"))
    await clock.advance(0.5)
    alone.cancel()
    await clock.advance()
    assert ended == ["answered", "cancelled"]
    assert client.metrics.cancelled_requests == 3


async def test_a_follower_with_time_left_asks_again_when_the_leader_has_none(make: Any, clock: FakeClock) -> None:
    """Somebody else's short deadline is not everybody's."""

    async def slowly(sent: Sent) -> RawResponse:
        await clock.sleep(min(10.0, sent.time_limit))
        if sent.time_limit < 10.0:
            raise DeadlineExceededError("No time left.")
        return answer()

    client, transport = make(slowly)
    hasty = clock.start(client.request(URL, deadline=2.0))
    await clock.advance()
    patient = clock.start(client.request(URL, deadline=100.0))
    await clock.advance(20.0)
    with pytest.raises(DeadlineExceededError):
        await hasty
    assert (await patient).status == 200
    assert len(transport.sent) == 2


async def test_a_follower_keeps_its_own_deadline(make: Any) -> None:
    """Whoever joins a slow request does not wait longer than it said (real time: a tenth of a second)."""

    async def never(_sent: Sent) -> RawResponse:
        return await asyncio.get_running_loop().create_future()

    client, transport = make(never)
    patient = asyncio.create_task(client.request(URL))
    await asyncio.sleep(0)
    with pytest.raises(DeadlineExceededError):
        await client.request(URL, deadline=0.1)
    assert not patient.done()
    assert len(transport.sent) == 1
    patient.cancel()
    await asyncio.gather(patient, return_exceptions=True)


# --- modes -----------------------------------------------------------------------------------------------------


async def test_offline_asks_nobody(make: Any) -> None:
    """Not even for robots.txt."""
    client, transport = make(cache={"mode": "offline"}, http={"respect_robots": True})
    with pytest.raises(NotRecordedError):
        await client.request(URL)
    assert transport.sent == []


async def test_what_was_recorded_is_replayed(make: Any, tmp_path: Any, clock: FakeClock) -> None:
    """A second process, a year later, without a network, gets the same answers."""
    file = {"path": tmp_path / "recording.db", "second_level": "disk"}
    recorder, _ = make(answer(b'{"v": 1}', headers={"X-A": "1"}), cache={**file, "mode": "record"})
    await recorder.request(URL)
    await recorder.close()
    await clock.advance(365 * 86_400.0)
    player, transport = make(BROKEN, cache={**file, "mode": "replay"})
    response = await player.request(URL)
    assert (response.json(), response.headers["X-A"], response.origin.value) == ({"v": 1}, "1", "second_level")
    assert transport.sent == []
