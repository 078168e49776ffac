# ruff: noqa: E501 - schemas read better in wide lines
"""Writing a folder of models, all or nothing, and noticing every way it can drift."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from headgate.drizzle.check import check_models
from headgate.drizzle.generate import generate, replace_folder
from headgate.drizzle.problems import SchemaError
from headgate.drizzle.reading import ReadOptions, read_schema
from headgate.drizzle.sources import Source, find_source
from headgate.drizzle.stamp import STAMP, is_fresh
from headgate.drizzle.write.options import WriteOptions

SCHEMA = "import { pgTable, text } from 'drizzle-orm/pg-core';\nexport const users = pgTable('users', { id: text('id').primaryKey() });\n"
Write = Callable[[dict[str, str]], Path]


@pytest.fixture
def source(write_files: Write) -> Source:
    """Give a schema with one table."""
    return find_source([write_files({"db/schema.ts": SCHEMA}) / "db" / "schema.ts"])


def test_what_was_written_is_up_to_date(source: Source, tmp_path: Path) -> None:
    """A check straight after writing finds nothing, by the stamp and without it."""
    out = tmp_path / "models"
    generate(source, out)
    assert is_fresh(source, out, ReadOptions(), WriteOptions())
    assert check_models(source, out) == []
    (out / STAMP).unlink()
    assert check_models(source, out) == []


def test_a_changed_schema_is_noticed(source: Source, tmp_path: Path) -> None:
    """The check shows the lines that should change."""
    out = tmp_path / "models"
    generate(source, out)
    source.entries[0].write_text(SCHEMA.replace("{ id:", "{ name: text('name'), id:"))
    (difference,) = check_models(source, out)
    assert (difference.file, difference.kind) == ("users.py", "stale")
    assert "+    name: _t.PgText | None" in difference.diff


def test_a_changed_import_is_noticed(write_files: Write, tmp_path: Path) -> None:
    """Files behind the entry count too."""
    folder = write_files(
        {
            "schema.ts": SCHEMA.replace("'users'", "NAME") + "import { NAME } from './name';",
            "name.ts": "export const NAME = 'a';",
        }
    )
    source = find_source([folder / "schema.ts"])
    generate(source, tmp_path / "models")
    (folder / "name.ts").write_text("export const NAME = 'b';")
    assert [d.file for d in check_models(source, tmp_path / "models")] == ["users.py"]


def test_edited_missing_and_left_over_files_are_noticed(source: Source, tmp_path: Path) -> None:
    """Each has its own word."""
    out = tmp_path / "models"
    generate(source, out)
    (out / "users.py").write_text((out / "users.py").read_text() + "# mine\n")
    (out / "__init__.py").unlink()
    (out / "old.py").write_text("x = 1\n")
    assert {d.file: d.kind for d in check_models(source, out)} == {
        "users.py": "edited",
        "__init__.py": "missing",
        "old.py": "left over",
    }


def test_other_options_are_noticed(source: Source, tmp_path: Path) -> None:
    """Models written in another style are stale."""
    generate(source, tmp_path / "models")
    assert check_models(source, tmp_path / "models", write=WriteOptions(single_file=True))


def test_files_edited_by_hand_are_not_overwritten(source: Source, tmp_path: Path) -> None:
    """Unless it is forced."""
    out = tmp_path / "models"
    generate(source, out)
    (out / "users.py").write_text((out / "users.py").read_text() + "# mine\n")
    with pytest.raises(SchemaError, match="edited by hand"):
        generate(source, out)
    generate(source, out, force=True)
    assert "# mine" not in (out / "users.py").read_text()


def test_foreign_files_are_never_overwritten(source: Source, tmp_path: Path) -> None:
    """A folder with something else in it is refused, forced or not."""
    out = tmp_path / "models"
    out.mkdir()
    (out / "precious.py").write_text("x = 1\n")
    for force in (False, True):
        with pytest.raises(SchemaError, match="did not write"):
            generate(source, out, force=force)
    assert sorted(path.name for path in out.iterdir()) == ["precious.py"]


def test_a_failure_leaves_the_old_folder(source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that dies half-way changes nothing and leaves nothing behind."""
    out = tmp_path / "models"
    generate(source, out)
    before = {path.name: path.read_text() for path in out.iterdir()}
    real = Path.write_text

    def full(self: Path, text: str, **options: str) -> int:
        if self.name == "users.py":
            raise OSError(28, "No space left on device")
        return real(self, text, **options)

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space"):
        replace_folder(out, {"__init__.py": "", "users.py": ""})
    monkeypatch.undo()
    assert {path.name: path.read_text() for path in out.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".models")] == []


