"""Checking that generated models are what the schema says."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from headgate.drizzle.generate import Unresolved, make_models
from headgate.drizzle.reading import ReadOptions
from headgate.drizzle.sources import Source
from headgate.drizzle.stamp import STAMP, is_fresh
from headgate.drizzle.write.options import WriteOptions
from headgate.drizzle.write.package import is_untouched


@dataclass(frozen=True, slots=True)
class Difference:
    """A file that is not what the schema says.

    Args:
        file: Its name in the folder.
        kind: `missing`, `left over`, `edited` by hand, or `stale`.
        diff: The lines that differ, from the file to what it should be.
    """

    file: str
    kind: Literal["missing", "left over", "edited", "stale"]
    diff: str


def check_models(
    source: Source,
    out: Path,
    *,
    read: ReadOptions | None = None,
    write: WriteOptions | None = None,
    unresolved: Unresolved = "fail",
) -> list[Difference]:
    """Return how a folder of models differs from what the schema says; nothing if it is up to date.

    Raises:
        SchemaError: If the schema cannot be read.
    """
    read, write = read or ReadOptions(), write or WriteOptions()
    if is_fresh(source, out, read, write):
        return []
    made = make_models(source, read=read, write=write, unresolved=unresolved)
    present = {path.name: path for path in out.iterdir() if path.is_file()} if out.is_dir() else {}
    differences = [_compare(name, text, present.get(name)) for name, text in made.files.items()]
    leftovers = sorted(present.keys() - made.files.keys() - {STAMP})
    return [d for d in differences if d is not None] + [Difference(name, "left over", "") for name in leftovers]


def _compare(name: str, wanted: str, path: Path | None) -> Difference | None:
    if path is None:
        return Difference(name, "missing", "")
    found = path.read_text(encoding="utf-8", errors="replace")
    if found == wanted:
        return None
    lines = difflib.unified_diff(
        found.splitlines(), wanted.splitlines(), f"{name} (as it is)", f"{name} (as the schema says)", lineterm="", n=1
    )
    return Difference(name, "stale" if is_untouched(found) else "edited", "\n".join(lines))
