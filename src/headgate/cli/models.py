"""The commands `headgate models ...`: Pydantic models from a Drizzle schema, and the check that they still agree."""

from __future__ import annotations

import asyncio
import enum
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from headgate.drizzle.ir import Schema
    from headgate.drizzle.reading import ReadOptions
    from headgate.drizzle.sources import Source
    from headgate.drizzle.write.options import WriteOptions

app = typer.Typer(
    name="models", help="Pydantic models from a Drizzle schema, and the check that they agree.", no_args_is_help=True
)


class EngineName(enum.StrEnum):
    """The readers there are."""

    STATIC = "static"
    NODE = "node"
    SNAPSHOT = "snapshot"


class NamesFrom(enum.StrEnum):
    """Where attribute names come from."""

    KEY = "key"
    DATABASE = "database"


class WhenUnresolved(enum.StrEnum):
    """What becomes of tables that were not resolved for certain."""

    FAIL = "fail"
    OMIT = "omit"
    MARK = "mark"


SchemaOption = Annotated[
    list[str] | None,
    typer.Option("--schema", "-s", help="A file, folder, glob or drizzle.config.*; may be given more than once."),
]
EngineOption = Annotated[EngineName, typer.Option("--engine", help="How to read it: node runs the project's own code.")]
DialectOption = Annotated[
    str | None, typer.Option("--dialect", help="postgresql, mysql or sqlite, if there are several.")
]
CasingOption = Annotated[str | None, typer.Option("--casing", help="snake_case or camelCase, as in drizzle.config.*.")]
TsconfigOption = Annotated[Path | None, typer.Option("--tsconfig", help="The tsconfig.json that resolves imports.")]
DrizzleOption = Annotated[
    Path | None, typer.Option("--drizzle", help="A folder with drizzle-orm in its node_modules, for --engine node.")
]
EnvironmentOption = Annotated[
    list[str] | None, typer.Option("--env", help="An environment variable the schema may read, for --engine node.")
]
SecondsOption = Annotated[float, typer.Option("--time-limit", min=1, help="Seconds until --engine node gives up.")]
MegabytesOption = Annotated[int, typer.Option("--memory-limit", min=64, help="Megabytes --engine node may use.")]
OutOption = Annotated[Path, typer.Option("--out", "-o", help="The folder of the models.")]
UnresolvedOption = Annotated[
    WhenUnresolved, typer.Option("--unresolved", help="What to do about tables not resolved for certain.")
]
NamesOption = Annotated[
    NamesFrom, typer.Option("--names", help="Attribute names from TypeScript keys or the database.")
]
SingleOption = Annotated[bool, typer.Option("--single-file", help="All tables in one module.")]
WidthOption = Annotated[int, typer.Option("--line-length", min=60, max=320, help="Columns of a line.")]
KeysOption = Annotated[bool, typer.Option("--update-keys", help="Let Update models change primary keys.")]
TypeOption = Annotated[
    list[str] | None, typer.Option("--type", help="A custom SQL type's Python type: ltree=mypackage.types:Path.")
]
FactoryOption = Annotated[
    list[str] | None, typer.Option("--factory", help="A default made in TypeScript: users.id=mypackage.ids:new_id.")
]


def _source(schema: list[str] | None, dialect: str | None, casing: str | None, engine: EngineName) -> Source:
    from headgate.drizzle.sources import Source, find_source  # noqa: PLC0415 - imported when needed, to start fast

    if engine is EngineName.SNAPSHOT:
        paths = [Path(path).resolve() for path in schema or ["drizzle"]]
        return Source(tuple(paths), paths[0] if paths[0].is_dir() else paths[0].parent)
    return find_source(schema or [], casing=casing, dialect=dialect)


def _read_options(context: typer.Context, engine: EngineName) -> ReadOptions:
    from headgate.drizzle.reading import ReadOptions  # noqa: PLC0415 - imported when needed, to start fast

    given: dict[str, Any] = context.params
    if engine is EngineName.NODE:
        typer.echo("Running the project's own code in Node, without network.", err=True)
    return ReadOptions(
        engine=engine.value,
        tsconfig=given["tsconfig"],
        drizzle=given["drizzle"],
        environment=tuple(given["env"] or ()),
        seconds=given["time_limit"],
        megabytes=given["memory_limit"],
    )


