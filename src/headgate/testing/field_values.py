"""Values for fields whose validators know more than the JSON Schema says: a date as text, a network, a vector."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis import strategies as st
from pydantic import AliasChoices, BaseModel

from headgate.quality.parsing import FieldParser

_SAMPLES: Sequence[Any] = (
    "0", "7", "1.5", "-2.25", "a", "true", "{}", "[]", "2020-02-29", "1999-12-31", "2020-02-29T10:20:30",
    "2020-02-29T10:20:30+00:00", "2020-02-29 10:20:30", "2020-02-29 10:20:30+00", "10:20:30", "10:20:30+00",
    "10:20:30+00:00", "2020", "1 day", "01:02:03", "P1D", "1-2", "10.0.0.0/8", "192.168.0.1", "2001:db8::/32",
    "08:00:2b:01:02:03", "08:00:2b:01:02:03:04:05", "00000000-0000-4000-8000-000000000000", "{1:1.5}/3", "(1,2)",
    "[1,2)", "info@example.org", "https://example.org/", "07666", 0, 7, 0.5, 2020, True, {}, {"x": 1.0, "y": 2.0},
    *("01"[size % 2] * size for size in range(1, 65)),
    *([0.5] * size for size in (*range(17), 32, 64, 128, 256, 384, 512, 768, 1024, 1536, 2048, 3072)),
    *([[0.0] * size] * size for size in range(1, 4)),
)  # fmt: skip


def fitting(
    model: type[BaseModel], properties: Mapping[str, st.SearchStrategy[Any]]
) -> dict[str, st.SearchStrategy[Any]]:
    """Return strategies of a model's raw keys whose values its fields take, as far as that can be told field by field.

    A value that the field refuses gives way to one of the usual samples that it takes. A field that takes none of
    these keeps its strategy: it may need other fields to judge.
    """
    parser, fields = FieldParser(model), _fields_by_key(model)
    fitted = dict(properties)
    for key, strategy in properties.items():
        if key in fields:
            takes = _taker(parser, fields[key])
            taken = [sample for sample in _SAMPLES if takes(sample)]
            if taken and len(taken) < len(_SAMPLES):
                fitted[key] = st.tuples(strategy, st.sampled_from(taken)).map(_first_if(takes))
    return fitted


def _taker(parser: FieldParser, field: str) -> Callable[[Any], bool]:
    def takes(value: Any) -> bool:
        try:
            parser.parse(field, value)
        except Exception:  # noqa: BLE001 - a validator may raise anything: then it does not take the value
            return False
        return True

    return takes


def _first_if(takes: Callable[[Any], bool]) -> Callable[[tuple[Any, Any]], Any]:
    return lambda pair: pair[0] if takes(pair[0]) else pair[1]


def _fields_by_key(model: type[BaseModel]) -> dict[str, str]:
    keys = {}
    for field, info in model.model_fields.items():
        alias = info.validation_alias
        if isinstance(alias, AliasChoices):
            alias = next((choice for choice in alias.choices if isinstance(choice, str)), None)
        keys[alias if isinstance(alias, str) else field] = field
    return keys
