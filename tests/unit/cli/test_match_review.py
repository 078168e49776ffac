"""Asking a person about matches, with a scripted person."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import typer

from fixtures.colleges import INSTITUTIONS
from headgate.cli.match_review import ask
from headgate.enrich import Decision, Matcher
from headgate.pipeline import SourceMatches

SCHOOLS = {
    str(number): {"org_id": number, "name": name, "state": "NY", "website": site}
    for number, (name, site) in enumerate(
        [("Elm College", None), ("Palm College", "palm.edu"), ("Oak College", "oaken.edu")], start=1
    )
}


def found() -> SourceMatches:
    """Match three schools, none of them certain."""
    rows = [*INSTITUTIONS, {**INSTITUTIONS[0], "IPEDSID": "2001"}]
    matcher = Matcher(rows)
    members = [
        {"orgId": one["org_id"], "nameOfficial": one["name"], "webSiteUrl": one["website"],
         "memberOrgAddress": {"state": "NY"}}
        for one in SCHOOLS.values()
    ]  # fmt: skip
    return SourceMatches("colleges", "colleges", matcher.match(members), SCHOOLS, {}, matcher)


def answers(monkeypatch: pytest.MonkeyPatch, *words: str | BaseException) -> list[Decision]:
    """Let a person answer with these words, and return what was kept."""
    script: Iterator[str | BaseException] = iter(words)

    def answer(_prompt: str = "") -> str:
        word = next(script)
        if isinstance(word, BaseException):
            raise word
        return word

    monkeypatch.setattr("builtins.input", answer)
    kept: list[Decision] = []
    ask(found(), "ann", kept.append)
    return kept


def test_the_schools_that_wait() -> None:
    """The script below knows them: one that could be two, one like nothing, one that is probable."""
    assert [(one.member_id, one.kind.value) for one in found().waiting] == [
        (1, "ambiguous"), (2, "none"), (3, "probable"),
    ]  # fmt: skip


def test_a_place_in_the_list_an_id_and_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer is kept at once, with who gave it."""
    kept = answers(monkeypatch, "2", "n", "1004")
    assert [(one.member_id, one.institution_id, one.decided_by) for one in kept] == [
        ("1", found().waiting[0].candidates[1].institution_id, "ann"), ("2", None, "ann"), ("3", "1004", "ann"),
    ]  # fmt: skip


def test_what_is_not_understood_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nonsense, a place that is not in the list and an unknown id say what may be answered; later is not a decision."""
    kept = answers(monkeypatch, "what?", "99", "-1", "²", "", "", "Q")
    assert kept == []
    assert capsys.readouterr().out.count("There is no institution") == 4


@pytest.mark.parametrize("end", ["q", EOFError()])
def test_stopping_keeps_what_was_decided(monkeypatch: pytest.MonkeyPatch, end: str | BaseException) -> None:
    """The end of the input stops as the word for it does."""
    assert [one.member_id for one in answers(monkeypatch, "1", end)] == ["1"]


def test_an_interruption_ends_with_its_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is told by the exit code, as with every other command."""
    with pytest.raises(typer.Exit) as caught:
        answers(monkeypatch, "1", KeyboardInterrupt())
    assert caught.value.exit_code == 130
