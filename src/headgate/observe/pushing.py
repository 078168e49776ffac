"""Metrics of commands that end before anybody could ask them: sent to a Pushgateway, or left in a file."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import aiohttp

from headgate.config.operation import MetricsConfig
from headgate.http.url import redact, split_credentials
from headgate.observe.page import MetricsPage

_SUCCESS = range(200, 300)


async def publish(page: MetricsPage, config: MetricsConfig, *, source: str, asked: bool = True) -> AsyncIterator[str]:
    """Send the page wherever the settings say, and yield a sentence for each place that did not take it.

    The file has everything; it is replaced in one step, so that nobody reads half of it. The Pushgateway is sent what
    concerns the source, in a group of its own (the labels ``job`` and ``batch``): commands of other sources leave it
    alone. Where the upstream was not asked, the requests counted there by the last command that did stay.
    """
    if config.textfile is not None:
        try:
            await asyncio.to_thread(write_textfile, page, config.textfile)
        except OSError as error:
            yield f"The metrics were not written to {config.textfile}: {error.strerror or error}."
    if config.pushgateway is not None:
        problem = await _push(page.of_source(source, counted=asked), config, config.pushgateway, source, whole=asked)
        if problem is not None:
            yield f"The metrics were not pushed to {redact(config.pushgateway)}: {problem}."


def write_textfile(page: MetricsPage, file: Path) -> None:
    """Replace a file with the page.

    Raises:
        OSError: It cannot be written. What stood there before still does.
    """
    new = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        new.write_bytes(page.render().body)
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)


async def _push(page: MetricsPage, config: MetricsConfig, gateway: str, source: str, *, whole: bool) -> str | None:
    """Replace the group of a source, or only the metrics of the page in it; return what went wrong."""
    base, authorization = split_credentials(gateway)
    url = f"{base.rstrip('/')}/metrics/{_segment('job', config.job)}/{_segment('batch', source)}"
    exposition = page.render()
    headers = {"Content-Type": exposition.content_type}
    if authorization is not None:
        headers["Authorization"] = authorization
    timeout = aiohttp.ClientTimeout(total=config.push_timeout)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.request(
                "PUT" if whole else "POST", url, data=exposition.body, headers=headers, allow_redirects=False
            ) as response,
        ):
            return None if response.status in _SUCCESS else f"it answered {response.status}"
    except TimeoutError:
        return f"no answer within {config.push_timeout:g} seconds"
    except (aiohttp.ClientError, ValueError, OSError) as error:
        return redact(f"{type(error).__name__}: {error}")


def _segment(name: str, value: str) -> str:
    """Return a label of the group as it stands in the path; what the path cannot hold goes as base64."""
    if "/" in value or not value:
        return f"{name}@base64/{base64.urlsafe_b64encode(value.encode()).decode() or '='}"
    return f"{name}/{quote(value, safe='')}"
