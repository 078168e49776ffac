"""Deciding about plans that wait, and taking applied runs back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.background import BackgroundTask
from starlette.responses import RedirectResponse

from headgate import pipeline
from headgate.observe.operating import after_decision
from headgate.store import RunRecord
from headgate.web.dashboard import Board
from headgate.web.files import DONE
from headgate.web.pages.run import RunPath
from headgate.web.security.access import Acting

router = APIRouter(tags=["Decisions"], responses=DONE)

Reason = Annotated[str, Form(max_length=1000, description="Why; kept with the run.")]


@router.post("/runs/{run}/apply", status_code=303, response_class=RedirectResponse, summary="Apply a plan")
async def apply(board: Board, who: Acting, run: RunPath) -> RedirectResponse:
    """Apply a plan that waits and that nobody holds: exactly that plan, or nothing."""
    record = await board.find_run(run)
    await pipeline.apply(board.store, record.id, by=who.name)
    return _decided(board, record)


@router.post("/runs/{run}/approve", status_code=303, response_class=RedirectResponse, summary="Approve a held run")
async def approve(board: Board, who: Acting, run: RunPath) -> RedirectResponse:
    """Apply a plan that the guard holds, as it stands, without asking the upstream again."""
    record = await board.find_run(run)
    await pipeline.approve(board.store, record.id, by=who.name)
    return _decided(board, record)


@router.post("/runs/{run}/reject", status_code=303, response_class=RedirectResponse, summary="Reject a plan")
async def reject(board: Board, who: Acting, run: RunPath, reason: Reason = "") -> RedirectResponse:
    """Drop a plan that waits, held or not, for good."""
    record = await board.find_run(run)
    await pipeline.reject(board.store, record.id, by=who.name, reason=reason.replace("\0", "").strip() or None)
    return _decided(board, record)


@router.post("/runs/{run}/rollback", status_code=303, response_class=RedirectResponse, summary="Take a run back")
async def rollback(board: Board, who: Acting, run: RunPath) -> RedirectResponse:  # noqa: ARG001 - who may act
    """Plan the run that takes an applied one back. Nothing is changed until that plan is applied or approved."""
    record = await board.find_run(run)
    planned = await pipeline.plan_rollback(board.store, record.id, guard=board.settings.guard)
    return RedirectResponse(f"/runs/{planned.run}/changes", 303)


def _decided(board: Board, record: RunRecord) -> RedirectResponse:
    """Show the run at once, and tell sinks and alerts afterwards: nobody waits for a webhook to see what is decided."""
    telling = BackgroundTask(after_decision, board.store, record.source, board.settings)
    return RedirectResponse(f"/runs/{record.id}", 303, background=telling)