def _write_options(context: typer.Context) -> WriteOptions:
    from headgate.drizzle.write.options import WriteOptions  # noqa: PLC0415 - imported when needed, to start fast

    given: dict[str, Any] = context.params
    return WriteOptions(
        names=given["names"].value,
        single_file=given["single_file"],
        line_length=given["line_length"],
        update_keys=given["update_keys"],
        types=_pairs(given["type_"], "--type"),
        factories=_pairs(given["factory"], "--factory"),
    )


def _pairs(given: list[str] | None, option: str) -> dict[str, str]:
    pairs = [item.partition("=") for item in given or []]
    for name, sign, value in pairs:
        if not (name and sign and value):
            raise typer.BadParameter(f"'{name}{sign}{value}' is not NAME=MODULE:ATTRIBUTE", param_hint=option)
    return {name.strip(): value.strip() for name, _, value in pairs}


@app.command()
def generate(  # noqa: PLR0917 - Typer reads options from parameters
    context: typer.Context,
    out: OutOption,
    schema: SchemaOption = None,
    engine: EngineOption = EngineName.STATIC,
    dialect: DialectOption = None,
    casing: CasingOption = None,
    tsconfig: TsconfigOption = None,
    drizzle: DrizzleOption = None,
    env: EnvironmentOption = None,
    time_limit: SecondsOption = 60.0,
    memory_limit: MegabytesOption = 1024,
    unresolved: UnresolvedOption = WhenUnresolved.FAIL,
    names: NamesOption = NamesFrom.KEY,
    single_file: SingleOption = False,  # noqa: FBT002 - a flag of the command
    line_length: WidthOption = 88,
    update_keys: KeysOption = False,  # noqa: FBT002 - a flag of the command
    type_: TypeOption = None,
    factory: FactoryOption = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files edited by hand.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Write the models of a schema to a folder."""
    from headgate.drizzle.generate import generate as write_models  # noqa: PLC0415 - imported when needed, to start fast

    del tsconfig, drizzle, env, time_limit, memory_limit, names, single_file, line_length, update_keys, type_, factory
    made = write_models(
        _source(schema, dialect, casing, engine),
        out,
        read=_read_options(context, engine),
        write=_write_options(context),
        unresolved=unresolved.value,
        force=force,
    )
    columns = sum(len(table.columns) for table in made.schema.tables)
    typer.echo(f"Wrote {len(made.files)} files to {out}: {len(made.schema.tables)} tables, {columns} columns.")
    for problem in made.schema.problems:
        typer.echo(f"not certain: {problem}", err=True)


@app.command()
def check(  # noqa: PLR0917 - Typer reads options from parameters
    context: typer.Context,
    out: OutOption,
    schema: SchemaOption = None,
    engine: EngineOption = EngineName.STATIC,
    dialect: DialectOption = None,
    casing: CasingOption = None,
    tsconfig: TsconfigOption = None,
    drizzle: DrizzleOption = None,
    env: EnvironmentOption = None,
    time_limit: SecondsOption = 60.0,
    memory_limit: MegabytesOption = 1024,
    unresolved: UnresolvedOption = WhenUnresolved.FAIL,
    names: NamesOption = NamesFrom.KEY,
    single_file: SingleOption = False,  # noqa: FBT002 - a flag of the command
    line_length: WidthOption = 88,
    update_keys: KeysOption = False,  # noqa: FBT002 - a flag of the command
    type_: TypeOption = None,
    factory: FactoryOption = None,
    database: Annotated[
        str | None, typer.Option("--database", envvar="HEADGATE_CHECK_DATABASE", help="Compare with this database too.")
    ] = None,
) -> None:
    """Fail with exit code 1 if models, schema or database have drifted apart."""
    from headgate.drizzle.check import check_models  # noqa: PLC0415 - imported when needed, to start fast

    del tsconfig, drizzle, env, time_limit, memory_limit, names, single_file, line_length, update_keys, type_, factory
    source, read = _source(schema, dialect, casing, engine), _read_options(context, engine)
    differences = check_models(source, out, read=read, write=_write_options(context), unresolved=unresolved.value)
    for difference in differences:
        typer.echo(f"{out / difference.file}: {difference.kind}")
        if difference.diff:
            typer.echo(difference.diff)
    drifted = _check_database(source, read, database) if database is not None else False
    if differences or drifted:
        if differences:
            typer.echo("The models are not what the schema says. Run: headgate models generate", err=True)
        raise typer.Exit(1)
    typer.echo("The models are up to date.")


def _check_database(source: Source, read: ReadOptions, url: str) -> bool:
    from headgate.drizzle.live import compare_database  # noqa: PLC0415 - imported when needed, to start fast
    from headgate.drizzle.reading import read_schema  # noqa: PLC0415 - imported when needed, to start fast

    drifts = asyncio.run(compare_database(read_schema(source, read), url))
    for drift in drifts:
        typer.echo(f"{'breaking' if drift.breaking else 'harmless'}: {drift}")
    return any(drift.breaking for drift in drifts)


@app.command()
def show(  # noqa: PLR0917 - Typer reads options from parameters
    context: typer.Context,
    table: Annotated[str, typer.Argument(help="The table's export or its name in the database.")],
    schema: SchemaOption = None,
    engine: EngineOption = EngineName.STATIC,
    dialect: DialectOption = None,
    casing: CasingOption = None,
    tsconfig: TsconfigOption = None,
    drizzle: DrizzleOption = None,
    env: EnvironmentOption = None,
    time_limit: SecondsOption = 60.0,
    memory_limit: MegabytesOption = 1024,
) -> None:
    """Show one table as the schema says it is."""
    from rich.console import Console  # noqa: PLC0415 - imported when needed, to start fast
    from rich.table import Table as RichTable  # noqa: PLC0415 - imported when needed, to start fast

    from headgate.drizzle.show import column_line, find_table  # noqa: PLC0415 - imported when needed, to start fast

    del tsconfig, drizzle, env, time_limit, memory_limit
    found = find_table(_read(context, schema, dialect, casing, engine), table)
    shown = RichTable("key", "column", "type", "", title=f"{found.name} ({found.file}, {found.export})")
    for column in found.columns:
        shown.add_row(*column_line(column, found))
    console = Console()
    console.print(shown)
    for key in found.foreign_keys:
        actions = f" on delete {key.on_delete}" if key.on_delete not in {None, "no action"} else ""
        foreign = f"{key.foreign_table}({', '.join(key.foreign_columns)})"
        console.print(f"{', '.join(key.columns)} -> {foreign}{actions}", markup=False)
    for constraint in found.checks:
        console.print(f"check {constraint.name}: {constraint.value}", markup=False)


@app.command()
def dump(  # noqa: PLR0917 - Typer reads options from parameters
    context: typer.Context,
    schema: SchemaOption = None,
    engine: EngineOption = EngineName.STATIC,
    dialect: DialectOption = None,
    casing: CasingOption = None,
    tsconfig: TsconfigOption = None,
    drizzle: DrizzleOption = None,
    env: EnvironmentOption = None,
    time_limit: SecondsOption = 60.0,
    memory_limit: MegabytesOption = 1024,
) -> None:
    """Print what was read as JSON, with what could not be resolved under `errors`."""
    from headgate.drizzle.dump import to_json  # noqa: PLC0415 - imported when needed, to start fast

    del tsconfig, drizzle, env, time_limit, memory_limit
    typer.echo(json.dumps(to_json(_read(context, schema, dialect, casing, engine)), indent=1, ensure_ascii=False))


def _read(
    context: typer.Context, schema: list[str] | None, dialect: str | None, casing: str | None, engine: EngineName
) -> Schema:
    from headgate.drizzle.reading import read_schema  # noqa: PLC0415 - imported when needed, to start fast

    return read_schema(_source(schema, dialect, casing, engine), _read_options(context, engine))
