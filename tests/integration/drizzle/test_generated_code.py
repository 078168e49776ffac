"""The generated code under the tools its owners use: imported, formatted, linted and type-checked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from headgate.drizzle.reading import read_schema
from headgate.drizzle.sources import find_source
from headgate.drizzle.write.options import WriteOptions
from headgate.drizzle.write.package import write_package

SCHEMAS = Path(__file__).parents[2] / "conformance" / "drizzle" / "schemas"
ENTRIES = {
    "cms": "cms/schema",
    "monorepo": "monorepo/apps/web/drizzle.config.ts",
    "saas": "saas/schema.ts",
    "billing": "billing/schema.ts",
    "mobile": "mobile/schema.ts",
}
SOURCE = Path(__file__).parents[3] / "src"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the models of every own schema, as packages side by side, each in two styles."""
    folder = tmp_path_factory.mktemp("models")
    styles = {"": WriteOptions(), "_one": WriteOptions(single_file=True, names="database", update_keys=True)}
    for schema in sorted(path.name for path in SCHEMAS.iterdir()):
        read = read_schema(find_source([SCHEMAS / ENTRIES.get(schema, schema)]))
        for suffix, options in styles.items():
            package = folder / f"m_{schema}{suffix}"
            package.mkdir()
            for name, text in write_package(read, options).items():
                (package / name).write_text(text)
    return folder


def _run(folder: Path, *command: str) -> str:
    env = {**os.environ, "PYTHONPATH": str(SOURCE), "MYPYPATH": str(SOURCE)}
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, timeout=110, env=env, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_every_package_can_be_imported(packages: Path) -> None:
    """Importing gives no warning and no error."""
    names = ", ".join(path.name for path in sorted(packages.iterdir()) if path.is_dir())
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"import {names}"],
        cwd=packages,
        capture_output=True,
        text=True,
        timeout=100,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        check=False,
    )
    assert done.stderr == ""


@pytest.mark.parametrize("command", [("format", "--check"), ("check",)], ids=["format", "check"])
def test_ruff_has_nothing_to_say(packages: Path, command: tuple[str, ...]) -> None:
    """The code is formatted and linted as ruff's defaults want it."""
    pytest.importorskip("ruff", reason="ruff is not installed")
    assert _run(packages, "ruff", command[0], "--isolated", *command[1:], ".") == ""


def test_mypy_is_content(packages: Path) -> None:
    """The code passes mypy --strict."""
    pytest.importorskip("mypy", reason="mypy is not installed")
    names = [path.name for path in sorted(packages.iterdir()) if path.name.startswith("m_")]
    assert _run(packages, "mypy", "--strict", "--config-file=", *names) == ""
