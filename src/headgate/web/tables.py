"""Small tables that a page shows beside others, each offered as CSV and JSON under an address of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.responses import StreamingResponse

from headgate.web.downloads import csv_file, json_file
from headgate.web.files import CSV, JSON

Table = Sequence[Mapping[str, Any]]


def offer(
    router: APIRouter, path: str, columns: Sequence[str], read: Callable[..., Awaitable[Table]], *, what: str
) -> None:
    """Offer a table as files.

    Args:
        router: Where.
        path: The address, without its ending; its last part is the name of the file.
        columns: The columns, in order.
        read: Returns the rows; may want what any page may want.
        what: What the table is, for the description of the interface.
    """
    name = path.rpartition("/")[2]

    async def as_csv(rows: Annotated[Table, Depends(read)]) -> StreamingResponse:
        return await csv_file(name, columns, _each(rows))

    async def as_json(rows: Annotated[Table, Depends(read)]) -> StreamingResponse:
        return await json_file(name, _each(rows))

    for ending, file, kind in (("csv", as_csv, CSV), ("json", as_json, JSON)):
        router.add_api_route(
            f"{path}.{ending}",
            file,
            response_class=StreamingResponse,
            responses=kind,
            summary=f"{what} as {ending.upper()}",
            description=f"{what} as {ending.upper()}.",
        )


async def _each(rows: Table) -> AsyncIterator[Mapping[str, Any]]:
    for row in rows:
        yield row
