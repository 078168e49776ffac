"""Matches and decisions as a person reads them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from headgate.enrich import Match
from headgate.pipeline.matching import SourceMatches

_SHOWN = 50
_ORDER = ("certain", "probable", "decided", "ambiguous", "none")


def print_counts(found: SourceMatches, console: Console) -> None:
    """Print how many schools were matched, by kind."""
    counts = found.counts
    told = ", ".join(f"{counts[kind]:,} {kind}" for kind in _ORDER if kind in counts) or "no schools"
    console.print(Text.assemble((f"{len(found.matches):,} {found.entity}", "bold"), f": {told}"), soft_wrap=True)


def print_matches(
    found: SourceMatches, matches: Sequence[Match], console: Console, *, candidates: bool = False
) -> None:
    """Print matches that a person should look at."""
    if not matches:
        console.print("Nothing waits for a person.")
        return
    console.print(f"Waiting for a person: {len(matches):,}", soft_wrap=True)
    for one in matches[:_SHOWN]:
        print_match(found, one, console, candidates=candidates)
    if len(matches) > _SHOWN:
        console.print(Text(f"... and {len(matches) - _SHOWN:,} more; --json lists all.", style="dim"))


def print_match(found: SourceMatches, one: Match, console: Console, *, candidates: bool = True) -> None:
    """Print a school and the institutions it could be."""
    school = found.schools[str(one.member_id)]
    line = Text.assemble((f"{one.member_id}  {school['name']}", "bold"), f"  {one.kind.value}")
    line.append("".join(f"  {school[name]}" for name in ("state", "website") if school[name]), style="dim")
    if not candidates and one.candidates:
        line.append(f"  best: {one.candidates[0].institution_id} {one.candidates[0].name}")
    console.print(line, soft_wrap=True)
    if not candidates:
        return
    for number, candidate in enumerate(one.candidates, start=1):
        row = found.matcher.institution(candidate.institution_id) or {}
        place = ", ".join(str(row[name]) for name in ("CITY", "STATE", "WEBSITE") if row.get(name))
        weights = ", ".join(f"{name} {weight:+.1f}" for name, weight in candidate.evidence.items())
        console.print(
            Text.assemble(f"  {number}. {candidate.institution_id} {candidate.name}", (f"  {place}", "dim")),
            soft_wrap=True,
        )
        console.print(Text(f"     {candidate.score:+.1f}: {weights}", style="dim"), soft_wrap=True)


def print_decisions(found: SourceMatches, console: Console) -> None:
    """Print what people decided."""
    if not found.decisions:
        console.print("Nothing was decided yet.")
        return
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in ("school", "name", "institution", "by", "when (UTC)", "note"):
        table.add_column(name)
    for one in found.decisions.values():
        chosen = f"{one.institution_id} {found.name_of(one.institution_id) or ''}" if one.institution_id else "none"
        when = f"{datetime.fromtimestamp(one.decided_at, UTC):%Y-%m-%d %H:%M}"
        name = str(found.schools.get(one.member_id, {}).get("name") or "")
        table.add_row(*map(Text, (one.member_id, name, chosen, one.decided_by, when, one.note)))
    console.print(table)
