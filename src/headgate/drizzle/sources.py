"""Finding the schema: files, folders, globs, or what a `drizzle.config.*` says."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from headgate.drizzle.problems import SchemaError

_SUFFIXES: Final = {".ts", ".tsx", ".mts", ".cts", ".js", ".mjs", ".cjs"}
_CONFIGS: Final = tuple(f"drizzle.config.{suffix}" for suffix in ("ts", "mts", "js", "mjs", "cjs", "json"))
_DIALECTS: Final = {
    "postgresql": "pg",
    "pg": "pg",
    "postgres": "pg",
    "mysql": "mysql",
    "sqlite": "sqlite",
    "turso": "sqlite",
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a schema is.

    Args:
        entries: The files that export it.
        root: The folder that paths are shown relative to.
        casing: The `casing` option.
        dialect: `pg`, `mysql` or `sqlite`, if it was said.
        config: The `drizzle.config.*` it was found through.
    """

    entries: tuple[Path, ...]
    root: Path
    casing: str | None = None
    dialect: str | None = None
    config: Path | None = None


def find_source(
    paths: Sequence[str | Path],
    *,
    casing: str | None = None,
    dialect: str | None = None,
    folder: Path | None = None,
) -> Source:
    """Return the files that paths stand for.

    Args:
        paths: Files, folders, globs or a `drizzle.config.*`; the one in `folder` if there are none.
        casing: Overrides what a configuration says.
        dialect: Overrides what a configuration says.
        folder: The folder that relative paths start from; the current one if left out.

    Raises:
        SchemaError: If nothing is found.
    """
    folder = (folder or Path.cwd()).resolve()
    if not paths:
        paths = [_default_config(folder)]
    found = _find([str(path) for path in paths], folder)
    return replace(found, casing=casing or found.casing, dialect=_dialect(dialect) or found.dialect)


def _default_config(folder: Path) -> Path:
    for name in _CONFIGS:
        if (folder / name).is_file():
            return folder / name
    raise SchemaError(
        f"no schema was named, and there is no drizzle.config.* in {folder}",
        hint="Say where the schema is: --schema PATH.",
    )


def _find(paths: list[str], folder: Path) -> Source:
    if len(paths) == 1 and Path(paths[0]).name.startswith("drizzle.config."):
        return _from_config(folder / paths[0])
    entries: list[Path] = []
    for path in paths:
        entries += [entry for entry in _expand(path, folder) if entry not in entries]
    if len(paths) == 1 and (folder / paths[0]).is_dir():
        return Source(tuple(entries), (folder / paths[0]).resolve())
    return Source(tuple(entries), Path(os.path.commonpath([entry.parent for entry in entries])))


def _expand(path: str, folder: Path) -> list[Path]:
    """Return the files one path stands for."""
    target = folder / path
    if target.is_file():
        return [target.resolve()]
    if target.is_dir():
        found = _listed(target.iterdir()) or _listed(target.rglob("*"))
    else:
        matches = [Path(match) for match in glob.glob(str(target), recursive=True)]  # noqa: PTH207 - the pattern may be absolute
        found = _listed(matches)
        for match in matches:
            if match.is_dir():
                found += _listed(match.iterdir())
    if not found:
        raise SchemaError(
            f"no schema file is found at {path}", hint="Give a file, a folder or a glob of TypeScript files."
        )
    return sorted(set(found))


def _listed(paths: object) -> list[Path]:
    out = []
    for path in paths:  # type: ignore[attr-defined]
        skipped = path.name.endswith(".d.ts") or "node_modules" in path.parts or path.name.startswith("drizzle.config.")
        tested = ".test." in path.name or ".spec." in path.name
        if path.suffix in _SUFFIXES and path.is_file() and not skipped and not tested:
            out.append(path.resolve())
    return sorted(out)


def _from_config(config: Path) -> Source:
    """Return what a drizzle-kit configuration says; its paths are relative to its folder."""
    from headgate.drizzle.static.config import read_config  # noqa: PLC0415 - needs an optional dependency

    if not config.is_file():
        raise SchemaError("there is no such configuration", file=str(config), hint="Check the path.")
    settings = read_config(config)
    entries: list[Path] = []
    for path in settings.schema:
        entries += [entry for entry in _expand(path, config.parent) if entry not in entries]
    return Source(tuple(entries), config.parent.resolve(), settings.casing, _dialect(settings.dialect), config)


def _dialect(name: str | None) -> str | None:
    if name is None:
        return None
    if name not in _DIALECTS:
        raise SchemaError(
            f"the dialect '{name}' is not supported", hint="Supported are postgresql, mysql, sqlite and turso."
        )
    return _DIALECTS[name]
