"""The description of the interface, held to what the server does with anything at all."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from fixtures.dashboard import TOKEN, fill
from fixtures.databases import empty_database
from fixtures.stores import SCHOOLS, school, schools
from headgate.config.settings import PipelineConfig
from headgate.web.app import create_app
from headgate.web.serving import serve

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
QUIET = settings(
    max_examples=15, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a dashboard of either kind of database over a real socket in a thread, and give its URL."""
    if request.param == "sqlite":
        database = f"sqlite:///{tmp_path_factory.mktemp('openapi') / 'store.db'}"
    else:
        database = empty_database(request.getfixturevalue("postgres_server"))
    asyncio.run(fill(database, SCHOOLS, schools(*range(1, 20)), [school(1, "Renamed"), *schools(2, 3)]))
    config = PipelineConfig(database_url=database, web={"port": 0, "token": TOKEN})
    listening, stop, urls = threading.Event(), threading.Event(), list[str]()

    def announce(url: str, _token: str | None) -> None:
        urls.append(url)
        listening.set()

    async def until_stopped() -> None:
        serving = asyncio.create_task(serve(config, announce))
        await asyncio.to_thread(stop.wait)
        serving.cancel()
        await serving

    thread = threading.Thread(target=asyncio.run, args=(until_stopped(),))
    thread.start()
    try:
        assert listening.wait(30)
        yield urls[0]
    finally:
        stop.set()
        thread.join()


def operations() -> dict[str, APIOperation]:
    """Return the operations of the description; a stream does not end, and is tested on its own."""
    described = create_app(PipelineConfig(), TOKEN).openapi()
    found = (result.ok() for result in schemathesis.openapi.from_dict(described).get_all_operations())
    return {operation.label: operation for operation in found if operation.path != "/live"}


OPERATIONS = operations()


@pytest.mark.parametrize("label", OPERATIONS)
def test_nothing_at_all_breaks_the_server(label: str, served: str) -> None:
    """Whatever is sent to any route, the answer is one that the description names, and never a failure."""

    @QUIET
    @given(case=OPERATIONS[label].as_strategy())
    def hold(case: schemathesis.Case) -> None:
        case.call_and_validate(base_url=served, headers=HEADERS, checks=CHECKS)

    hold()


def test_description_names_every_route() -> None:
    """Each route has a summary, a description, and the answers that it gives instead."""
    app = create_app(PipelineConfig(), TOKEN)
    paths = app.openapi()["paths"]
    assert len(paths) > 35
    for path, methods in paths.items():
        for operation in methods.values():
            assert operation["summary"], path
            assert operation["description"], path
            assert {"401", "404", "422", "503"} <= set(operation["responses"]), path
