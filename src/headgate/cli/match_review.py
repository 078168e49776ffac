"""Asking a person about one school after the other."""

from __future__ import annotations

from collections.abc import Callable

import typer
from rich.console import Console

from headgate.cli.console import result_console
from headgate.cli.failures import INTERRUPTED
from headgate.cli.match_report import print_match
from headgate.clock import SYSTEM_CLOCK
from headgate.enrich import Decision, Match
from headgate.errors import ConfigError
from headgate.pipeline.matching import SourceMatches

_QUESTION = "1, 2, ... or an institution's id: it is that one; n: none of them; Enter: later; q: stop"
_LATER, _STOP, _NONE = "", "q", "n"


def ask(found: SourceMatches, by: str, keep: Callable[[Decision], object]) -> None:
    """Ask about each school that waits, and keep each answer at once: who stops in the middle loses nothing.

    Args:
        found: The matches.
        by: Who answers.
        keep: Keeps a decision.
    """
    console = result_console()
    waiting = found.waiting
    if not waiting:
        console.print("Nothing waits for a person.")
        return
    console.print(f"{len(waiting):,} schools wait. {_QUESTION}.", soft_wrap=True)
    kept = 0
    for number, match in enumerate(waiting, start=1):
        console.print(f"\n[{number}/{len(waiting)}]", markup=False)
        print_match(found, match, console)
        word = _answer(found, match, console)
        if word == _STOP:
            break
        if word == _LATER:
            continue
        keep(Decision(str(match.member_id), None if word == _NONE else word, by, SYSTEM_CLOCK.time()))
        kept += 1
    console.print(f"\nDecided: {kept}. The next sync follows.")


def _answer(found: SourceMatches, match: Match, console: Console) -> str:
    """Ask until the answer can be understood; the end of the input means to stop."""
    while True:
        try:
            word = console.input("> ").strip()
        except EOFError:
            return _STOP
        except KeyboardInterrupt:
            console.print("\nInterrupted. What was decided stays.")
            raise typer.Exit(INTERRUPTED) from None
        try:
            return understood(found, match, word)
        except ConfigError as error:
            console.print(f"{error.message} {_QUESTION}.", soft_wrap=True, markup=False)


def understood(found: SourceMatches, match: Match, word: str) -> str:
    """Return an answer as the id of an institution, or as one of the three words.

    A number that is both a place in the list and an id of the file is a place.

    Raises:
        ConfigError: It is none of these.
    """
    if word.lower() in {_LATER, _STOP, _NONE}:
        return word.lower()
    if word.isascii() and word.isdecimal() and 1 <= int(word) <= len(match.candidates):
        return match.candidates[int(word) - 1].institution_id
    [chosen] = found.choices(choose={str(match.member_id): word}).values()
    return str(chosen)
