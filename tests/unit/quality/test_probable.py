"""Rows that are probably one thing."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.errors import ConfigError, MissingExtraError
from headgate.quality import names as names_module
from headgate.quality.names import words
from headgate.quality.probable import LARGEST_BLOCK, ProbablePair, probable_duplicates

OTHERS = [f"University of {word}" for word in ("Tampa", "Denver", "Dayton", "Oregon", "Maine", "Hartford", "Houston")]


def find(*names: str, **fields: list[Any]) -> list[ProbablePair]:
    """Look for pairs among some names and seven unlike ones; fields weigh 0.5 each."""
    rows = [{"id": number, "name": name} for number, name in enumerate([*names, *OTHERS])]
    for field, values in fields.items():
        for row, value in zip(rows, values, strict=False):
            row[field] = value
    return probable_duplicates(rows, key=["id"], name="name", evidence=dict.fromkeys(fields, 0.5))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Fairleigh Dickinson University", "FAIRLEIGH DICKINSON UNIV."),
        ("São Paulo College", "Sao Paulo College"),
        ("St. John's College", "Saint Johns College"),
        ("The University of Vermont", "University Vermont"),
        ("Fairleigh Dickinson University", "Fairliegh Dickinson University"),
        ("Texas A&M", "Texas A & M"),
    ],
)
def test_the_same_name_written_otherwise_is_found(left: str, right: str) -> None:
    """Case, accents, punctuation, short forms, little words and misspellings do not hide it."""
    [pair] = find(left, right)
    assert pair.keys == ((0,), (1,))
    assert pair.score > 0.8


def test_words_that_recur_differ_on_purpose() -> None:
    """One letter apart, and two schools all the same."""
    found = find("Eastern Michigan", "Western Michigan", "Eastern Kentucky", "Western Kentucky")
    assert found == []


def test_evidence_moves_the_score() -> None:
    """Up by what agrees, down by what differs, not at all by what is missing."""
    [pair] = find("Acme Florham", "Acme Metropolitan", site=["a.org", "A.org "], state=["NJ", "NJ"])
    assert pair.agreeing == ("site", "state")
    assert pair.score == pytest.approx(1 - (1 - pair.name_similarity) * 0.25)
    assert pair.name_similarity < 0.6
    assert "the same site" in pair.message
    assert find("Acme Florham", "Acme Metropolitan", site=["a.org", "b.org"], state=["NJ", "NJ"]) == []
    assert find("Acme College", "Acme College", site=["a.org", "b.org"]) == []
    assert len(find("Acme College", "Acme College", site=["a.org", None], state=["", " "])) == 1


def test_a_shared_rare_value_is_enough_to_be_compared() -> None:
    """Two names without a common word are looked at because of it."""
    rows = [{"id": 1, "name": "Alpha", "site": "x"}, {"id": 2, "name": "Beta", "site": "x"}]
    [pair] = probable_duplicates(rows, key=["id"], name="name", evidence={"site": 0.9})
    assert (pair.name_similarity, pair.score, pair.shared_words) == (0, 0.9, ())


def test_what_everybody_has_makes_no_block() -> None:
    """A word or value that many share leads to no comparison, however many rows there are."""
    rows = [{"id": n, "name": f"School {n}", "state": "NJ"} for n in range(LARGEST_BLOCK + 1)]
    assert probable_duplicates(rows, key=["id"], name="name", evidence={"state": 1.0}) == []


def test_names_that_are_missing_or_empty_are_no_match() -> None:
    """Nothing is like nothing."""
    rows = [{"id": 1, "name": None}, {"id": 2, "name": ""}, {"id": 3}, {"id": 4, "name": "of the"}]
    assert probable_duplicates(rows, key=["id"], name="name") == []


def test_words_of_a_name() -> None:
    """In order; a name of little words keeps them."""
    assert words("The Univ. of São Paulo") == ("university", "sao", "paulo")
    assert words("Of The") == ("of", "the")
    assert words("!?") == ()


def test_a_weight_outside_its_range_is_refused() -> None:
    """Before anything is compared."""
    with pytest.raises(ConfigError):
        probable_duplicates([], key=["id"], name="name", evidence={"site": 1.5})


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rapidfuzz comes with an extra."""
    monkeypatch.setattr(names_module, "process", None)
    with pytest.raises(MissingExtraError, match="enrich"):
        probable_duplicates([], key=["id"], name="name")
