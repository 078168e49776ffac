"""What surrounds the sources: `tsconfig.json`, `package.json`, and the packages of a monorepo."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

Probe: TypeAlias = Callable[[Path], Path | None]

_STRING_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_TRAILING_COMMA = re.compile(r'("(?:\\.|[^"\\])*")|,(\s*[}\]])')
_CONDITIONS = ("types", "import", "node", "development", "require", "default", "source", "module")
_DEPTH = 4


def read_jsonc(path: Path) -> dict[str, object]:
    """Return the object in a JSON file with comments; empty if there is none that can be read."""
    try:
        raw = path.read_text(encoding="utf-8-sig")
    except OSError:
        return {}
    bare = _STRING_OR_COMMENT.sub(lambda m: m.group(0) if m.group(0)[0] == '"' else "", raw)
    bare = _TRAILING_COMMA.sub(lambda m: m.group(1) or m.group(2), bare)
    try:
        content = json.loads(bare)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def nearest(folder: Path, name: str) -> Path | None:
    """Return the file of this name in a folder or the closest one above."""
    for place in (folder, *folder.parents):
        if (place / name).is_file():
            return place / name
    return None


@dataclass(frozen=True, slots=True)
class TsConfig:
    """The part of a `tsconfig.json` that finds modules.

    Args:
        base: The folder of `baseUrl`, if it is set.
        paths: Patterns, each with the folders and files it stands for.
    """

    base: Path | None
    paths: dict[str, list[Path]] = field(default_factory=dict)

    @staticmethod
    def nearest(folder: Path) -> TsConfig | None:
        """Return the configuration that applies to a folder."""
        found = _nearest_config(folder)
        return TsConfig.load(found) if found is not None else None

    @staticmethod
    def load(path: Path) -> TsConfig:
        """Read a configuration and all it extends."""
        return _load_config(path.resolve())

    def candidates(self, specifier: str) -> Iterator[Path]:
        """Give the paths an import can stand for, best first."""
        for pattern in sorted(self.paths, key=lambda p: (-len(p.split("*")[0]), p)):
            head, star, tail = pattern.partition("*")
            if not star and specifier == pattern:
                yield from self.paths[pattern]
            elif (
                star
                and specifier.startswith(head)
                and specifier.endswith(tail)
                and len(specifier) >= len(head) + len(tail)
            ):
                middle = specifier[len(head) : len(specifier) - len(tail)]
                for target in self.paths[pattern]:
                    yield Path(str(target).replace("*", middle))
        if self.base is not None:
            yield self.base / specifier


def _nearest_config(folder: Path) -> Path | None:
    for place in (folder, *folder.parents):
        for name in ("tsconfig.json", "jsconfig.json"):
            if (place / name).is_file():
                return place / name
    return None


@lru_cache(maxsize=256)
def _load_config(path: Path, depth: int = _DEPTH) -> TsConfig:
    content = read_jsonc(path)
    base: Path | None = None
    paths: dict[str, list[Path]] = {}
    extends = content.get("extends")
    parents = [extends] if isinstance(extends, str) else extends if isinstance(extends, list) else []
    for parent in parents if depth else []:
        found = _extended(path.parent, str(parent))
        if found is not None:
            inherited = _load_config(found.resolve(), depth - 1)
            base, paths = inherited.base or base, inherited.paths or paths
    options = content.get("compilerOptions")
    options = options if isinstance(options, dict) else {}
    if isinstance(options.get("baseUrl"), str):
        base = (path.parent / str(options["baseUrl"])).resolve()
    declared = options.get("paths")
    if isinstance(declared, dict):
        root = base or path.parent
        paths = {str(k): [root / str(t) for t in v] for k, v in declared.items() if isinstance(v, list)}
    if not paths and base is None and depth:
        return _referenced(path, content, depth)
    return TsConfig(base, paths)


def _referenced(path: Path, content: dict[str, object], depth: int) -> TsConfig:
    """Return what the project references of a solution file say, if the file itself says nothing."""
    references = content.get("references")
    for reference in references if isinstance(references, list) else []:
        target = path.parent / str(reference.get("path", "")) if isinstance(reference, dict) else path
        target = target / "tsconfig.json" if target.is_dir() else target
        if target.is_file() and target.resolve() != path:
            found = _load_config(target.resolve(), depth - 1)
            if found.paths:
                return found
    return TsConfig(None)


def _extended(folder: Path, name: str) -> Path | None:
    if name.startswith((".", "/")):
        plain = folder / name
        for candidate in (plain, plain.with_name(plain.name + ".json"), plain / "tsconfig.json"):
            if candidate.is_file():
                return candidate
        return None
    parts = name.split("/")
    count = 2 if name.startswith("@") else 1
    package = workspace_packages(folder).get("/".join(parts[:count]))
    if package is None:
        return None
    target = package.folder / "/".join(parts[count:]) if parts[count:] else package.folder / "tsconfig.json"
    return next((c for c in (target, target.with_name(target.name + ".json")) if c.is_file()), None)


@dataclass(frozen=True, slots=True)
class Package:
    """A package whose sources are at hand.

    Args:
        folder: Its folder.
        manifest: Its `package.json`.
    """

    folder: Path
    manifest: dict[str, object]

    @staticmethod
    def load(path: Path) -> Package:
        """Read a `package.json`."""
        return Package(path.parent, read_jsonc(path))

    def entry(self, subpath: str, probe: Probe) -> Path | None:
        """Return the source file behind an import of the package.

        Args:
            subpath: `.`, or `./` and what follows the package's name.
            probe: Finds the file of a path without ending.
        """
        exported = self.manifest.get("exports")
        if exported is not None:
            for target in _targets(exported, subpath):
                found = self._source(target, probe)
                if found is not None:
                    return found
        if subpath != ".":
            return probe(self.folder / subpath) or probe(self.folder / "src" / subpath)
        for key in ("source", "types", "typings", "module", "main"):
            main = self.manifest.get(key)
            found = self._source(main, probe) if isinstance(main, str) else None
            if found is not None:
                return found
        return _index(self.folder, probe) or _index(self.folder / "src", probe)

    def private_entry(self, specifier: str, probe: Probe) -> Path | None:
        """Return the file behind an import of `#name`."""
        for target in _targets(self.manifest.get("imports"), specifier):
            found = self._source(target, probe)
            if found is not None:
                return found
        return None

    def _source(self, target: str, probe: Probe) -> Path | None:
        """Return the source of a target, also where it names what a build would make of it."""
        built = [target]
        for output in ("dist/", "build/", "lib/", "out/"):
            if output in target:
                built += [target.replace(output, "src/", 1), target.replace(output, "", 1)]
        for name in built:
            path = self.folder / re.sub(r"\.d\.ts$", ".ts", name)
            found = probe(path)
            if found is not None and not found.name.endswith((".d.ts", ".js", ".cjs", ".mjs")):
                return found
        return None


def _index(folder: Path, probe: Probe) -> Path | None:
    return probe(folder / "index") if folder.is_dir() else None


def _targets(exported: object, subpath: str) -> Iterator[str]:
    if isinstance(exported, str):
        if subpath == ".":
            yield exported
    elif isinstance(exported, list):
        for item in exported:
            yield from _targets(item, subpath)
    elif isinstance(exported, dict):
        if not any(str(key).startswith((".", "#")) for key in exported):
            for condition in [c for c in _CONDITIONS if c in exported] + [c for c in exported if c not in _CONDITIONS]:
                yield from _targets(exported[condition], subpath)
            return
        for key, target in exported.items():
            head, star, tail = str(key).partition("*")
            if key == subpath:
                yield from _targets(target, ".")
            elif star and subpath.startswith(head) and subpath.endswith(tail):
                middle = subpath[len(head) : len(subpath) - len(tail) or None]
                for found in _targets(target, "."):
                    yield found.replace("*", middle)


@lru_cache(maxsize=64)
def workspace_packages(folder: Path) -> dict[str, Package]:
    """Return the packages of the monorepo around a folder, by name; the enclosing package is always among them."""
    out: dict[str, Package] = {}
    for place in (folder, *folder.parents):
        manifest = place / "package.json"
        if manifest.is_file():
            package = Package.load(manifest)
            out.setdefault(str(package.manifest.get("name", "")), package)
        for pattern in _workspace_globs(place):
            for found in sorted(place.glob(f"{pattern.rstrip('/')}/package.json")):
                if "node_modules" not in found.relative_to(place).parts:
                    package = Package.load(found)
                    out.setdefault(str(package.manifest.get("name", "")), package)
        if (place / ".git").exists():
            break
    return out


def _workspace_globs(place: Path) -> list[str]:
    globs: list[str] = []
    workspaces = read_jsonc(place / "package.json").get("workspaces") if (place / "package.json").is_file() else None
    if isinstance(workspaces, dict):
        workspaces = workspaces.get("packages")
    if isinstance(workspaces, list):
        globs += [str(w) for w in workspaces]
    pnpm = place / "pnpm-workspace.yaml"
    if pnpm.is_file():
        globs += _pnpm_globs(pnpm.read_text(encoding="utf-8"))
    return [g for g in globs if not g.startswith("!")]


def _pnpm_globs(content: str) -> list[str]:
    out, inside = [], False
    for line in content.splitlines():
        if re.match(r"\S", line):
            inside = line.startswith("packages:")
            continue
        match = re.match(r"""\s+-\s*["']?([^"'#\s]+)""", line)
        if inside and match:
            out.append(match.group(1))
    return out
