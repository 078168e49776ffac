"""Rows made for models that were generated from a schema with every kind of column."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from pydantic import BaseModel

from headgate.drizzle.generate import generate
from headgate.drizzle.sources import Source
from headgate.quality import validate_and_process_batch
from headgate.testing.strategies import rows


def _every_row_is_taken(model: type[BaseModel]) -> None:
    few = settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])

    @few
    @given(rows(model))
    def taken(row: dict[str, Any]) -> None:
        assert len(validate_and_process_batch([row], model).valid) == 1

    taken()


@pytest.mark.parametrize("dialect", ["pg", "mysql", "sqlite"])
def test_every_generated_model_takes_rows_made_for_it(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dialect: str
) -> None:
    """Also where a column has a text of its own form, such as networks, vectors and times without a zone."""
    folder = shared_data / "drizzle"
    generate(Source((folder / f"{dialect}.ts",), folder), tmp_path / f"strategy_{dialect}")
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module(f"strategy_{dialect}")
    models = [model for model in vars(module).values() if isinstance(model, type) and issubclass(model, BaseModel)]
    for model in models:
        _every_row_is_taken(model)
    assert len(models) > 8
