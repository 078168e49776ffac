"""``headgate match``: which institution each school is, and what people decide about it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from headgate import pipeline
from headgate.cli.console import print_json, result_console
from headgate.cli.match_report import print_counts, print_decisions, print_matches
from headgate.cli.match_review import ask
from headgate.cli.opening import load_settings, whoever
from headgate.cli.options import ByOption, ConfigOption, DatabaseOption, JsonOption, SourceArgument
from headgate.cli.running import run as run_work
from headgate.clock import SYSTEM_CLOCK
from headgate.config.settings import PipelineConfig
from headgate.enrich import Decision
from headgate.errors import ConfigError
from headgate.pipeline.matching import SourceMatches, StoredReviews

app = typer.Typer(help="Match schools with institutions; decide what a program cannot.", no_args_is_help=True)

InstitutionsOption = Annotated[
    Path | None,
    typer.Option("--institutions", metavar="FILE", help="CSV file of institutions; enrich.institutions if not given."),
]
EntityOption = Annotated[
    str | None, typer.Option("--entity", metavar="ENTITY", help="The entity whose rows are the schools.")
]


@app.command()
def run(
    source: SourceArgument,
    *,
    institutions: InstitutionsOption = None,
    entity: EntityOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Match the schools of SOURCE, as the database has them, with institutions. Writes nothing."""
    found = run_work(_found(load_settings(config, database), source, institutions, entity))
    if as_json:
        print_json(found.as_dict(found.matches))
        return
    console = result_console()
    print_counts(found, console)
    print_matches(found, found.waiting, console)


@app.command()
def review(
    source: SourceArgument,
    *,
    accept: Annotated[
        list[str] | None,
        typer.Option("--accept", metavar="SCHOOL", help="The first candidate of this school is right; repeatable."),
    ] = None,
    choose: Annotated[
        list[str] | None,
        typer.Option("--choose", metavar="SCHOOL=INSTITUTION", help="This school is that institution; repeatable."),
    ] = None,
    reject: Annotated[
        list[str] | None,
        typer.Option("--reject", metavar="SCHOOL", help="This school is none of the institutions; repeatable."),
    ] = None,
    forget: Annotated[
        list[str] | None,
        typer.Option("--forget", metavar="SCHOOL", help="Take the decision about this school back; repeatable."),
    ] = None,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="Why; kept with the decisions.")] = "",
    by: ByOption = None,
    only_list: Annotated[bool, typer.Option("--list", help="List them and ask nothing, also on a terminal.")] = False,
    institutions: InstitutionsOption = None,
    entity: EntityOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Decide about the schools of SOURCE whose match is not certain: ambiguous, probable, or none.

    With --accept, --choose, --reject or --forget the decisions are kept and nothing is asked. Without them the schools
    are listed; on a terminal, each is asked about. What is decided wins from then on, in every sync.
    """
    settings, who = load_settings(config, database), by or whoever()
    choices = _pairs(choose or [])
    found = run_work(_found(settings, source, institutions, entity))
    if accept or choices or reject or forget:
        chosen = found.choices(accept=accept or [], choose=choices, reject=reject or [])
        kept = [Decision(school, one, who, SYSTEM_CLOCK.time(), note) for school, one in chosen.items()]
        gone = run_work(_keep(settings, found, kept, forget or []))
        if as_json:
            print_json({"source": source, "decided": {one.member_id: one.institution_id for one in kept}, "gone": gone})
        else:
            result_console().print(f"Decided: {len(kept)}. Taken back: {gone}. The next sync follows.")
    elif as_json:
        print_json(found.as_dict(found.waiting))
    elif only_list or not (sys.stdin.isatty() and sys.stdout.isatty()):
        print_matches(found, found.waiting, result_console(), candidates=True)
    else:
        ask(found, who, lambda decision: run_work(_keep(settings, found, [decision])))


@app.command()
def decisions(
    source: SourceArgument,
    *,
    institutions: InstitutionsOption = None,
    entity: EntityOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List what was decided about the schools of SOURCE, by whom, when and why."""
    found = run_work(_found(load_settings(config, database), source, institutions, entity))
    if as_json:
        made = [
            {
                "member_id": one.member_id,
                "name": found.schools.get(one.member_id, {}).get("name"),
                "institution_id": one.institution_id,
                "institution": found.name_of(one.institution_id),
                "decided_by": one.decided_by,
                "decided_at": one.decided_at,
                "note": one.note,
            }
            for one in found.decisions.values()
        ]
        print_json({"source": source, "entity": found.entity, "decisions": made})
    else:
        print_decisions(found, result_console())


async def _found(settings: PipelineConfig, source: str, institutions: Path | None, entity: str | None) -> SourceMatches:
    async with pipeline.open_store(settings) as store:
        return await pipeline.match_source(
            source, config=settings, store=store, institutions=institutions, entity=entity
        )


async def _keep(
    settings: PipelineConfig, found: SourceMatches, made: Sequence[Decision], forget: Sequence[str] = ()
) -> int:
    """Keep decisions, take others back, and return how many were."""
    async with pipeline.open_store(settings) as store:
        reviews = StoredReviews(store, found.source, found.entity)
        gone = await reviews.withdraw(forget) if forget else 0
        await reviews.decide(*made)
        return gone


def _pairs(words: list[str]) -> dict[str, str]:
    """Read ``SCHOOL=INSTITUTION``.

    Raises:
        ConfigError: It is not that, or a school is named twice.
    """
    found: dict[str, str] = {}
    for word in words:
        school, equals, institution = word.partition("=")
        if not (equals and school.strip() and institution.strip()):
            raise ConfigError(
                f"'{word}' is no choice.", hint="Write it as --choose SCHOOL=INSTITUTION, with their ids."
            )
        if school.strip() in found:
            raise ConfigError(f"Two things are said about school {school.strip()}.", hint="Say one of them.")
        found[school.strip()] = institution.strip()
    return found
