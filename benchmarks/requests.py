"""What the policies of a request cost: whole requests per second, against raw aiohttp.

Serves 1 KB of JSON (nginx if it is installed, else aiohttp in a process of its own), asks at concurrency 50 with every
policy on and each URL new to the cache, and takes turns between the contestants, so that a busy machine slows all of
them alike. Each decodes the JSON. Medians over the rounds; also the cost of a hit in memory as a whole request.

    python benchmarks/requests.py [--rounds 7] [--requests 2000] [--relaxed-gc] [--uvloop]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from itertools import count
from pathlib import Path

import aiohttp
import orjson

from headgate.config.policies import CacheConfig, HttpConfig, RateLimitConfig
from headgate.http import HttpClient

CONCURRENCY = 50
BODY = json.dumps({"rows": [{"id": n, "name": f"School {n}", "state": "XX"} for n in range(20)]}).encode()
NGINX = """
worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off; keepalive_requests 10000000; types {{ application/json json; }}
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""
SERVER = """
import sys
from aiohttp import web
async def serve(request): return web.Response(body=open(sys.argv[2], "rb").read(), content_type="application/json")
app = web.Application()
app.router.add_get("/data.json", serve)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
"""

Ask = Callable[[], Awaitable[object]]


@contextlib.contextmanager
def server(folder: Path) -> Iterator[str]:
    """Serve the body, and yield its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = folder / "data.json"
    data.write_bytes(BODY)
    folder.chmod(0o755)
    if nginx := shutil.which("nginx") or shutil.which("/usr/sbin/nginx"):
        config = folder / "nginx.conf"
        config.write_text(NGINX.format(folder=folder, port=port))
        command = [nginx, "-e", str(folder / "error.log"), "-c", str(config)]
    else:
        command = [sys.executable, "-c", SERVER, str(port), str(data)]
    print(f"server: {'nginx' if nginx else 'aiohttp'}, {len(BODY)} bytes of JSON, concurrency {CONCURRENCY}")
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/data.json"
    finally:
        process.terminate()
        process.wait()


async def requests_per_second(ask: Ask, number: int) -> float:
    """Ask so many times, at the concurrency of the benchmark."""
    left = iter(range(number))

    async def worker() -> None:
        for _ in left:
            await ask()

    started = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(CONCURRENCY)))
    return number / (time.perf_counter() - started)


def client(transport: str, **cache: object) -> HttpClient:
    """Return a client with all policies on and a limiter that never makes anyone wait."""
    return HttpClient(
        http=HttpConfig(transport=transport),
        cache=CacheConfig(**cache),
        rate_limit=RateLimitConfig(requests_per_second=float("inf"), concurrent_limit=10 * CONCURRENCY),
    )


async def hit_microseconds(one: HttpClient, url: str, number: int = 20_000) -> float:
    """Return what a whole request costs that memory answers."""
    await one.request(url)
    started = time.perf_counter()
    for _ in range(number):
        await one.request(url)
    return (time.perf_counter() - started) / number * 1e6


async def run(url: str, folder: Path, rounds: int, number: int) -> None:
    fresh = count()
    raw = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))
    clients = {
        "aiohttp, all policies": client("aiohttp", path=folder / "one.db"),
        "aiohttp, cache in memory only": client("aiohttp", second_level="none"),
        "aiohttp, no cache": client("aiohttp", enabled=False),
    }
    with contextlib.suppress(ImportError):
        import wreq  # noqa: F401, PLC0415 - only to learn whether the extra 'fast' is installed

        clients["fast, all policies"] = client("fast", path=folder / "two.db")
        clients["fast, cache in memory only"] = client("fast", second_level="none")
        clients["fast, no cache"] = client("fast", enabled=False)

    async def ask_raw() -> object:
        async with raw.get(f"{url}?n={next(fresh)}") as response:
            return orjson.loads(await response.read())

    def asking(one: HttpClient) -> Ask:
        async def ask() -> object:
            return (await one.request(f"{url}?n={next(fresh)}")).json()

        return ask

    contestants: dict[str, Ask] = {"raw aiohttp": ask_raw, **{name: asking(one) for name, one in clients.items()}}
    speeds: dict[str, list[float]] = {name: [] for name in contestants}
    for ask in contestants.values():
        await requests_per_second(ask, CONCURRENCY)
    for _ in range(rounds):
        for name, ask in contestants.items():
            speeds[name].append(await requests_per_second(ask, number))
    base = statistics.median(speeds["raw aiohttp"])
    for name, measured in speeds.items():
        median = statistics.median(measured)
        # the ratio of the same round: what slowed the machine down slowed down both
        ratio = statistics.median(mine / theirs for mine, theirs in zip(measured, speeds["raw aiohttp"], strict=True))
        print(f"{name:32s} {median:8.0f}/s   {ratio:5.2f} x raw   {1e6 / median - 1e6 / base:+6.0f} us")
    hit = statistics.median([await hit_microseconds(clients["aiohttp, all policies"], url) for _ in range(5)])
    print(f"a hit in memory, whole request   {hit:8.1f} us")
    for one in clients.values():
        await one.close()
    await raw.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--relaxed-gc", action="store_true", help="collect garbage less often, for all contestants")
    parser.add_argument("--uvloop", action="store_true", help="run everything on uvloop")
    options = parser.parse_args()
    if options.relaxed_gc:
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
    loop_factory = None
    if options.uvloop:
        import uvloop  # noqa: PLC0415 - an extra

        loop_factory = uvloop.new_event_loop
    with (
        tempfile.TemporaryDirectory() as name,
        server(Path(name)) as url,
        asyncio.Runner(loop_factory=loop_factory) as runner,
    ):
        runner.run(run(url, Path(name), options.rounds, options.requests))


if __name__ == "__main__":
    main()
