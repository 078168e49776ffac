"""The page on quality is true: its code runs, and its tables name every rule."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from headgate.quality.common import PLAIN_RULES, RULES_WITH_ARGUMENTS
from headgate.quality.row_rules import ROW_RULES
from headgate.quality.table_rule import TABLE_RULES

DOCS = Path(__file__).parents[3] / "docs"


def test_the_code_on_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """All snippets, in order, as one program."""
    pytest.importorskip("rapidfuzz")
    page = (DOCS / "how-to" / "quality.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {"__name__": "page"}
    snippets = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    for snippet in snippets:
        exec(compile(snippet, "quality.md", "exec", dont_inherit=True), names)
    assert len(snippets) == 8
    assert "are probably the same" in capsys.readouterr().out


def test_the_reference_names_every_rule() -> None:
    """And no other."""
    page = (DOCS / "reference" / "rules.md").read_text(encoding="utf-8").partition("## Names in findings")[0]
    known = {*PLAIN_RULES, *RULES_WITH_ARGUMENTS, *ROW_RULES, *TABLE_RULES}
    assert set(re.findall(r"^\| `(\w+)`", page, re.MULTILINE)) == known
