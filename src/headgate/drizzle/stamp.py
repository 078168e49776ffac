"""The stamp beside generated models: what they were made from, so that a check of unchanged files is quick."""

from __future__ import annotations

import hashlib
import json
import os
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from headgate.drizzle.reading import ReadOptions
from headgate.drizzle.sources import Source
from headgate.drizzle.write.options import WriteOptions

if TYPE_CHECKING:
    from headgate.drizzle.generate import Generated

STAMP: Final = "headgate.json"
_VERSION: Final = 1
_SETTINGS: Final = ("tsconfig*.json", "package.json", "pnpm-workspace.yaml")


def stamp(source: Source, made: Generated, out: Path, read: ReadOptions, write: WriteOptions) -> str:
    """Return the stamp of generated models.

    Args:
        source: Where the schema is.
        made: What was made.
        out: The folder it is written to; paths in the stamp are relative to it.
        read: How the schema was read.
        write: How the models were written.
    """
    inputs = {os.path.relpath(path, out): _digest(path) for path in sorted(_inputs(source, made))}
    content = {
        "version": _VERSION,
        "entries": [os.path.relpath(entry, out) for entry in source.entries],
        "options": _options(source, read, write),
        "inputs": inputs,
        "outputs": {name: _hash(text.encode()) for name, text in sorted(made.files.items())},
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def is_fresh(source: Source, out: Path, read: ReadOptions, write: WriteOptions) -> bool:
    """Whether nothing changed since the models were written: neither schema nor options nor models."""
    try:
        content = json.loads((out / STAMP).read_text(encoding="utf-8"))
        same = (
            content["version"] == _VERSION
            and content["entries"] == [os.path.relpath(entry, out) for entry in source.entries]
            and content["options"] == _options(source, read, write)
            and all(_digest(out / path) == digest for path, digest in content["inputs"].items())
            and all(_digest(out / name) == digest for name, digest in content["outputs"].items())
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return same and {p.name for p in out.iterdir() if p.is_file()} == {STAMP, *content["outputs"]}


def _options(source: Source, read: ReadOptions, write: WriteOptions) -> str:
    parts = [source.casing, source.dialect, read.engine, write.model_dump(mode="json"), version("headgate")]
    return _hash(json.dumps(parts, sort_keys=True).encode())


def _inputs(source: Source, made: Generated) -> set[Path]:
    read = {Path(made.schema.root) / file for file in made.schema.files}
    sources = {path.resolve() for path in (*source.entries, *read)}
    folders = {folder for path in sources for folder in _project_folders(path.parent)}
    settings = {path for folder in folders for pattern in _SETTINGS for path in folder.glob(pattern)}
    return {path for path in (*sources, *settings) if path.is_file()}


def _project_folders(folder: Path) -> list[Path]:
    """Return a folder and those above it, up to the root of the repository."""
    out = []
    for place in (folder, *folder.parents):
        out.append(place)
        if (place / ".git").exists():
            break
    return out


def _digest(path: Path) -> str:
    return _hash(path.read_bytes())


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:24]
