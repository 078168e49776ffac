"""The first page: is everything well?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from headgate import pipeline
from headgate.config.operation import AlertRule
from headgate.observe.alerts import Alert, alerts_now, rules_in_force
from headgate.pipeline import RunReport, Standing, Standings
from headgate.pipeline.standing import HELD
from headgate.web.charts.runs import RunBar
from headgate.web.dashboard import Board
from headgate.web.wording import duration, plainly, rows, share, shown

router = APIRouter(tags=["Overview"])

_SAID = frozenset({"run_held", "run_failed"})
"""Rules about what the page says anyway; of held runs it also says how much they would delete."""


@router.get("/", response_class=HTMLResponse, summary="How every source is")
async def overview(board: Board) -> HTMLResponse:
    """Every source with its last run, how fresh it is, its funnel, its last runs and its hosts; held runs first."""
    found = await pipeline.standings(board.store)
    rules = rules_in_force(board.settings.alerts)
    said = _SAID | ({"many_deletions"} if found.held else set())
    alerts = [alert for alert in await alerts_now(board.store.db, board.settings.alerts) if alert.rule not in said]
    return board.page(
        "overview.html",
        {
            "title": "Overview",
            "verdict": verdict(found, alerts),
            "alerts": [(alert, *in_words(alert, rules[alert.rule])) for alert in alerts],
            "held": newest_of(found.held),
            "sources": [(source, bars(source.runs), state_of(source)) for source in found.sources],
        },
    )


@dataclass(frozen=True, slots=True)
class Judgement:
    """How everything is, in a word for the style sheet and a sentence."""

    state: str
    words: str


def verdict(found: Standings, alerts: Sequence[Alert] = ()) -> Judgement:
    """Say in a sentence how everything is: what needs a person first."""
    return next(_judgements(found, alerts))


def _judgements(found: Standings, alerts: Sequence[Alert]) -> Iterator[Judgement]:
    if not found.sources:
        yield Judgement("none", "No run yet")
    if waiting := len(found.held):
        count = f"{waiting} or more" if waiting == HELD else str(waiting)
        words = "1 run waits for your decision" if waiting == 1 else f"{count} runs wait for your decision"
        yield Judgement("held", words)
    if failed := [source.source for source in found.sources if state_of(source) in {"failed", "interrupted"}]:
        names = " and ".join(shown(name, 60) for name in failed)
        yield Judgement("failed", f"The last run of {names} did not end well")
    if beyond := len(alerts):
        words = "1 number is beyond its limit" if beyond == 1 else f"{beyond} numbers are beyond their limits"
        yield Judgement("failed" if any(alert.severity == "critical" for alert in alerts) else "warning", words)
    if resting := sum(len(unwell_hosts(source)) for source in found.sources):
        yield Judgement("warning", "1 host rests" if resting == 1 else f"{resting} hosts rest")
    if any(source.under_way for source in found.sources):
        yield Judgement("started", "All is well, and a run is under way")
    yield Judgement("applied", "All is well")


def in_words(alert: Alert, rule: AlertRule) -> tuple[str, str]:
    """Return the number of an alert and its limit as a person reads them: lengths of time, shares, or plain."""
    if rule.share:
        return share(alert.value, 1), share(alert.limit, 1)
    words = duration if rule.metric.endswith("_seconds") else plainly
    return words(alert.value), words(alert.limit)


def newest_of(held: Sequence[RunReport]) -> list[tuple[RunReport, int]]:
    """Return the newest held run of each source, with how many earlier ones of it wait too."""
    waiting = Counter(run.source for run in held)
    newest = {run.source: run for run in reversed(held)}
    return [(run, waiting[run.source] - 1) for run in held if run is newest[run.source]]


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
