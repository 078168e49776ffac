"""One request, from outside in: each sentence of the architecture's page."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from headgate.errors import (
    AttemptTimeoutError,
    CircuitOpenError,
    ConnectError,
    ConnectionBrokenError,
    DeadlineExceededError,
    RateLimitedError,
    RateLimitTimeoutError,
    RequestRejectedError,
    ResponseTooLargeError,
    ServerError,
    UnusableBodyError,
)
from headgate.http import HttpClient, RawResponse
from headgate.resilience import CircuitState
from headgate.testing.clock import FakeClock
from headgate.testing.transport import Sent, answer

URL = "http://h/x"
HOST = "http://h:80"
BROKEN = ConnectionBrokenError("The connection broke.", url=URL)
LATE = AttemptTimeoutError("No answer.", url=URL)


def forever(_sent: Sent) -> Any:
    """Never answer."""
    return asyncio.get_running_loop().create_future()


async def fails(client: HttpClient, error: type[Exception], url: str = URL, **options: Any) -> Any:
    """Ask, and return the error that comes."""
    with pytest.raises(error) as caught:
        await client.request(url, **options)
    return caught.value


# --- tokens -------------------------------------------------------------------------------------------


async def test_a_hit_takes_no_token_and_an_attempt_takes_one(make: Any, clock: FakeClock) -> None:
    """One token is there: the first request takes it, a hundred hits take none, another URL waits for the next."""
    client, transport = make(rate_limit={"requests_per_second": 0.5, "burst_size": 1})
    for _ in range(100):
        assert (await client.request(URL)).json() == {"ok": True}
    assert len(transport.sent) == 1
    waiting = clock.start(client.request("http://h/y"))
    await clock.advance(1.9)
    assert not waiting.done()
    await clock.advance(0.1)
    assert (await waiting).attempts == 1
    assert client.metrics.rate_limit_wait_seconds == pytest.approx(2.0)


async def test_retries_never_exceed_the_rate(make: Any, clock: FakeClock) -> None:
    """Twenty callers with retries that wait for nothing still start no faster than the rate allows."""
    starts: list[float] = []

    def refuse(_sent: Sent) -> RawResponse:
        starts.append(clock.monotonic())
        return answer(status=500)

    client, _ = make(
        refuse,
        rate_limit={"requests_per_second": 10.0, "burst_size": 1, "adaptive": False},
        retry={"base_delay": 0.0, "max_attempts": 3, "budget_ratio": 1.0},
        circuit={"failure_threshold": 1000, "failure_ratio": None},
    )
    asks = [clock.start(client.request(f"http://h/{n}")) for n in range(20)]
    await clock.run(asyncio.gather(*asks, return_exceptions=True))
    assert len(starts) == 50  # 20 first attempts, and the 10 + 20 retries that the budget allows
    assert all(later - earlier >= 0.1 - 1e-5 for earlier, later in pairwise(starts))


async def test_waiting_for_a_token_spends_the_deadline_and_not_the_attempts_time(make: Any, clock: FakeClock) -> None:
    """An attempt that waited eight seconds still has its whole time."""
    client, transport = make(rate_limit={"requests_per_second": 0.125, "burst_size": 1}, http={"timeout_seconds": 5.0})
    await client.request(URL)
    await clock.run(client.request("http://h/y", deadline=20.0))
    assert transport.sent[1].time_limit == 5.0


async def test_an_attempt_has_no_more_time_than_the_request(make: Any, clock: FakeClock) -> None:
    """What waiting took from the deadline cannot be spent again."""
    client, transport = make(rate_limit={"requests_per_second": 0.125, "burst_size": 1})
    await client.request(URL)
    await clock.run(client.request("http://h/y", deadline=10.0))
    assert transport.sent[1].time_limit == pytest.approx(2.0, abs=0.001)


async def test_a_token_that_would_come_too_late_is_refused_at_once(make: Any, clock: FakeClock) -> None:
    """Nobody waits for what is certain to be late; no attempt is made, and the breaker hears nothing."""
    client, transport = make(rate_limit={"requests_per_second": 0.01, "burst_size": 1})
    await client.request(URL)
    error = await fails(client, RateLimitTimeoutError, "http://h/y", deadline=5.0)
    assert error.retry_after == pytest.approx(100.0)
    assert len(transport.sent) == 1
    assert client.breakers[HOST].failure_count == 0


async def test_no_more_are_under_way_than_allowed(make: Any, clock: FakeClock) -> None:
    """The third of three waits for a slot, and is turned away when its time is up."""
    client, transport = make(forever, rate_limit={"concurrent_limit": 2})
    asks = [clock.start(client.request(f"http://h/{n}")) for n in range(2)]
    third = clock.start(client.request("http://h/third", deadline=3.0))
    await clock.advance(2.9)
    assert len(transport.sent) == 2
    await clock.advance(0.2)
    with pytest.raises(RateLimitTimeoutError):
        await third
    for ask in asks:
        ask.cancel()
    await asyncio.gather(*asks, return_exceptions=True)


# --- the breaker's verdict ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        (BROKEN, ConnectionBrokenError),
        (ConnectError("No connection.", url=URL), ConnectError),
        (LATE, AttemptTimeoutError),
        (answer(status=500), ServerError),
        (answer(status=503), ServerError),
        (answer(b""), UnusableBodyError),
        (answer(b"<html>"), UnusableBodyError),
        (answer(b'{"rows": ['), UnusableBodyError),
    ],
    ids=["reset", "refused", "timeout", "500", "503", "empty", "html", "truncated"],
)
async def test_what_speaks_against_the_host_opens_the_breaker(make: Any, outcome: Any, error: type[Exception]) -> None:
    """Three in a row, and the fourth call is not tried."""
    client, transport = make(
        outcome, circuit={"failure_threshold": 3}, retry={"max_attempts": 1}, rate_limit={"adaptive": False}
    )
    for _ in range(3):
        assert (await fails(client, error)).attempts == 1
    rejection = await fails(client, CircuitOpenError)
    assert 0 < rejection.retry_after <= 60.0
    assert len(transport.sent) == 3
    assert client.metrics.circuit_breaker_trips == 1
    assert client.metrics.circuit_breaker_rejections == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418, 422, 451])
async def test_4xx_is_an_answer(make: Any, status: int) -> None:
    """The host works: it is the request that it does not like, and that is not tried again."""
    client, transport = make(answer(status=status), circuit={"failure_threshold": 1}, cache={"negative_ttl": 0})
    error = await fails(client, RequestRejectedError)
    assert error.status == status
    assert client.breakers[HOST].state is CircuitState.CLOSED
    assert len(transport.sent) == 1


async def test_an_answer_that_is_too_large_is_an_answer(make: Any) -> None:
    """It is not tried again, and the host is not blamed."""
    client, transport = make(ResponseTooLargeError("Too large."), circuit={"failure_threshold": 1})
    await fails(client, ResponseTooLargeError)
    assert client.breakers[HOST].state is CircuitState.CLOSED
    assert len(transport.sent) == 1


async def test_hosts_have_breakers_of_their_own(make: Any) -> None:
    """One that is down takes no other with it, not even on another port."""

    def by_host(sent: Sent) -> RawResponse:
        return answer(status=500) if "down" in sent.url else answer()

    client, _ = make(by_host, circuit={"failure_threshold": 1}, retry={"max_attempts": 1})
    await fails(client, ServerError, "http://down/")
    await fails(client, CircuitOpenError, "http://down/")
    assert (await client.request("http://up/")).status == 200
    states = {name: breaker.state.value for name, breaker in client.breakers.items()}
    assert states == {"http://down:80": "open", "http://up:80": "closed"}
    assert (await client.health()).status.value == "degraded"


async def test_a_cancelled_request_gives_everything_back(make: Any, clock: FakeClock) -> None:
    """Cancelled as the only probe of a half-open breaker: slot and permit are free for the next, without a verdict."""
    client, _ = make(
        answer(status=500),
        forever,
        answer(),
        circuit={"failure_threshold": 1, "recovery_timeout": 10},
        rate_limit={"concurrent_limit": 1},
        retry={"max_attempts": 1},
    )
    await fails(client, ServerError)
    await clock.advance(10.0)
    probe = clock.start(client.request(URL))
    await clock.advance()
    assert client.breakers[HOST].state is CircuitState.HALF_OPEN
    await fails(client, CircuitOpenError, "http://h/other")
    probe.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probe
    assert client.breakers[HOST].state is CircuitState.HALF_OPEN
    assert (await client.request(URL)).status == 200
    assert client.breakers[HOST].state is CircuitState.CLOSED
    assert client.metrics.cancelled_requests == 1


async def test_fifty_callers_of_a_half_open_breaker_make_one_attempt(make: Any, clock: FakeClock) -> None:
    """The others are rejected at once, and told when to come back."""
    client, transport = make(
        answer(status=500),
        forever,
        circuit={"failure_threshold": 1, "recovery_timeout": 10},
        retry={"max_attempts": 1},
    )
    await fails(client, ServerError)
    await clock.advance(10.0)
    asks = [clock.start(client.request(f"http://h/{n}")) for n in range(50)]
    await clock.advance()
    assert len(transport.sent) == 2
    results = [ask.exception() for ask in asks if ask.done()]
    assert len(results) == 49
    assert all(isinstance(result, CircuitOpenError) for result in results)
    pending = next(ask for ask in asks if not ask.done())
    pending.cancel()
    await asyncio.gather(pending, return_exceptions=True)


async def test_an_attempt_cut_short_by_the_deadline_is_judged_only_if_it_had_a_fair_time(
    make: Any, clock: FakeClock
) -> None:
    """A host is not blamed because its caller had waited too long before asking."""

    async def time_out(sent: Sent) -> RawResponse:
        await clock.sleep(sent.time_limit)
        raise LATE

    client, transport = make(
        answer(), time_out, rate_limit={"requests_per_second": 0.125, "burst_size": 1}, circuit={"failure_threshold": 1}
    )
    await client.request(URL)
    late = clock.start(client.request("http://h/y", deadline=9.0))
    await clock.advance(10.0)
    with pytest.raises(DeadlineExceededError, match="9 seconds"):
        await late
    assert transport.sent[1].time_limit == pytest.approx(1.0, abs=0.001)
    assert client.breakers[HOST].state is CircuitState.CLOSED
    fair = clock.start(client.request("http://h/z", deadline=20.0))
    await clock.advance(30.0)
    with pytest.raises(DeadlineExceededError):
        await fair
    assert client.breakers[HOST].state is CircuitState.OPEN


# --- 429 and 503 with Retry-After ---------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 503])
async def test_a_host_that_asks_for_a_pause_is_left_alone_by_everybody(
    make: Any, clock: FakeClock, status: int
) -> None:
    """The pause holds for every task, at least as long as was asked for, and the breaker hears nothing."""
    client, transport = make(
        answer(status=status, headers={"Retry-After": "30"}), answer(), circuit={"failure_threshold": 1}
    )
    started = clock.monotonic()
    first = clock.start(client.request(URL))
    await clock.advance()
    others = [clock.start(client.request(f"http://h/{n}")) for n in range(5)]
    await clock.advance(29.9)
    assert len(transport.sent) == 1
    assert client.breakers[HOST].state is CircuitState.CLOSED
    responses = await clock.run(asyncio.gather(first, *others))
    assert [response.status for response in responses] == [200] * 6
    assert responses[0].attempts == 2
    assert clock.monotonic() - started < 40.0
    assert client.metrics.rate_limit_pauses == 1
    assert client.breakers[HOST].trips == 0


async def test_another_host_is_not_paused(make: Any, clock: FakeClock) -> None:
    """What one host asks for is its own business."""
    client, _ = make(answer(status=429, headers={"Retry-After": "30"}), answer())
    paused = clock.start(client.request(URL))
    await clock.advance()
    assert (await client.request("http://elsewhere/")).status == 200
    assert (await clock.run(paused)).status == 200


async def test_a_pause_beyond_the_deadline_fails_at_once_and_says_when_to_come_back(
    make: Any, clock: FakeClock
) -> None:
    """A server cannot hold a caller for longer than the caller has."""
    client, transport = make(answer(status=429, headers={"Retry-After": "1200"}))
    error = await fails(client, RateLimitedError, deadline=60.0)
    assert (error.status, error.retry_after, error.attempts) == (429, 1200.0, 1)
    assert "1200 seconds" in str(error)
    assert len(transport.sent) == 1
    assert clock.monotonic() == 1000.0


async def test_retry_after_is_a_floor_that_no_cap_shortens(make: Any, clock: FakeClock) -> None:
    """Ninety seconds are ninety seconds, with a cap of ten on the backoff."""
    client, _ = make(
        answer(status=500, headers={"Retry-After": "90"}), answer(), retry={"max_delay": 10.0, "jitter": "full"}
    )
    await clock.run(client.request(URL))
    assert clock.monotonic() - 1000.0 >= 90.0


async def test_429_without_retry_after_is_tried_again_after_the_backoff(make: Any, clock: FakeClock) -> None:
    """The limiter slows down, the breaker hears nothing."""
    client, transport = make(answer(status=429), answer(), circuit={"failure_threshold": 1})
    response = await clock.run(client.request(URL))
    assert response.attempts == len(transport.sent) == 2
    assert client.breakers[HOST].trips == 0


async def test_a_quota_in_the_headers_is_kept(make: Any, clock: FakeClock) -> None:
    """Nothing is left for ten seconds, so nothing is asked for ten seconds."""
    client, _ = make(answer(headers={"RateLimit": '"default";r=0;t=10'}), answer())
    await client.request(URL)
    await clock.run(client.request("http://h/y"))
    assert clock.monotonic() - 1000.0 >= 10.0


# --- retries ----------------------------------------------------------------------------------------------


async def test_a_failure_is_tried_again(make: Any, clock: FakeClock) -> None:
    """With growing delays, and the answer says how many attempts it took."""
    client, transport = make(BROKEN, answer(b""), answer(), retry={"base_delay": 1.0})
    response = await clock.run(client.request(URL))
    assert response.attempts == len(transport.sent) == 3
    assert clock.monotonic() - 1000.0 == pytest.approx(3.0)
    metrics = client.metrics
    assert (metrics.total_requests, metrics.successful_requests, metrics.failed_requests) == (1, 1, 0)
    assert (metrics.attempts, metrics.failed_attempts, metrics.retries) == (3, 2, 2)


async def test_the_last_failure_is_told_with_its_attempts(make: Any, clock: FakeClock) -> None:
    """Status, number of attempts, and the address without its secrets."""
    client, _ = make(answer(status=502))
    asked = clock.start(client.request("http://user:pw@h/x?token=s3cret"))
    with pytest.raises(ServerError) as caught:
        await clock.run(asked)
    error = caught.value
    assert (error.status, error.attempts, error.url) == (502, 3, "http://h/x?token=***")
    assert "3 attempts" in str(error)
    assert "s3cret" not in str(error)
    assert client.metrics.failed_requests == 1


@pytest.mark.parametrize(
    ("method", "attempts"), [("GET", 3), ("HEAD", 3), ("PUT", 3), ("DELETE", 3), ("POST", 1), ("PATCH", 1)]
)
async def test_only_idempotent_methods_are_tried_again(make: Any, clock: FakeClock, method: str, attempts: int) -> None:
    """A POST that broke may have been done."""
    client, transport = make(BROKEN)
    with pytest.raises(ConnectionBrokenError):
        await clock.run(client.request(URL, method))
    assert len(transport.sent) == attempts


async def test_a_post_is_tried_again_if_that_was_asked_for(make: Any, clock: FakeClock) -> None:
    """Whoever knows that it is safe can say so."""
    client, transport = make(BROKEN, retry={"retry_non_idempotent": True})
    with pytest.raises(ConnectionBrokenError):
        await clock.run(client.request(URL, "POST", json={}))
    assert len(transport.sent) == 3


@pytest.mark.parametrize(("status", "attempts"), [(501, 1), (505, 1), (500, 3), (504, 3), (408, 3), (425, 3)])
async def test_what_cannot_change_is_not_tried_again(make: Any, clock: FakeClock, status: int, attempts: int) -> None:
    """A host that does not know a method will not learn it in a second."""
    client, transport = make(answer(status=status))
    with pytest.raises(ServerError):
        await clock.run(client.request(URL))
    assert len(transport.sent) == attempts


async def test_the_budget_bounds_what_retries_add(make: Any, clock: FakeClock) -> None:
    """A hundred requests to a failing host make 20 % more, and the reserve."""
    client, transport = make(
        BROKEN,
        retry={"max_attempts": 5, "base_delay": 0.0, "budget_ratio": 0.2, "budget_reserve": 10},
        circuit={"failure_threshold": 100_000, "failure_ratio": None},
    )
    for n in range(100):
        await fails(client, ConnectionBrokenError, f"http://h/{n}")
    assert 125 <= len(transport.sent) <= 130
    error = await fails(client, ConnectionBrokenError, "http://h/more")
    assert "budget" in error.hint


async def test_a_retry_that_cannot_start_in_time_is_not_waited_for(make: Any, clock: FakeClock) -> None:
    """The error comes now, not at the deadline."""
    client, _ = make(BROKEN, retry={"base_delay": 50.0})
    error = await fails(client, ConnectionBrokenError, deadline=20.0)
    assert clock.monotonic() == 1000.0
    assert "50 seconds" in error.hint


async def test_a_breaker_that_opens_ends_the_retries(make: Any, clock: FakeClock) -> None:
    """The caller gets the host's own failure, and when to come back."""
    client, transport = make(answer(status=500), circuit={"failure_threshold": 2}, retry={"max_attempts": 9})
    with pytest.raises(ServerError) as caught:
        await clock.run(client.request(URL))
    assert len(transport.sent) == 2
    assert caught.value.retry_after == pytest.approx(60.0)
    assert "breaker" in (caught.value.hint or "")


