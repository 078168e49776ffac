"""Plans that change rows back: shown, asked about, applied or dropped."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
import typer

from headgate.cli import compensating
from headgate.cli.compensating import Compensation, conclude, confirmed
from headgate.config.settings import PipelineConfig
from headgate.pipeline import Change, EntityReport, RunReport
from headgate.store import RunState

FUNNEL = EntityReport(
    fetched=1, duplicates=0, quarantined=0, valid=1, new=0, updated=1, unchanged=0, deleted=0, conflicts=1
)
PLAN = RunReport(
    run="r2",
    source="ncaa",
    status=RunState.PLANNED,
    started_at=datetime(2026, 3, 1, tzinfo=UTC),
    finished_at=None,
    entities={"schools": FUNNEL},
    takes_back="r1",
    changes=[Change("schools", (1,), "updated", "Elm", {"name": ("Oak", "Elm")})],
    conflicts=[Change("schools", (2,), "updated", "Fir", {"name": ("Fir", "Ash")})],
)
EMPTY = replace(PLAN, entities={"schools": replace(FUNNEL, fetched=0, valid=0, updated=0)}, changes=[])
HELD = replace(PLAN, status=RunState.HELD, reasons=["It is odd."])


@dataclass(frozen=True, slots=True)
class Noting(Compensation):
    """Decides nothing and notes what it was told."""

    done: list[str] = field(default_factory=list)

    async def apply(self, report: RunReport) -> RunReport:
        """Note it."""
        self.done.append("apply")
        return replace(report, status=RunState.APPLIED)

    async def reject(self, report: RunReport, reason: str) -> RunReport:
        """Note it."""
        self.done.append("reject")
        return replace(report, status=RunState.REJECTED, error=reason)


def given(
    monkeypatch: pytest.MonkeyPatch, plan: RunReport, *, answer: bool | None = None, **options: bool
) -> tuple[list[str], int]:
    """Conclude a plan, with somebody at the terminal who gives an answer, or nobody; return what was done."""

    async def planning() -> RunReport:
        return plan

    monkeypatch.setattr(compensating, "is_terminal", lambda: answer is not None)
    monkeypatch.setattr(compensating, "confirmed", lambda _question: answer)
    options = {"yes": False, "as_json": False, **options}
    how = Noting(PipelineConfig(), by="ann", changes=20, again=" --database x.db", **options)
    try:
        conclude(how, planning())
    except typer.Exit as ended:
        return how.done, ended.exit_code
    return how.done, 0


@pytest.mark.parametrize(
    ("plan", "answer", "options", "expected"),
    [
        (PLAN, True, {}, (["apply"], 0)),
        (PLAN, False, {}, (["reject"], 0)),
        (PLAN, None, {}, ([], 6)),
        (PLAN, None, {"yes": True}, (["apply"], 0)),
        (PLAN, False, {"yes": True}, (["apply"], 0)),
        (PLAN, True, {"as_json": True}, ([], 6)),
        (HELD, None, {"yes": True}, ([], 6)),
        (HELD, True, {}, (["apply"], 0)),
        (EMPTY, True, {}, (["reject"], 0)),
        (EMPTY, None, {"yes": True}, (["reject"], 0)),
    ],
)
def test_decision(
    monkeypatch: pytest.MonkeyPatch,
    plan: RunReport,
    answer: bool | None,
    options: dict[str, Any],
    expected: tuple[list[str], int],
) -> None:
    """A person is asked where there is one; --yes answers beforehand, but never for the guard; else the plan waits."""
    assert given(monkeypatch, plan, answer=answer, **options) == expected


def test_waiting_plan_shows_the_commands(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nobody can be asked, the commands to decide are printed, with the conflicts."""
    given(monkeypatch, PLAN)
    printed = capsys.readouterr().out
    assert "headgate apply r2 --database x.db" in printed
    assert "Left as they are, because a later run changed them: 1." in printed
    assert "name: Fir → Ash" in printed


def test_who_is_asked_needs_no_commands(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Before a question the changes and the reasons stand, and nothing to type."""
    given(monkeypatch, HELD, answer=False)
    printed = capsys.readouterr().out
    assert "name: Oak → Elm" in printed
    assert "It is odd." in printed
    assert "headgate approve" not in printed


def test_empty_plan_as_json_has_its_conflicts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing to take back is not nothing to say."""
    given(monkeypatch, EMPTY, as_json=True)
    printed = json.loads(capsys.readouterr().out)
    assert (printed["status"], len(printed["conflicts"])) == ("rejected", 1)


def test_interrupt_at_the_question_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C instead of an answer ends with 130."""

    def interrupted(*_: object, **__: object) -> bool:
        raise typer.Abort

    monkeypatch.setattr(typer, "confirm", interrupted)
    with pytest.raises(typer.Exit) as ended:
        confirmed("Apply this?")
    assert ended.value.exit_code == 130
