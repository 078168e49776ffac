"""The example of enrichment runs as it stands in the repository."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[3] / "examples" / "enrich_schools.py"


async def test_enrich_schools(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two schools from three small files: one found, one that nobody knows."""
    schools, institutions, athletics = (tmp_path / name for name in ("schools.csv", "institutions.csv", "eada.csv"))
    schools.write_text(
        'org_id,name,website,state,address_html\n1,Elm University,elm.edu,NY,"1 Elm St<br>Troy, NY 12180"\n'
        "2,Nowhere College,nowhere.example,NY,\n"
    )
    institutions.write_text("IPEDSID,NAME,STATE,WEBSITE,TOT_ENROLL\n1001,ELM UNIVERSITY,NY,www.elm.edu,5000\n")
    athletics.write_text("unitid,GRND_TOTAL_REVENUE,GRND_TOTAL_EXPENSE\n1001,1200000,1100000\n")
    await runpy.run_path(str(EXAMPLE))["main"](str(schools), str(institutions), str(athletics))
    said = capsys.readouterr().out
    assert "Elm University is 1001 (certain)" in said
    assert "enrolment: 5000, says institutions" in said
    assert "athletics_revenue: 1200000, says eada" in said
    assert "in Troy, near 42." in said
    assert "Nowhere College is None (none)" in said
    assert "warning" not in said
