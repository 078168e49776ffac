"""What no database keeps is found in every kind of field, whatever its type promises."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from pydantic import AfterValidator, BaseModel, Field, create_model, field_validator

from headgate.quality import compile_rules


class Odd(Enum):
    """An enum of which one member cannot be written."""

    GOOD = "good"
    BAD = "a\0b"


class Inner(BaseModel):
    """An object in a field."""

    name: Any = None


SURROGATE, NUL, NAN, WIDE = "\ud800", "a\0b", float("nan"), 2**63


@pytest.mark.parametrize(
    ("annotation", "good", "bad"),
    [
        (str, "a", SURROGATE),
        (str, "é", NUL),
        (str | None, None, NUL),
        (Annotated[str, Field(max_length=5)] | None, "a", NUL),
        (int, 1, WIDE),
        (int | None, None, -(2**63) - 1),
        (Annotated[int, Field(gt=0)], 1, WIDE),
        (float, 0, NAN),
        (float | None, None, float("inf")),
        (Annotated[float, Field(ge=0)] | None, 1.5, float("inf")),
        (int | float, 1, NAN),
        (list[float], [], [1.0, NAN]),
        (list[str], ["a"], [NUL]),
        (dict[str, int], {}, {NUL: 1}),
        (Any, 1, {"a": [SURROGATE]}),
        (Inner, {}, {"name": WIDE}),
        (Inner | None, None, {"name": NAN}),
        (Odd, Odd.GOOD, Odd.BAD),
        (Literal["a", "a\0b"], "a", NUL),
        (Annotated[date, AfterValidator(lambda day: NUL if day.year == 1 else day)], date(2, 1, 1), date(1, 1, 1)),
        (Annotated[bool, AfterValidator(lambda flag: NAN if flag else flag)] | None, False, True),
    ],
)
@pytest.mark.parametrize("others", [0, 1, 70])
def test_it_is_found_wherever_it_is(annotation: Any, good: Any, bad: Any, others: int) -> None:
    """Alone and among good rows, which go on."""
    model = create_model("M", field=(annotation, ...))
    result = compile_rules(model, for_store=True).process([{"field": value} for value in ([good] * others + [bad])])
    assert [(item.index, [reason.rule for reason in item.reasons]) for item in result.invalid] == [
        (others, ["storable"])
    ]
    assert result.invalid[0].reasons[0].field == "field"


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (str, "é\\ud800"),
        (int, 2**63 - 1),
        (int, -(2**63)),
        (float, 1.7e308),
        (float | None, None),
        (Decimal, Decimal("1e400")),
        (date, date(9999, 12, 31)),
        (Odd, Odd.GOOD),
        (list[str], ["\\u0000"]),
    ],
)
def test_what_can_be_kept_goes_on(annotation: Any, value: Any) -> None:
    """The largest integer, sums beyond every float, and texts that only look like escapes."""
    model = create_model("M", field=(annotation, ...))
    assert len(compile_rules(model, for_store=True).process([{"field": value}] * 3).valid) == 3


def test_a_type_is_not_believed_where_others_make_the_value() -> None:
    """Validators, defaults and factories can put anything in the place of a date."""

    class Validated(BaseModel):
        day: date

        @field_validator("day", mode="plain")
        @classmethod
        def _odd(cls, _: Any) -> Any:
            return NUL

    class Defaulted(BaseModel):
        day: date = NUL  # type: ignore[assignment]

    class Made(BaseModel):
        day: date = Field(default_factory=lambda: NUL)  # type: ignore[arg-type,return-value]

    class Afterwards(BaseModel):
        day: date | None = None

        def model_post_init(self, _: Any) -> None:
            self.__dict__["day"] = NUL

    for model in (Validated, Defaulted, Made, Afterwards):
        result = compile_rules(model, for_store=True).process([{"day": 1} if model is Validated else {}])
        assert [reason.rule for reason in result.invalid[0].reasons] == ["storable"], model