def test_uncertain_tables_fail_are_left_out_or_kept(write_files: Write, tmp_path: Path) -> None:
    """By default nothing is written; the other choices keep what is certain."""
    text = SCHEMA + "import { n } from 'x';\nexport const odd = pgTable('odd', { a: text('a'), b: text(n) });\n"
    source = find_source([write_files({"schema.ts": text}) / "schema.ts"])
    with pytest.raises(SchemaError, match=r"schema.ts:3: odd.b: the package 'x' is not found"):
        generate(source, tmp_path / "models")
    assert not (tmp_path / "models").exists()
    assert "odd.py" not in generate(source, tmp_path / "models", unresolved="omit").files
    assert "odd.py" in generate(source, tmp_path / "models", unresolved="mark").files


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {
                "a.ts": SCHEMA,
                "b.ts": "import * as s from 'drizzle-orm/sqlite-core';\nexport const t = s.sqliteTable('t', {});",
            },
            "mixes dialects",
        ),
        ({"readme.md": "nothing"}, "no schema file is found"),
    ],
)
def test_schemas_that_cannot_be_are_refused(write_files: Write, files: dict[str, str], message: str) -> None:
    """Each has one clear message."""
    folder = write_files({f"db/{name}": text for name, text in files.items()}) / "db"
    with pytest.raises(SchemaError, match=message):
        read_schema(find_source([folder]))


def test_two_tables_of_one_name_are_refused(write_files: Write, tmp_path: Path) -> None:
    """The message names both places."""
    folder = write_files({"db/a.ts": SCHEMA, "db/b.ts": SCHEMA.replace("const users", "const people")}) / "db"
    with pytest.raises(SchemaError, match=r"b\.ts:2: people: a second table called 'users', the first is in a\.ts:2"):
        generate(find_source([folder]), tmp_path / "models")


def test_a_schema_without_tables_is_refused(write_files: Write, tmp_path: Path) -> None:
    """Models of nothing are not written."""
    source = find_source([write_files({"schema.ts": "export const x = 1;"}) / "schema.ts"])
    with pytest.raises(SchemaError, match="no table is exported"):
        generate(source, tmp_path / "models")


def test_a_configuration_names_the_schema(write_files: Write) -> None:
    """`drizzle.config.ts` is read for schema, dialect and casing; its globs are followed."""
    folder = write_files(
        {
            "drizzle.config.ts": "import { defineConfig } from 'drizzle-kit';\nexport default defineConfig({ dialect: 'postgresql', schema: './src/**/*.sql.ts', casing: 'snake_case', dbCredentials: { url: process.env.URL! } });",
            "src/a/users.sql.ts": SCHEMA.replace("id: text('id')", "userId: text()"),
            "src/b/other.ts": "broken {",
        }
    )
    for paths in ([], ["drizzle.config.ts"]):
        source = find_source(paths, folder=folder)
        assert source.dialect == "pg"
        schema = read_schema(source)
        assert schema.tables[0].columns[0].db_name == "user_id"


def test_a_configuration_from_the_environment_is_refused(write_files: Write) -> None:
    """Where the schema is must be certain."""
    folder = write_files({"drizzle.config.ts": "export default { schema: process.env.SCHEMA };"})
    with pytest.raises(SchemaError, match=r"drizzle.config.ts:1: .*environment"):
        find_source([], folder=folder)


def test_checking_what_did_not_change_is_quick(source: Source, tmp_path: Path) -> None:
    """The stamp answers without reading the schema again."""
    out = tmp_path / "models"
    generate(source, out)
    started = time.perf_counter()
    assert check_models(source, out) == []
    assert time.perf_counter() - started < 0.3
