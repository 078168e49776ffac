"""Pages from templates: everything is escaped, and every page knows who looks at it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from headgate.web import wording
from headgate.web.charts import funnel_bar, line_chart, run_bars, severity_stacks, spark_bars, stage_bars
from headgate.web.inputs import as_key
from headgate.web.security.access import Visitor

_HERE = Path(__file__).parent
STATIC = _HERE / "static"
THEME_COOKIE = "headgate_theme"
THEMES = ("light", "dark")

SECTIONS = (
    ("/", "Overview"),
    ("/runs", "Runs"),
    ("/entities", "Entities"),
    ("/trends", "Trends"),
    ("/quality", "Quality"),
    ("/quarantine", "Quarantine"),
    ("/health", "Health"),
    ("/settings", "Settings"),
)
"""The pages that the head of every page leads to."""


@cache
def _fingerprint(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def static(name: str) -> str:
    """Return the URL of a file of ours, that changes with its content so that a browser may keep it."""
    return f"/static/{name}?v={_fingerprint(name)}"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "as_key": as_key,
        "counts_of": asdict,
        "data": wording.data,
        "shown": wording.shown,
        "key": wording.key,
        "number": wording.number,
        "duration": wording.duration,
        "ago": lambda moment: wording.ago(moment, datetime.now(UTC)),
        "time": wording.time,
        "size": wording.size,
        "rows": wording.rows,
    }
    environment.globals |= {
        "static": static,
        "share": wording.share,
        "sections": SECTIONS,
        "version": version("headgate"),
        "funnel_bar": funnel_bar,
        "line_chart": line_chart,
        "run_bars": run_bars,
        "severity_stacks": severity_stacks,
        "spark_bars": spark_bars,
        "stage_bars": stage_bars,
    }
    return environment


_ENVIRONMENT = _environment()


def prepare_templates() -> None:
    """Compile all templates, so that no visitor waits for the first look at a page."""
    for name in _ENVIRONMENT.list_templates():
        _ENVIRONMENT.get_template(name)


def render(
    request: Request,
    template: str,
    context: Mapping[str, Any],
    *,
    who: Visitor,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Return a page.

    Args:
        request: The request.
        template: The name of the template.
        context: What it shows.
        who: Who looks at it.
        status: The HTTP status.
        headers: Further headers.
    """
    state, theme = request.app.state, request.cookies.get(THEME_COOKIE)
    page = _ENVIRONMENT.get_template(template).render(
        {
            "request": request,
            "path": request.url.path,
            "here": str(request.url.replace(scheme="", netloc="")),
            "who": who,
            "csrf": who.session.csrf if who.session else "",
            "may_act": who.trusted and not state.access.read_only,
            "read_only": state.access.read_only,
            "database": state.database_label,
            "theme": theme if theme in THEMES else None,
            **context,
        }
    )
    return HTMLResponse(page, status_code=status, headers=dict(headers or {}))
