"""Writing models to a folder: all of them or none."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from headgate.drizzle.ir import Schema
from headgate.drizzle.problems import Problem, SchemaError
from headgate.drizzle.reading import ReadOptions, read_schema
from headgate.drizzle.sources import Source
from headgate.drizzle.stamp import STAMP, stamp
from headgate.drizzle.write.options import WriteOptions
from headgate.drizzle.write.package import is_untouched, write_package

Unresolved: TypeAlias = Literal["fail", "omit", "mark"]
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Generated:
    """What was made.

    Args:
        files: The files by name.
        schema: The schema they were made from.
    """

    files: dict[str, str]
    schema: Schema


def make_models(
    source: Source,
    *,
    read: ReadOptions | None = None,
    write: WriteOptions | None = None,
    unresolved: Unresolved = "fail",
) -> Generated:
    """Return the files of the models of a schema.

    Args:
        source: Where the schema is.
        read: How it is read.
        write: How models are written.
        unresolved: What to do about tables that were not resolved for certain: fail, leave them out, or write
            them with the columns that are certain.

    Raises:
        SchemaError: If the schema cannot be read, or is not resolved for certain.
    """
    schema = read_schema(source, read)
    if schema.problems and unresolved == "fail":
        raise unresolved_error(schema.problems)
    if unresolved == "omit":
        schema = replace(schema, tables=tuple(table for table in schema.tables if table.complete))
    if not schema.tables:
        entries = ", ".join(schema.entries)
        raise SchemaError(f"no table is exported by {entries}", hint="Name the files that export the tables.")
    return Generated(write_package(schema, write), schema)


def unresolved_error(problems: Iterable[Problem]) -> SchemaError:
    """Return the error that lists what could not be resolved."""
    listed = [str(problem) for problem in problems]
    more = f"\n  and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    shown = "\n  ".join(listed[:_SHOWN])
    return SchemaError(
        f"{len(listed)} part(s) of the schema could not be resolved for certain:\n  {shown}{more}",
        hint="Read it with --engine node, or choose --unresolved omit or mark.",
    )


def generate(
    source: Source,
    out: Path,
    *,
    read: ReadOptions | None = None,
    write: WriteOptions | None = None,
    unresolved: Unresolved = "fail",
    force: bool = False,
) -> Generated:
    """Write the models of a schema to a folder.

    Args:
        source: Where the schema is.
        out: The folder; it is made if it is not there.
        read: How the schema is read.
        write: How models are written.
        unresolved: What to do about tables that were not resolved for certain.
        force: Overwrite files that were edited by hand.

    Raises:
        SchemaError: If the schema cannot be read, or the folder holds something else.
    """
    made = make_models(source, read=read, write=write, unresolved=unresolved)
    _refuse_foreign(out, force=force)
    files = {**made.files, STAMP: stamp(source, made, out, read or ReadOptions(), write or WriteOptions())}
    replace_folder(out, files)
    return made


def _refuse_foreign(out: Path, *, force: bool) -> None:
    """Refuse to replace what Headgate did not write.

    Raises:
        SchemaError: If there is such a file.
    """
    if not out.exists():
        return
    if not out.is_dir():
        raise SchemaError("the output is a file, not a folder", file=str(out), hint="Choose another --out.")
    for path in sorted(p for p in out.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        untouched = True if path.name == STAMP else is_untouched(path.read_text(errors="replace"))
        if untouched is None:
            raise SchemaError(
                "the output folder holds a file that Headgate did not write",
                file=str(path),
                hint="Choose a folder of its own for the models, or move the file away.",
            )
        if not untouched and not force:
            raise SchemaError(
                "the file was edited by hand",
                file=str(path),
                hint="Move the change elsewhere, or overwrite it with --force.",
            )


def replace_folder(out: Path, files: dict[str, str]) -> None:
    """Put files in the place of a folder, in one step: a failure leaves the old folder."""
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        for name, text in files.items():
            (fresh / name).write_text(text, encoding="utf-8")
        fresh.chmod(0o755)
        _swap(fresh, out)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _swap(fresh: Path, out: Path) -> None:
    if not out.exists():
        fresh.rename(out)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{out.name}.old.", dir=out.parent)) / out.name
    out.rename(old)
    try:
        fresh.rename(out)
    except OSError:
        old.rename(out)
        raise
    finally:
        shutil.rmtree(old.parent, ignore_errors=True)
