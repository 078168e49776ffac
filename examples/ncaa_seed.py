"""The NCAA directory without the pipeline: all policies on, the rows in memory."""

import asyncio
import sys

from headgate import (
    CacheConfig,
    CircuitBreakerConfig,
    DatabaseManager,
    RateLimitConfig,
    RetryConfig,
    RobustNCAExtractor,
)


async def main(base_url: str, database_url: str) -> None:
    db_manager = DatabaseManager(database_url)
    async with RobustNCAExtractor(
        db_manager=db_manager,
        base_url=base_url,
        circuit_config=CircuitBreakerConfig(failure_threshold=3),
        cache_config=CacheConfig(memory_ttl=600, redis_ttl=7200),
        rate_limit_config=RateLimitConfig(requests_per_second=5.0),
        retry_config=RetryConfig(max_attempts=3),
    ) as extractor:
        data = await extractor.extract_all_data_concurrent()
        metrics = extractor.get_metrics_summary()
        health = await extractor.health_check()
    await db_manager.close()
    print(len(data["d1_schools"]), "schools in division I")
    print(metrics["total_requests"], "requests,", metrics["cache_hits"], "from the cache;", health["status"])


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
