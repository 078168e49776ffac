"""Schemas made by chance, read without Node and by drizzle-orm itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fixtures.schema_maker import Maker
from headgate.drizzle.dump import to_json
from headgate.drizzle.ir import Schema
from headgate.drizzle.node.reader import read_node
from headgate.drizzle.problems import SchemaError
from headgate.drizzle.static.reader import read_static

_SEEDS = range(96)
_AT_ONCE = 24


def _facts(schema: Schema, seed: int) -> dict[str, Any]:
    """Return what one of the schemas exports, without the types that only the sources show."""
    dumped = json.loads(json.dumps(to_json(schema)))
    kinds = ("tables", "views", "enums", "relations", "schemas")
    return {kind: [one for one in dumped[kind] if _file(one).startswith(f"s{seed}/")] for kind in kinds}


def _file(exported: dict[str, Any]) -> str:
    return str(exported.get("sourceFile") or exported.get("file"))


def _exact(seeds: list[int], folder: Path, drizzle: Path) -> dict[int, dict[str, Any] | None]:
    """Return what drizzle-orm says of each schema: nothing of one that throws."""
    try:
        entries = [folder / f"s{seed}" / "schema.ts" for seed in seeds]
        schema = read_node(entries, root=folder, drizzle=drizzle)
    except SchemaError:
        if len(seeds) == 1:
            return {seeds[0]: None}
        half = len(seeds) // 2
        return _exact(seeds[:half], folder, drizzle) | _exact(seeds[half:], folder, drizzle)
    return {seed: _facts(schema, seed) for seed in seeds}


def test_no_made_schema_is_read_wrongly_in_silence(tmp_path: Path, drizzle_orm: Path) -> None:
    """Of each schema every fact is drizzle-orm's, or the schema is named among the problems; most are read."""
    for seed in _SEEDS:
        for name, text in Maker(seed).files().items():
            path = tmp_path / f"s{seed}" / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
    exact: dict[int, dict[str, Any] | None] = {}
    for first in range(0, len(_SEEDS), _AT_ONCE):
        exact |= _exact(list(_SEEDS[first : first + _AT_ONCE]), tmp_path, drizzle_orm)
    wrong, same = [], 0
    for seed, facts in exact.items():
        static = read_static([tmp_path / f"s{seed}" / "schema.ts"], root=tmp_path)
        if static.problems:
            continue
        read = _facts(static, seed)
        same += read == facts
        if read != facts or [list(one) for one in read["tables"]] != [list(one) for one in (facts or read)["tables"]]:
            wrong.append(seed)
    assert wrong == []
    assert same >= 0.9 * len(_SEEDS)
