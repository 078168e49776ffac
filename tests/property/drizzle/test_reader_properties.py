"""Properties of the reader, the runtime types and the layout that hold for any input."""

from __future__ import annotations

import ast
import json
import math
import tempfile
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from headgate.drizzle import runtime
from headgate.drizzle.casing import camel_case, snake_case
from headgate.drizzle.dump import from_json, to_json
from headgate.drizzle.runtime import checks
from headgate.drizzle.static.literals import unescape
from headgate.drizzle.static.reader import read_static
from headgate.drizzle.static.values import number_text
from headgate.drizzle.write import layout, naming

SCHEMAS = Path(__file__).parents[2] / "conformance" / "drizzle" / "schemas"
SOURCE = (SCHEMAS / "search_engine" / "schema.ts").read_text()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(0, len(SOURCE) - 1),
    st.integers(0, 60),
    st.sampled_from(["", "{", ")", "`", "${", "'", "\\", "=> ", "?.", "\0"]),
)
def test_a_damaged_schema_is_never_a_crash(at: int, cut: int, insert: str) -> None:
    """Whatever is cut out or put in, the reader returns, and every problem has its place."""
    damaged = SOURCE[:at] + insert + SOURCE[at + cut :]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "schema.ts"
        path.write_text(damaged)
        schema = read_static([path])
    for problem in schema.problems:
        assert problem.line >= 1


@pytest.mark.parametrize("name", ["analytics", "auth", "chat", "ledger", "media", "shop"])
def test_a_dump_can_be_read_back(name: str) -> None:
    """Writing a schema as JSON and reading it again changes nothing."""
    schema = read_static([SCHEMAS / name / "schema.ts"])
    again = from_json(json.loads(json.dumps(to_json(schema))), engine="static")
    assert to_json(again)["tables"] == to_json(schema)["tables"]
    assert [t.columns for t in again.tables] == [t.columns for t in schema.tables]


@given(st.text(max_size=200))
def test_a_string_literal_means_the_string(text: str) -> None:
    """Generated string literals are Python for exactly that text."""
    assert ast.literal_eval(layout.string(text)) == text


@given(st.lists(st.text(max_size=60), min_size=1, max_size=5))
def test_a_docstring_is_one_string(lines: list[str]) -> None:
    """No text of a schema breaks out of its docstring."""
    source = "\n".join(layout.docstring(lines, 0))
    assert isinstance(ast.literal_eval(source), str)


@given(st.text(max_size=40))
def test_every_name_becomes_an_identifier(name: str) -> None:
    """Attributes, members and classes are valid Python whatever the schema calls them."""
    for made in (naming.attribute(name), naming.member(name)):
        assert made.isidentifier(), made
        assert not made.startswith("_")


@given(st.lists(st.sampled_from(["a", "b", "a_2", "a_", "B"]), max_size=12))
def test_unique_names_are_unique(names: list[str]) -> None:
    """Repeated names get numbers, the first keeps its own."""
    made = naming.unique(names)
    assert len(set(made)) == len(names)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_written_as_javascript_reads_them(value: float) -> None:
    """The text of a number means the same number."""
    assert float(number_text(value)) == value


@given(st.text(alphabet="abcABC012_ ", max_size=20))
def test_casing_twice_is_casing_once(name: str) -> None:
    """Cased names stay as they are."""
    assert snake_case(snake_case(name)) == snake_case(name)
    assert camel_case(snake_case(camel_case(name))) == camel_case(snake_case(camel_case(name)))


@given(st.text(alphabet="abc'\"`é😀 ", max_size=30))
def test_text_without_backslashes_means_itself(text: str) -> None:
    """Only escapes change."""
    assert unescape(text) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9))
def test_a_decimal_fits_or_is_refused(value: Decimal) -> None:
    """What fits is within half a unit of the value, and has the declared places."""
    numeric = runtime.Numeric(6, 2)
    try:
        made = numeric.fit(value)
    except ValueError:
        assert abs(value) >= Decimal("9999.995")
        return
    assert abs(made - value) <= Decimal("0.005")
    assert -made.as_tuple().exponent == 2  # type: ignore[operator]
    assert abs(made) < 10_000


@given(st.integers())
def test_integers_are_held_in_their_range(value: int) -> None:
    """Each integer type accepts its range and nothing else."""
    for kind, bits in ((runtime.Int2, 16), (runtime.Int4, 32), (runtime.Int8, 64)):
        inside = -(2 ** (bits - 1)) <= value < 2 ** (bits - 1)
        try:
            assert TypeAdapter(kind).validate_python(value) == value
            assert inside
        except ValidationError:
            assert not inside


@given(st.floats())
def test_real_accepts_what_single_precision_holds(value: float) -> None:
    """Overflow and underflow are refused, everything else is kept."""
    try:
        made = TypeAdapter(runtime.Real).validate_python(value)
    except ValidationError:
        assert math.isfinite(value)
        assert abs(value) > 3.4e38 or 0 < abs(value) < 1e-44
    else:
        assert made == value or math.isnan(value)


TRUTH = st.sampled_from([True, False, None])


@given(TRUTH, TRUTH, TRUTH)
def test_checks_follow_the_logic_of_sql(a: bool | None, b: bool | None, c: bool | None) -> None:
    """De Morgan holds in three values, and the order of operands does not matter."""
    assert checks.negate(checks.both(a, b, c)) == checks.either(*(checks.negate(x) for x in (a, b, c)))
    assert checks.both(a, b, c) == checks.both(c, b, a)
    assert checks.either(a, b, c) == checks.either(c, a, b)
