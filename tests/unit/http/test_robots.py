"""``robots.txt`` is asked for once, and obeyed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from headgate.errors import ConnectError, RateLimitedError, RobotsDisallowedError, ServerError
from headgate.http import RawResponse
from headgate.http.robots import Rules
from headgate.testing.clock import FakeClock
from headgate.testing.transport import Sent, answer

RULES = b"User-agent: *\nDisallow: /private/\n\nUser-agent: headgate\nDisallow: /not-for-headgate\n"
OBEY = {"respect_robots": True, "user_agent": "headgate/1.0 (+https://example.org)"}


def host(*robots: RawResponse | Exception) -> Any:
    """Answer robots.txt with one thing after the other, and everything else with JSON."""
    left = list(robots)

    def serve(sent: Sent) -> RawResponse:
        if not sent.url.endswith("/robots.txt"):
            return answer()
        outcome = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return serve


def text(body: bytes) -> RawResponse:
    """Return a text."""
    return answer(body, content_type="text/plain")


def times(transport: Any) -> int:
    """Return how often robots.txt was asked for."""
    return sum(sent.url.endswith("/robots.txt") for sent in transport.sent)


@pytest.mark.parametrize(
    ("path", "agent", "allowed"),
    [
        ("/private/x", "other/1", False),
        ("/public", "other/1", True),
        ("/private/x", "headgate/1.0 (+https://example.org)", True),
        ("/not-for-headgate/x", "headgate/1.0 (+https://example.org)", False),
    ],
)
def test_rules_are_those_for_the_product_in_the_user_agent(path: str, agent: str, allowed: bool) -> None:
    """A group of one's own takes the place of the one for everybody."""
    assert Rules(RULES.decode(), agent, fresh_until=0.0).allows(f"http://h{path}") is allowed


@pytest.mark.parametrize("content", [None, "", "  \n", "<html>not robots at all</html>"])
def test_no_rules_allow_everything(content: str | None) -> None:
    """No file, an empty one, or one that is something else."""
    assert Rules(content, "headgate", fresh_until=0.0).allows("http://h/x")


async def test_it_is_asked_for_once_however_many_come(make: Any) -> None:
    """And not as a request of the caller's: it counts as an attempt only."""
    client, transport = make(host(text(RULES)), http=OBEY)
    await asyncio.gather(*(client.request(f"http://h/{n}") for n in range(50)))
    assert times(transport) == 1
    assert (client.metrics.total_requests, client.metrics.attempts, client.metrics.cache_misses) == (50, 51, 50)


async def test_what_is_forbidden_is_not_asked(make: Any) -> None:
    """The error says whose rule it is."""
    client, transport = make(host(text(RULES)), http=OBEY)
    with pytest.raises(RobotsDisallowedError, match=r"robots\.txt of http://h:80"):
        await client.request("http://h/not-for-headgate?token=s3cret")
    assert len(transport.sent) == 1


async def test_it_can_be_set_aside(make: Any) -> None:
    """By those who have a right to."""
    client, transport = make(host(text(RULES)))
    await client.request("http://h/not-for-headgate")
    assert times(transport) == 0


async def test_it_is_asked_for_again_after_a_day(make: Any, clock: FakeClock) -> None:
    """Not before, and then the new rules hold."""
    client, transport = make(host(text(RULES), text(b"User-agent: *\nDisallow: /")), http=OBEY)
    await client.request("http://h/1")
    await clock.advance(86_399.0)
    await client.request("http://h/2")
    assert times(transport) == 1
    await clock.advance(2.0)
    with pytest.raises(RobotsDisallowedError):
        await client.request("http://h/3")
    assert times(transport) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
async def test_a_host_without_the_file_allows_everything(make: Any, status: int) -> None:
    """RFC 9309: any 4xx means that there is none."""
    client, _ = make(host(answer(status=status)), http=OBEY)
    assert (await client.request("http://h/x")).status == 200


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        (answer(status=500), ServerError),
        (answer(status=429), RateLimitedError),
        (ConnectError("No connection.", url="http://h/robots.txt"), ConnectError),
    ],
    ids=["500", "429", "unreachable"],
)
async def test_a_host_that_cannot_be_asked_allows_nothing_for_now(make: Any, outcome: Any, error: Any) -> None:
    """RFC 9309 again; the error says so, and the next request asks again."""
    client, transport = make(
        host(outcome, text(RULES)), http=OBEY, retry={"max_attempts": 1}, rate_limit={"adaptive": False}
    )
    with pytest.raises(error, match="nothing may be asked"):
        await client.request("http://h/x")
    assert len(transport.sent) == 1
    assert (await client.request("http://h/x")).status == 200


async def test_an_older_copy_counts_while_the_host_cannot_be_asked(make: Any, clock: FakeClock) -> None:
    """Yesterday's rules are better than none."""
    client, _ = make(host(text(RULES), answer(status=500)), http=OBEY, retry={"max_attempts": 1})
    await client.request("http://h/1")
    await clock.advance(90_000.0)
    assert (await client.request("http://h/2")).status == 200
    with pytest.raises(RobotsDisallowedError):
        await client.request("http://h/not-for-headgate")


@pytest.mark.parametrize("rule", [b"Crawl-delay: 5", b"Request-rate: 1/5s"])
async def test_a_crawl_delay_is_kept(make: Any, clock: FakeClock, rule: bytes) -> None:
    """Three requests, five seconds apart."""
    client, _ = make(host(text(b"User-agent: *\n" + rule)), http=OBEY)
    await clock.run(asyncio.gather(*(client.request(f"http://h/{n}") for n in range(3))))
    assert clock.monotonic() - 1000.0 == pytest.approx(15.0, abs=0.01)


async def test_a_short_crawl_delay_does_not_make_anything_faster(make: Any, clock: FakeClock) -> None:
    """The slower of the two rates holds."""
    client, _ = make(
        host(text(b"User-agent: *\nCrawl-delay: 0.001")),
        http=OBEY,
        rate_limit={"requests_per_second": 1.0, "burst_size": 1},
    )
    await clock.run(asyncio.gather(*(client.request(f"http://h/{n}") for n in range(2))))
    assert clock.monotonic() - 1000.0 == pytest.approx(2.0, abs=0.01)


async def test_a_caller_who_leaves_takes_nobody_along(make: Any, clock: FakeClock) -> None:
    """The rules still come for the others."""

    async def slowly(sent: Sent) -> RawResponse:
        if sent.url.endswith("/robots.txt"):
            await clock.sleep(1.0)
            return text(RULES)
        return answer()

    client, transport = make(slowly, http=OBEY)
    first, second = [clock.start(client.request(f"http://h/{n}")) for n in range(2)]
    await clock.advance(0.5)
    first.cancel()
    await clock.advance(0.6)
    assert (await second).status == 200
    assert times(transport) == 1
