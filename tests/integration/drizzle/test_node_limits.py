# ruff: noqa: E501 - schemas read better in wide lines
"""The exact reader's child process: limits, no network, and clear words for what goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from headgate.drizzle.node.reader import Limits, find_node, read_node
from headgate.drizzle.problems import SchemaError
from headgate.errors import MissingExtraError

FAKE = {
    "node_modules/drizzle-orm/package.json": '{"name": "drizzle-orm", "version": "0.0.1", "type": "module", "exports": {".": "./index.js", "./version": "./version.js", "./pg-core": "./core.js", "./mysql-core": "./core.js", "./sqlite-core": "./core.js"}}',
    "node_modules/drizzle-orm/index.js": "export {};",
    "node_modules/drizzle-orm/version.js": "export const npmVersion = '0.0.1';",
    "node_modules/drizzle-orm/core.js": "export class PgDialect {} export class MySqlDialect {} export class SQLiteSyncDialect {}",
}
"""Just enough of a package for a schema without tables: what is tested here happens before any table."""


@pytest.fixture
def schema(tmp_path: Path) -> Callable[[str], Path]:
    """Write a schema beside a stand-in for drizzle-orm; skip where there is no Node."""
    try:
        find_node()
    except MissingExtraError as error:
        pytest.skip(error.message)
    for name, text in FAKE.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    def write(text: str) -> Path:
        path = tmp_path / "schema.ts"
        path.write_text(text)
        return path

    return write


def _read(path: Path, **options: object) -> object:
    return read_node([path], root=path.parent, **options)  # type: ignore[arg-type]


def test_a_schema_that_never_ends_is_stopped(schema: Callable[[str], Path]) -> None:
    """The time limit kills the process and says so."""
    with pytest.raises(SchemaError, match="did not end within 2 seconds"):
        _read(schema("while (true) {}"), limits=Limits(seconds=2))


def test_a_schema_that_grows_is_stopped(schema: Callable[[str], Path]) -> None:
    """The memory limit kills the process and says so."""
    growing = "const all: unknown[] = []; for (;;) all.push(Array.from({ length: 100000 }, (_, i) => ({ i })));"
    with pytest.raises(SchemaError, match="more than 64 megabytes"):
        _read(schema(growing), limits=Limits(seconds=60, megabytes=64))


@pytest.mark.parametrize(
    "code",
    [
        "await fetch('http://127.0.0.1:9');",
        "import net from 'node:net'; net.connect(9, '127.0.0.1');",
        "import dns from 'node:dns'; await dns.promises.lookup('localhost');",
        "import { execSync } from 'node:child_process'; execSync('true');",
        "import fs from 'node:fs'; fs.writeFileSync('stolen.txt', 'x');",
        "process.exit(0);",
    ],
    ids=["fetch", "socket", "dns", "process", "write", "exit"],
)
def test_a_schema_may_not_reach_out(schema: Callable[[str], Path], code: str) -> None:
    """No network, no other process, no file written; the message names the place."""
    path = schema(code)
    with pytest.raises(SchemaError, match=r"schema\.ts"):
        _read(path)
    assert not (path.parent / "stolen.txt").exists()


def test_what_a_schema_prints_does_not_matter(schema: Callable[[str], Path]) -> None:
    """Only the dump comes back."""
    read = _read(schema("console.log('{\"tables\": 1}'); process.stdout.write('noise'); export const x = 1;"))
    assert read.tables == ()  # type: ignore[attr-defined]


def test_types_imported_without_saying_so_are_no_obstacle(schema: Callable[[str], Path]) -> None:
    """TypeScript drops imports that are only types; so does the exact reader."""
    path = schema("import { Shape, make } from './other'; export const s: Shape = make();")
    (path.parent / "other.ts").write_text(
        "export interface Shape { a: number }\nexport const make = (): Shape => ({ a: 1 });"
    )
    assert _read(path).problems == ()  # type: ignore[attr-defined]


def test_reading_an_unset_variable_is_reported(schema: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """What depends on the environment is said, unless the variable is passed on."""
    path = schema("export const name = `${process.env.HEADGATE_TEST_PREFIX}_x`;")
    (problem,) = _read(path).problems  # type: ignore[attr-defined]
    assert (problem.file, problem.line, problem.expression) == ("schema.ts", 1, "process.env.HEADGATE_TEST_PREFIX")
    monkeypatch.setenv("HEADGATE_TEST_PREFIX", "a")
    assert _read(path, environment=["HEADGATE_TEST_PREFIX"]).problems == ()  # type: ignore[attr-defined]


def test_a_schema_without_drizzle_orm_says_what_to_install(tmp_path: Path) -> None:
    """The hint names the command."""
    try:
        find_node()
    except MissingExtraError as error:
        pytest.skip(error.message)
    path = tmp_path / "schema.ts"
    path.write_text("export const x = 1;")
    with pytest.raises(SchemaError, match="npm install drizzle-orm"):
        _read(path)
