"""The first page: is everything well?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from headgate import pipeline
from headgate.pipeline import RunReport, Standing, Standings
from headgate.web.charts.runs import RunBar
from headgate.web.dashboard import Board
from headgate.web.wording import rows

router = APIRouter(tags=["Overview"])


@router.get("/", response_class=HTMLResponse, summary="How every source is")
async def overview(board: Board) -> HTMLResponse:
    """Every source with its last run, how fresh it is, its funnel, its last runs and its hosts; held runs first."""
    found = await pipeline.standings(board.store)
    return board.page(
        "overview.html",
        {
            "title": "Overview",
            "verdict": verdict(found),
            "held": found.held,
            "sources": [(source, bars(source.runs), state_of(source)) for source in found.sources],
        },
    )


@dataclass(frozen=True, slots=True)
class Judgement:
    """How everything is, in a word for the style sheet and a sentence."""

    state: str
    words: str


def verdict(found: Standings) -> Judgement:
    """Say in a sentence how everything is: what needs a person first."""
    if not found.sources:
        return Judgement("none", "No run yet")
    if found.held:
        count = len(found.held)
        return Judgement(
            "held", "1 run waits for your decision" if count == 1 else f"{count} runs wait for your decision"
        )
    failed = [source.source for source in found.sources if state_of(source) in {"failed", "interrupted"}]
    if failed:
        return Judgement("failed", f"The last run of {' and '.join(failed)} did not end well")
    unwell = [host for source in found.sources for host in unwell_hosts(source)]
    if unwell:
        return Judgement("warning", f"{len(unwell)} {'host rests' if len(unwell) == 1 else 'hosts rest'}")
    if any(source.under_way for source in found.sources):
        return Judgement("started", "All is well, and a run is under way")
    return Judgement("applied", "All is well")


def unwell_hosts(source: Standing) -> list[str]:
    """Return the hosts of a source whose breaker is not closed or that asked for a pause."""
    hosts = source.activity.hosts if source.activity else {}
    return [name for name, host in hosts.items() if host.get("status") != "healthy"]


def state_of(source: Standing) -> str:
    """Return where the last run of a source stands, in one word."""
    return "interrupted" if source.interrupted else source.last.status.value


def bars(runs: Sequence[RunReport]) -> list[RunBar]:
    """Return the bars of some runs."""
    return [RunBar(run.run, run.status.value, changed(run), _words(run)) for run in runs]


def changed(run: RunReport) -> int:
    """Return how many rows a run changed, or would change."""
    return sum(entity.new + entity.updated + entity.deleted for entity in run.entities.values())


def _words(run: RunReport) -> str:
    return f"{run.started_at:%Y-%m-%d %H:%M} UTC: {run.status.value}, {rows(changed(run))} changed"
