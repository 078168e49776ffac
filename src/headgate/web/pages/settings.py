"""Every setting, its value, and where that came from. Secrets are masked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, StreamingResponse

from headgate.config.origin import OriginKind
from headgate.config.provenance import Setting, settings_in_force
from headgate.web.dashboard import Board, Dashboard
from headgate.web.downloads import csv_file, json_file
from headgate.web.files import CSV, JSON

router = APIRouter(tags=["Health"])

_COLUMNS = ("setting", "value", "origin", "place", "variable", "meaning")


@router.get("/settings", response_class=HTMLResponse, summary="Every setting")
async def settings(board: Board) -> HTMLResponse:
    """Every setting of this server with its value, where that came from, and what it means."""
    sections: dict[str, list[Setting]] = {}
    for setting in settings_in_force(board.settings):
        section = setting.path[0] if len(setting.path) > 1 else "general"
        sections.setdefault(section, []).append(setting)
    return board.page("settings.html", {"title": "Settings", "settings": sections, "default": OriginKind.DEFAULT})


@router.get("/settings.csv", response_class=StreamingResponse, responses=CSV, summary="Settings as CSV")
async def settings_csv(board: Board) -> StreamingResponse:
    """Every setting as CSV."""
    return await csv_file("settings", _COLUMNS, _settings(board))


@router.get("/settings.json", response_class=StreamingResponse, responses=JSON, summary="Settings as JSON")
async def settings_json(board: Board) -> StreamingResponse:
    """Every setting as JSON."""
    return await json_file("settings", _settings(board), under="settings")


async def _settings(board: Dashboard) -> AsyncIterator[Mapping[str, Any]]:
    for setting in settings_in_force(board.settings):
        yield {
            "setting": setting.name,
            "value": setting.value,
            "origin": setting.origin.kind.value,
            "place": setting.origin.place or None,
            "variable": setting.variable,
            "meaning": setting.description,
        }
