"""What the description of the interface says about answers that are no models."""

from __future__ import annotations

from typing import Any

from headgate.web.problems import Problem

Responses = dict[int | str, dict[str, Any]]

CSV: Responses = {200: {"description": "The table.", "content": {"text/csv": {"schema": {"type": "string"}}}}}
JSON: Responses = {200: {"description": "The table.", "content": {"application/json": {"schema": {"type": "object"}}}}}
STREAM: Responses = {
    200: {"description": "Events, as they happen.", "content": {"text/event-stream": {"schema": {"type": "string"}}}}
}
DONE: Responses = {303: {"description": "Done; the page that shows it."}}
PROBLEMS: Responses = {
    status: {"model": Problem, "description": words}
    for status, words in {
        400: "The request cannot be used.",
        401: "The token is needed.",
        403: "It may not be done.",
        404: "There is no such thing.",
        409: "It cannot be done in the present state of things.",
        422: "A value cannot be used.",
        429: "Too many wrong tokens.",
        503: "The database, or another run, does not let it happen now.",
    }.items()
}
"""What any answer can be instead; a browser gets it as a page."""
