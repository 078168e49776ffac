"""Finding the file behind an import: relative paths, tsconfig aliases, packages of a monorepo."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from headgate.drizzle.static.projects import Package, TsConfig, nearest, workspace_packages

_SUFFIXES: Final = (".ts", ".tsx", ".mts", ".cts", ".js", ".mjs", ".cjs", ".jsx", ".json", ".d.ts")
_EMITTED: Final = {".js": (".ts", ".tsx"), ".mjs": (".mts",), ".cjs": (".cts",), ".jsx": (".tsx",)}


class Resolver:
    """Finds files.

    Args:
        tsconfig: The configuration to use for every file; the nearest `tsconfig.json` of each if `None`.
    """

    def __init__(self, tsconfig: Path | None = None) -> None:
        self._tsconfig = tsconfig
        self._resolve = cache(self._find)

    def resolve(self, specifier: str, importer: Path) -> Path | None:
        """Return the file an import means; `None` if it is not among the sources.

        Args:
            specifier: The module as written.
            importer: The file that imports it.
        """
        return self._resolve(specifier, importer.parent)

    def _find(self, specifier: str, folder: Path) -> Path | None:
        if specifier.startswith("."):
            return probe(folder / specifier)
        if specifier.startswith("/"):
            return probe(Path(specifier))
        config = TsConfig.load(self._tsconfig) if self._tsconfig is not None else TsConfig.nearest(folder)
        for candidate in config.candidates(specifier) if config is not None else []:
            found = probe(candidate)
            if found is not None:
                return found
        return _package_import(specifier, folder)


def probe(path: Path) -> Path | None:
    """Return the file that a path without its ending means, as TypeScript looks for it."""
    if path.suffix in _EMITTED:
        for suffix in _EMITTED[path.suffix]:
            if path.with_suffix(suffix).is_file():
                return path.with_suffix(suffix)
    if path.suffix in _SUFFIXES and path.is_file():
        return path
    for suffix in _SUFFIXES:
        candidate = path.with_name(path.name + suffix)
        if path.name not in {"", "..", "."} and candidate.is_file():
            return candidate
    if path.is_dir():
        for suffix in _SUFFIXES:
            if (path / f"index{suffix}").is_file():
                return path / f"index{suffix}"
        manifest = path / "package.json"
        if manifest.is_file():
            return Package.load(manifest).entry(".", probe)
    return None


def _package_import(specifier: str, folder: Path) -> Path | None:
    if specifier.startswith("#"):
        manifest = nearest(folder, "package.json")
        return Package.load(manifest).private_entry(specifier, probe) if manifest is not None else None
    parts = specifier.split("/")
    count = 2 if specifier.startswith("@") else 1
    name, rest = "/".join(parts[:count]), "/".join(parts[count:])
    package = workspace_packages(folder).get(name)
    if package is None:
        return None
    return package.entry(f"./{rest}" if rest else ".", probe)
