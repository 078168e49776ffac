"""How long 1,000 tables take to read and to write, and a check of what did not change.

Run: python benchmarks/drizzle.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from headgate.drizzle.generate import generate
from headgate.drizzle.reading import ReadOptions
from headgate.drizzle.sources import find_source
from headgate.drizzle.stamp import is_fresh
from headgate.drizzle.static.reader import read_static
from headgate.drizzle.write.options import WriteOptions
from headgate.drizzle.write.package import write_package

TABLES = 1000
COLUMNS = """
  id: serial('id').primaryKey(),
  name: varchar('name', { length: 120 }).notNull(),
  bio: text('bio'),
  age: integer('age').default(0).notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).defaultNow().notNull(),
  active: boolean('active').default(false),
  price: numeric('price', { precision: 10, scale: 2 }),
  meta: jsonb('meta').$type<{ a: number; b?: string[] }>(),
  key: uuid('key').defaultRandom(),
  first: integer('first').references(() => t0.id, { onDelete: 'cascade' }),
  kind: text('kind', { enum: ['a', 'b'] }),
"""
NAMES = "pgTable, serial, varchar, text, integer, timestamp, boolean, numeric, jsonb, uuid, index"


def schema() -> str:
    """Return a schema of many tables."""
    head = f"import {{ {NAMES} }} from 'drizzle-orm/pg-core';\n"
    table = "export const t{0} = pgTable('t{0}', {{" + COLUMNS.replace("{", "{{").replace("}", "}}")
    return head + "".join(f"{table.format(i)}}}, (t) => [index('i{i}').on(t.name)]);\n" for i in range(TABLES))


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "schema.ts"
        path.write_text(schema())
        started = time.perf_counter()
        read = read_static([path])
        between = time.perf_counter()
        files = write_package(read)
        ended = time.perf_counter()
        columns = sum(len(table.columns) for table in read.tables)
        print(f"read  {len(read.tables)} tables, {columns} columns: {between - started:.2f} s")
        print(f"write {len(files)} files: {ended - between:.2f} s (together {ended - started:.2f} s, aim 2 s)")
        source, out = find_source([path]), Path(folder) / "models"
        generate(source, out)
        started = time.perf_counter()
        assert is_fresh(source, out, ReadOptions(), WriteOptions())
        print(
            f"check of unchanged models: {(time.perf_counter() - started) * 1000:.0f} ms (aim 300 ms beyond start-up)"
        )
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import headgate.drizzle.check"], check=True)
        print(f"start-up of the process: {(time.perf_counter() - started) * 1000:.0f} ms")


if __name__ == "__main__":
    main()