async def test_a_pause_asked_for_by_another_ends_a_retry_that_has_no_time_for_it(make: Any, clock: FakeClock) -> None:
    """The failure is told, and the rejection that followed says how long."""
    client, _ = make(BROKEN, answer(status=429, headers={"Retry-After": "100"}), answer(), retry={"base_delay": 2.0})
    short = clock.start(client.request(URL, deadline=30.0))
    await clock.advance()
    long = clock.start(client.request("http://h/y"))
    await clock.advance(2.0)
    with pytest.raises(ConnectionBrokenError) as caught:
        await short
    assert 90.0 < (caught.value.retry_after or 0) < 110.0
    assert (await clock.run(long)).status == 200


# --- hedging -----------------------------------------------------------------------------------------------


async def test_a_late_answer_is_raced_by_a_second_attempt(make: Any, clock: FakeClock) -> None:
    """The second takes a token and counts; the loser is cancelled before the answer is returned."""
    cancelled: list[str] = []

    async def slow(sent: Sent) -> RawResponse:
        try:
            return await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            cancelled.append(sent.url)
            raise

    client, transport = make(slow, answer(), http={"hedge_after": 0.5})
    asked = clock.start(client.request(URL))
    await clock.advance(0.49)
    assert len(transport.sent) == 1
    await clock.advance(0.02)
    response = await asked
    assert response.attempts == len(transport.sent) == 2
    assert cancelled == [URL]
    assert (client.metrics.hedges, client.metrics.attempts, client.metrics.retries) == (1, 2, 0)
    assert client.breakers[HOST].failure_count == 0
    assert (await client.health()).details["hosts"][HOST]["in_flight"] == 0


