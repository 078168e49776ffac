"""What the description of the interface says about answers that are no models."""

from __future__ import annotations

from typing import Any

from headgate.web.problems import Problem

Responses = dict[int | str, dict[str, Any]]


def _answer(words: str, *kinds: str, schema: str = "string", status: int = 200) -> Responses:
    return {status: {"description": words, "content": {kind: {"schema": {"type": schema}} for kind in kinds}}}


CSV = _answer("The table.", "text/csv")
JSON = _answer("The table.", "application/json", schema="object")
STREAM = _answer("Events, as they happen.", "text/event-stream")
DONE: Responses = {303: {"description": "Done; the page that shows it."}}
PAGE = _answer("The page.", "text/html")
ALIVE = _answer("It is alive.", "application/json", schema="object")
READY = {
    **_answer("It is ready.", "application/json", schema="object"),
    **_answer("It is not ready.", "application/json", schema="object", status=503),
}
METRICS = _answer("The metrics.", "text/plain", "application/openmetrics-text")

_PROBLEMS = {
    400: "The request cannot be used.",
    401: "The token is needed.",
    403: "It may not be done.",
    404: "There is no such thing.",
    409: "It cannot be done in the present state of things.",
    413: "That is too much at once.",
    422: "A value cannot be used.",
    429: "Too many wrong tokens.",
    503: "The database, or another run, does not let it happen now.",
}

_PROBLEM = Problem.model_json_schema()

PROBLEMS: Responses = {
    status: {
        "description": words,
        "content": {"application/json": {"schema": _PROBLEM}, "text/html": {"schema": {"type": "string"}}},
    }
    for status, words in _PROBLEMS.items()
}
"""What any answer can be instead: JSON to a program, a page to a browser."""
