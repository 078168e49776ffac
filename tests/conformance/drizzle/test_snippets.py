"""What TypeScript computes, held against the value that drizzle-orm was given when Node ran the same text."""

from __future__ import annotations

import json
from pathlib import Path

from headgate.drizzle.static.reader import read_static

_HEAD = "import * as p from 'drizzle-orm/pg-core'; import { sql } from 'drizzle-orm';\n"
_RECORDED = json.loads((Path(__file__).parent / "snippets.json").read_text(encoding="utf-8"))
"""Text of our own, and the default of a text column that drizzle-orm 0.45 reported for it."""


def test_no_snippet_is_read_wrongly_in_silence(tmp_path: Path) -> None:
    """Each of the expressions has the value that Node gives it, or its file is named among the problems."""
    for number, one in enumerate(_RECORDED):
        column = f"p.text('a').default(String(({one['expression']}) as any) as any)"
        text = f"{_HEAD}{one['before']}\nexport const e = p.pgTable('t', {{ a: {column} }});\n"
        (tmp_path / f"e{number:03d}.ts").write_text(text, encoding="utf-8")
    wrong, read = [], 0
    for number, one in enumerate(_RECORDED):
        schema = read_static([tmp_path / f"e{number:03d}.ts"], root=tmp_path)
        if schema.problems:
            continue
        read += 1
        (table,) = schema.tables
        if table.columns[0].default != one["value"]:
            wrong.append((one, table.columns[0].default))
    assert wrong == []
    assert read >= 0.6 * len(_RECORDED)