async def test_an_answer_in_time_is_not_raced(make: Any, clock: FakeClock) -> None:
    """Nor is a request that only waits for its token."""
    client, transport = make(http={"hedge_after": 0.5}, rate_limit={"requests_per_second": 0.1, "burst_size": 1})
    await clock.run(client.request(URL))
    await clock.run(client.request("http://h/y"))
    assert len(transport.sent) == 2
    assert client.metrics.hedges == 0


async def test_a_hedge_outlives_the_failure_of_the_first(make: Any, clock: FakeClock) -> None:
    """If the first breaks while the second is under way, the second still counts."""

    async def breaks_late(_sent: Sent) -> RawResponse:
        await clock.sleep(1.0)
        raise BROKEN

    async def answers_later(_sent: Sent) -> RawResponse:
        await clock.sleep(2.0)
        return answer()

    client, transport = make(breaks_late, answers_later, http={"hedge_after": 0.5})
    response = await clock.run(client.request(URL))
    assert response.status == 200
    assert len(transport.sent) == 2


async def test_a_post_is_never_hedged(make: Any, clock: FakeClock) -> None:
    """Done twice is not done faster."""

    async def slow(_sent: Sent) -> RawResponse:
        await clock.sleep(5.0)
        return answer()

    client, transport = make(slow, http={"hedge_after": 0.5})
    await clock.run(client.request(URL, "POST", json={}))
    assert len(transport.sent) == 1


async def test_cancelling_a_hedged_request_cancels_both_attempts(make: Any, clock: FakeClock) -> None:
    """No attempt goes on for a caller who has left."""
    client, transport = make(forever, http={"hedge_after": 0.5})
    asked = clock.start(client.request(URL))
    await clock.advance(1.0)
    assert len(transport.sent) == 2
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    await clock.advance()
    assert (await client.health()).details["hosts"][HOST]["in_flight"] == 0
    assert len(asyncio.all_tasks()) == 1
