"""Options and arguments that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Read the settings from this file instead of headgate.toml."),
]
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database", metavar="URL", help="The database to keep in step: a URL, or the path of a SQLite file."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else on standard output.")]

SourceArgument = Annotated[
    str, typer.Argument(metavar="SOURCE", help="The source, such as ncaa; see 'headgate sources'.")
]
BaseUrlOption = Annotated[
    str | None, typer.Option("--base-url", metavar="URL", help="Ask this host instead of the source's own.")
]
DetailsOption = Annotated[bool, typer.Option("--details", help="Also read the page of each row; takes longer.")]
WaitOption = Annotated[
    float,
    typer.Option("--wait", metavar="SECONDS", min=0, help="Wait so long for another run of the source to end."),
]
FreshOption = Annotated[
    bool, typer.Option("--fresh", help="Ask again also for what an interrupted run has read already.")
]
FullOption = Annotated[bool, typer.Option("--full", help="Read an incremental source whole: let no cursor count.")]

_A_RUN = "The id of the run, its beginning, or its last part; see 'headgate runs'."
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help=_A_RUN)]
PlanArgument = Annotated[str, typer.Argument(metavar="PLAN", help="The id of the run that made the plan, or a part.")]
ByOption = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help="Who decides; the name of the user if not given.")
]
ChangesOption = Annotated[int, typer.Option("--changes", metavar="N", min=0, help="How many changes to show.")]

EntityArgument = Annotated[
    str, typer.Argument(metavar="ENTITY", help="The entity, such as schools; also the name of its table.")
]
KeyArgument = Annotated[
    list[str], typer.Argument(metavar="KEY", help="The key of the row; of several values one after the other.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Apply the plan without asking, unless the guard holds it.")]
