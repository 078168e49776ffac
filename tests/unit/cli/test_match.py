"""Words for ``headgate match`` that cannot be understood."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.cli.main import main


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("review", "ncaa", "--choose", "8"), "'8' is no choice"),
        (("review", "ncaa", "--choose", "=9"), "'=9' is no choice"),
        (("review", "ncaa", "--choose", "8=9", "--choose", "8=10"), "Two things are said about school 8"),
        (("review", "ncaa", "--accept", "8"), "no database file"),
        (("run", "ncaa"), "no database file"),
        (("decisions", "ncaa", "--database", "sqlite:///empty.db"), "no file of institutions"),
        (
            ("run", "ncaa", "--institutions", "x.csv", "--database", "sqlite:///empty.db"),
            "has no rows of 'schools' yet",
        ),
        (("run", "nca", "--institutions", "x.csv", "--database", "sqlite:///empty.db"), "Did you mean 'ncaa'"),
    ],
)
def test_nonsense_is_one_sentence(
    words: tuple[str, ...],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 3, what is wrong and what to do, and no traceback."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.db").touch()
    with pytest.raises(SystemExit) as caught:
        main(["match", *words])
    told = " ".join(capsys.readouterr().err.split())
    assert caught.value.code == 3, told
    assert said in told
    assert "Traceback" not in told
