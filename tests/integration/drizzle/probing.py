# ruff: noqa: E501 - tables of values read better in wide lines
"""Probing columns: the values, how they are written in SQL, and what the generated models say about them."""

from __future__ import annotations

import importlib.util
import json
import math
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ValidationError, create_model

from headgate.drizzle.ir import Column, Schema
from headgate.drizzle.write.package import write_package

INTEGERS = [
    n + d
    for n in (
        0,
        2**7,
        -(2**7),
        2**8,
        2**15,
        -(2**15),
        2**16,
        2**23,
        2**24,
        2**31,
        -(2**31),
        2**32,
        2**53,
        2**63,
        -(2**63),
    )
    for d in (-1, 0, 1)
] + [2**64, 10**30]
FLOATS = [0.0, -0.0, 0.1, 1.5, -2.25, 1e10, 3.4e38, 3.5e38, -3.5e38, 1e-40, 1e-50, 1e308, math.nan, math.inf, -math.inf]
DECIMALS = [
    Decimal(text)
    for text in (
        "0", "0.1", "-0.1", "99999999.99", "99999999.994", "99999999.995", "99999999.999", "100000000", "-99999999.99",
        "9999999999", "9999999999.4", "9999999999.5", "10000000000", "999.999", "999.9994", "999.9996", "1000", "1E+20",
        "99999999999999999999", "99999999999999999999.5", "1E-30", "NaN", "Infinity", "123456789012345678901234567890.5",
    )
]  # fmt: skip
TEXTS = [
    "", " ", "a", "ab", "abc", "abcd", "abcde", "abcdef", "abcde ", "abcde   ", "a" * 9, "a" * 10, "a" * 11, "a" * 12, "a" * 20,
    "a" * 21, "a" * 20 + "    ", "a" * 320, "a" * 321, "é" * 5, "é" * 20, "é" * 21, "😀" * 5, "😀" * 6, "😀" * 10, "😀" * 20,
    "😀" * 21, "e\u0301" * 10, "e\u0301" * 11, "a\0b", "\0", "it's", 'say "hi"', "back\\slash", "new\nline", "tab\t", "\u200b",
    "\x01", "\x7f", "null", "NULL", "None", "undefined", "<script>", "'; drop table x; --", "%s", "${x}", "x" * 70_000,
]  # fmt: skip
WORDS = [
    "x", "y", "z", "X", "low", "mid", "high", "p", "q", "m", "sad", "ok", "happy day", "it's", "class", "1st", "sad-2", "Sad",
    "active", "off", "b", "admin", "user", "",
]  # fmt: skip
NUMBERS_AS_TEXT = [
    "0",
    "1",
    "-1",
    "12",
    " 12 ",
    "+5",
    "1.0",
    "1.5",
    "1e3",
    "abc",
    "1,000",
    "0x10",
    "NaN",
    "Infinity",
    "-Infinity",
    "1_0x",
]
BOOLEANS = [
    True,
    False,
    "true",
    "false",
    "TRUE",
    "t",
    "f",
    "tr",
    "fal",
    "yes",
    "no",
    "y",
    "n",
    "on",
    "off",
    "of",
    "o",
    "1",
    "0",
    "2",
    "ja",
]
DATES = [
    "2024-01-02", "2024-02-29", "2023-02-29", "2024-02-30", "2024-13-01", "2024-00-01", "2024-1-2", "20240102", "0001-01-01",
    "9999-12-31", "10000-01-01", "0000-01-01", "-0001-01-01", "infinity", "-infinity", "epoch", "now", "today", "never", "",
    "2024-01-02T03:04:05", "2024-01-02 03:04:05Z", "4714-01-01 BC", "0044-03-15 BC", "5874897-01-01", "5874898-01-01",
]  # fmt: skip
MOMENTS = [
    "2024-01-02T03:04:05Z", "2024-01-02 03:04:05", "2024-01-02T03:04:05.123456+02:00", "2024-01-02 03:04", "2024-01-02",
    "2024-01-02T24:00:00Z", "2024-01-02T25:00:00Z", "2024-01-02T03:60:00Z", "2024-02-30T00:00:00Z", "infinity", "never", "",
    "2024-01-02T03:04:05+14:00", "294276-12-31 00:00:00", "294277-01-01 00:00:00", "2024-01-02T03:04:05 PM", "now", "epoch",
]  # fmt: skip
TIMES = [
    "00:00", "10:11", "10:11:12", "10:11:12.123456", "23:59:59.999999", "24:00:00", "24:00:01", "25:00", "10:60", "10:11:60",
    "10:11:61", "now", "allballs", "noon", "", "10:11:12+02", "10:11:12Z", "1:2:3", "04:05 PM", "13:05 PM", "12:00 AM",
]  # fmt: skip
INTERVALS = [
    "1 day", "2 hours 3 minutes", "1 year 2 mons -3 days", "P1D", "P1Y2M3DT4H5M6S", "PT1H", "P", "PT", "1:02:03", "1 day ago",
    "5", "1.5 weeks", "", "soon", "1 fortnight", "P1W", "1-2", "10 seconds", "@ 1 minute", "-1 day", "1 century",
]  # fmt: skip
UUIDS = [
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}",
    "a0eebc999c0b4ef8bb6d6bb9bd380a11", "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11", "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}",
    "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1",
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a111", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "",
    "urn:uuid:a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", " a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
]  # fmt: skip
ADDRESSES = [
    "192.168.0.1", "192.168.0.1/24", "192.168.0.0/24", "192.168.0.1/33", "10.0.0.0/8", "10", "10.1", "192.168.1", "256.1.1.1",
    "::1", "::1/128", "fe80::1%eth0", "2001:db8::/32", "2001:db8::1/32", "::ffff:1.2.3.4", "", "localhost", "1.2.3.4.5", "1.2.3.4/",
    "08:00:2b:01:02:03", "08-00-2b-01-02-03", "08002b:010203", "0800.2b01.0203", "08002b010203", "0800-2b01-0203",
    "08:00:2b:01:02:03:04:05", "08002b0102030405", "08:00:2b:01:02", "08:00:2b:01:02:0g",
]  # fmt: skip
BITS = ["10101010", "00000000", "1010101", "101010101", "", "1010101x", "xff", "b10101010", "xf"]
JSON = [
    {}, [], {"a": 1}, {"a": 1, "b": ["x"], "c": None}, {"a": 1, "c": "x"}, {"a": 1, "c": "x", "more": [1, {"deep": None}]}, [1, "two", None],
    ["a", "b"], {"n": 1.5}, {"n": 1}, 1, 1.5, "text", True, False, {"a": "b\0c"}, {"k\0": 1}, [math.nan], [math.inf], "\0", 2**70, {"": ""},
    {"é": "😀"},
]  # fmt: skip
NAIVE = [datetime(2024, 1, 2, 3, 4, 5), datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999)]  # noqa: DTZ001 - without zone on purpose
AWARE = [
    datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC),
    datetime(2024, 1, 2, 3, 4, 5, 123456, tzinfo=timezone(timedelta(hours=-5))),
    datetime(9999, 12, 31, tzinfo=UTC),
]
DAYS = [date(2024, 2, 29), date(1, 1, 1), date(9999, 12, 31)]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the database and the model say about one value in one column."""

    column: str
    value: Any
    database: bool
    model: bool
    reason: str


def values_for(column: Column) -> Iterator[Any]:
    """Give the values a column is probed with: those of its own kind, boundary and hostile ones alike."""
    yield None
    of = column.type
    if of.base is not None:
        yield from _arrays(column)
        return
    kind = of.column_type
    if of.sql_type == "bytea":
        yield from (b"", b"\0", b"abc", bytes(range(256)))
        return
    groups = next((groups for ending, groups in _KINDS.items() if ending in kind), (TEXTS,))
    for group in groups:
        yield from group
    yield from of.enum_values or ()


_KINDS: dict[str, tuple[Iterable[Any], ...]] = {
    "Serial": (INTEGERS, NUMBERS_AS_TEXT),
    "BigInt": (INTEGERS, NUMBERS_AS_TEXT),
    "SmallInt": (INTEGERS, NUMBERS_AS_TEXT),
    "Integer": (INTEGERS, NUMBERS_AS_TEXT),
    "Boolean": (BOOLEANS,),
    "Numeric": (DECIMALS, INTEGERS, NUMBERS_AS_TEXT),
    "Real": (FLOATS, INTEGERS),
    "DoublePrecision": (FLOATS, INTEGERS),
    "Json": (JSON,),
    "TimestampString": (MOMENTS,),
    "DateString": (DATES,),
    "PgTimestamp": (NAIVE, AWARE, ["2024-02-30T00:00:00Z", "never", ""]),
    "PgDate": (DAYS, ["2024-02-30", "never", ""]),
    "PgTime": (TIMES, [time(1, 2, 3)]),
    "Interval": (INTERVALS,),
    "UUID": (UUIDS, [UUID(int=1)]),
    "Inet": (ADDRESSES,),
    "Cidr": (ADDRESSES,),
    "Macaddr": (ADDRESSES,),
    "BinaryVector": (BITS,),
    "PointObject": ([{"x": 1.0, "y": 2.0}, {"x": 0, "y": -0.5}],),
    "PointTuple": ([(1.0, 2.0), (0, 0), (math.inf, 1.0), (1.0,), (1.0, 2.0, 3.0), ("a", 1)],),
    "PgLineABC": ([{"a": 1.0, "b": 2.0, "c": 3.0}, {"a": 0.0, "b": 0.0, "c": 1.0}],),
    "PgLine": ([(1.0, 2.0, 3.0), (0.0, 0.0, 1.0), (1.0, 0.0, 0.0), (1.0, 2.0)],),
    "PgVector": ([[1.0, 2.0, 3.0], [1.0, 2.0], [1.0, 2.0, 3.0, 4.0], [math.nan, 0.0, 0.0], [1e39, 0.0, 0.0], []],),
    "PgHalfVector": ([[1.0, 2.0, 3.0, 4.0], [65504.0, 0.0, 0.0, 0.0], [65520.0, 0.0, 0.0, 0.0], [1.0]],),
    "PgSparseVector": (["{1:1,3:2}/5", "{}/5", "{6:1}/5", "{0:1}/5", "{1:1}/4", "{1:1,1:2}/5", "x"],),
    "Enum": (WORDS,),
    "PgChar": (TEXTS,),
    "PgVarchar": (TEXTS, WORDS),
    "PgText": (TEXTS, WORDS),
}


def _arrays(column: Column) -> Iterator[Any]:
    base = column.type.base
    assert base is not None
    yield []
    if base.base is not None:
        yield from ([[1, 2], [3, 4]], [[1, 2], [3]], [[]], [[None, 1]], [[2**31]], [[1], [2], [3]])
    elif base.column_type == "PgInteger":
        yield from ([1, 2, 3], [1], [1, None], [2**31], [1, 2, 3, 4])
    elif base.column_type == "PgUUID":
        yield from ([UUIDS[0]], [UUIDS[0], None], ["nonsense"], [UUIDS[3]])
    elif base.column_type == "PgTimestamp":
        yield from ([NAIVE[0]], [NAIVE[0], None], ["never"])
    elif base.enum_values is not None and base.enum_name is not None:
        yield from ([base.enum_values[0]], [base.enum_values[0], None], ["nonsense"])
    else:
        yield from (["a"], ["a", None], ["abcd"], ["abcde"], ["a\0"], ["it's", 'say "hi"', "a,b", "{}"], ["m", "zzz"])


def literal(value: Any, column: Column) -> str:  # noqa: PLR0911 - one return for each kind
    """Return a value as it stands in an INSERT of PostgreSQL."""
    if value is None:
        return "NULL"
    if "Json" in column.type.column_type:
        return _quoted(json.dumps(value))
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float | Decimal):
        text = repr(value) if isinstance(value, float) else str(value)
        return _quoted(text) if text.strip("-").lower() in {"nan", "inf", "infinity"} else text
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'::bytea"
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, tuple | list):
        return _quoted(_composite(value, column))
    if isinstance(value, datetime | date | time):
        return _quoted(value.isoformat())
    return _quoted(str(value))


def _composite(value: Any, column: Column) -> str:
    kind = column.type.column_type
    if kind == "PgArray":
        return _array(value)
    inner = ",".join(str(v) for v in value)
    if "Point" in kind:
        return f"({inner})"
    return f"{{{inner}}}" if "Line" in kind else f"[{inner}]"


def _array(value: Any) -> str:
    if isinstance(value, list):
        return "{" + ",".join(_array(item) for item in value) + "}"
    if value is None:
        return "NULL"
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def load_models(schema: Schema, folder: Path, name: str) -> ModuleType:
    """Write the models of a schema and import them."""
    package = folder / name
    package.mkdir()
    for file, text in write_package(schema).items():
        (package / file).write_text(text)
    spec = importlib.util.spec_from_file_location(
        name, package / "__init__.py", submodule_search_locations=[str(package)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def field_models(insert: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """Return a model for each field of an Insert model alone, by the field's name."""
    return {
        name: create_model(f"Only_{name}", __base__=BaseModel, v=(_annotation(field), ...))
        for name, field in insert.model_fields.items()
    }


def _annotation(field: Any) -> Any:
    annotation = field.annotation
    for metadata in field.metadata:
        annotation = Annotated[annotation, metadata]
    return annotation


def judge(model: type[BaseModel], value: Any) -> tuple[bool, str]:
    """Return whether a model accepts a value, and why not."""
    try:
        model(v=value)
    except ValidationError as error:
        return False, error.errors()[0]["msg"]
    return True, ""
