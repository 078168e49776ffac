"""The same questions asked by many machines, which all keep to one rate: the workers of a Dask cluster."""

import asyncio
import sys
from contextlib import asynccontextmanager
from functools import partial

from distributed import Client
from redis.asyncio import from_url

from headgate import CacheConfig, RateLimitConfig, RobustExtractor
from headgate.scale import DaskExtraction


@asynccontextmanager
async def open_extractor(redis_url):
    """Open what each worker keeps: an extractor whose tokens are counted in Redis, for all workers together."""
    async with (
        from_url(redis_url) as redis,
        RobustExtractor(
            rate_limit_config=RateLimitConfig(requests_per_second=50, shared=True),
            cache_config=CacheConfig(memory_ttl=600),
            redis_client=redis,
        ) as extractor,
    ):
        yield extractor


async def fetch(extractor, url):
    """Return one answer; this runs on a worker."""
    return await extractor.robust_http_request(url)


async def main(scheduler: str, redis_url: str, urls: list[str]) -> None:
    async with (
        Client(scheduler, asynchronous=True) as client,
        DaskExtraction(client, partial(open_extractor, redis_url)) as extraction,
    ):
        async for url, outcome in numbered(urls, extraction.extract(fetch, urls)):
            print(url, outcome.value if outcome.ok else f"failed: {outcome.error}")


async def numbered(urls, outcomes):
    """Pair each outcome with its URL: outcomes come in the order of the items."""
    left = iter(urls)
    async for outcome in outcomes:
        yield next(left), outcome


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
