"""Names of institutions made comparable."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from headgate.enrich.states import STATES

_PHRASES = (
    (r"A\s*(?:&|AND)\s*M", "AM"),
    (r"A\s*(?:&|AND)\s*T", "AT"),
    (r"CITY UNIVERSITY OF NEW YORK", "CUNY"),
    (r"STATE UNIVERSITY (?:COLLEGE )?OF NEW YORK", "SUNY"),
    (r"STATE UNIVERSITY COLLEGE AT", "SUNY COLLEGE"),
    (r"PENN STATE", "PENNSYLVANIA STATE"),
    (r"CAL STATE", "CALIFORNIA STATE"),
    (r"CAL POLY", "CALIFORNIA POLYTECHNIC STATE"),
    (r"UMASS", "UNIVERSITY MASSACHUSETTS"),
    (r"U ?S(?=\s+\w)", "UNITED STATES"),
    (r"(?:MAIN|CENTRAL) CAMPUS", ""),
)
_WRITTEN_OUT = [(re.compile(rf"\b(?:{pattern})\b"), words) for pattern, words in _PHRASES]
_SHORT_FORMS = {
    "ST": "SAINT", "STE": "SAINT", "SAINTE": "SAINT", "MT": "MOUNT", "FT": "FORT", "UNIV": "UNIVERSITY",
    "COLL": "COLLEGE", "INST": "INSTITUTE", "TECH": "TECHNOLOGY", "TECHNOLOGICAL": "TECHNOLOGY", "COLLEGES": "COLLEGE",
    "UNIVERSITIES": "UNIVERSITY", "INTL": "INTERNATIONAL", "POLY": "POLYTECHNIC", "STATES": "STATE",
    "PENN": "PENNSYLVANIA", "AGRICULTURAL": "AM", "THEOLOGICAL": "THEOLOGY",
}  # fmt: skip
_LITTLE = frozenset(
    {"THE", "OF", "AT", "IN", "AND", "FOR", "A", "AN", "ON", "CAMPUS", "INC", "LLC", "DE", "LA", "MECHANICAL"}
)
_APART = re.compile(r"\(([^()]*)\)")
_WORDS = re.compile(r"[A-Z0-9]+").findall
_FORMER = re.compile(r"^\s*(?:FORMERLY|FKA|F/K/A|NKA|DBA|AKA)\b[:\s]*", re.IGNORECASE)

KINDS = frozenset({"UNIVERSITY", "COLLEGE", "INSTITUTE", "SCHOOL", "ACADEMY", "SEMINARY"})
"""Words for kinds of institution: a college is renamed a university more often than anything else changes."""

PARTS = frozenset({
    "ADMINISTRATION", "ADULT", "CONTINUING", "DENTAL", "DISTRICT", "EXTENDED", "EXTENSION", "GRADUATE", "HEALTH",
    "HOSPITAL", "LAW", "LIFELONG", "MEDICAL", "MEDICINE", "NETWORK", "NURSING", "OFFICE", "ONLINE", "PHARMACY",
    "PROFESSIONAL", "PROGRAMS", "SEMINARY", "SYSTEM", "THEOLOGY", "TRADITIONAL", "VETERINARY", "WORLDWIDE",
})  # fmt: skip
"""Words for a part of an institution, or its administration: not for the institution that has teams."""


class Name(NamedTuple):
    """A name made comparable.

    Attributes:
        words: Its telling words.
        squashed: All of it without blanks, for names that are written together or apart.
    """

    words: frozenset[str]
    squashed: str


def plain(text: str) -> str:
    """Return a text in capitals without accents and apostrophes, dashes as blanks."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(character for character in decomposed if not unicodedata.combining(character))
    return text.upper().replace("'", "").replace("’", "").replace("`", "").replace(".", " ")  # noqa: RUF001


def name_of(text: str) -> Name:
    """Return a name made comparable: abbreviations written out, little words and the words *main campus* left out."""
    upper = plain(text)
    for pattern, words in _WRITTEN_OUT:
        upper = pattern.sub(words, upper)
    found = [_SHORT_FORMS.get(word, word) for word in _WORDS(upper)]
    telling = [word for word in found if word not in _LITTLE] or found
    return Name(frozenset(telling), "".join(telling))


def names_of(text: str, state: str | None) -> list[Name]:
    """Return the readings of an official name: as it stands, and without its own state.

    The state may stand in parentheses, behind a dash, or at the end: ``York College (Pennsylvania)``, ``Union College
    NY``.
    """
    readings = [name_of(text)]
    own = STATES[state].name.upper() if state in STATES else None
    upper = plain(text)
    without = _APART.sub(lambda match: " " if _is_state(match[1], own, state) else f" {match[1]} ", upper)
    if own is not None:
        without = re.sub(rf"\s*(?:[-–,]|\bOF\b|\s)\s*(?:{own}|{state})\s*$", "", without)  # noqa: RUF001
    shorter = name_of(without)
    # a name that is nothing but kind and state (University of Maine) keeps its state
    if shorter.words - KINDS and shorter not in readings and len(shorter.words) > 1:
        readings.append(shorter)
    return readings


def _is_state(text: str, own: str | None, state: str | None) -> bool:
    return text.strip() in {own, state}


def aliases_of(text: str | None) -> Iterable[str]:
    """Return the other names in a field: separated by bars, commas or slashes, *formerly* before them or not."""
    if not text or text == "NOT AVAILABLE":
        return []
    pieces = [_FORMER.sub("", piece).strip() for piece in re.split(r"[|;/]|, (?!THE )", text)]
    return [piece for piece in (*pieces, text) if len(piece) > 3]  # noqa: PLR2004 - three letters are no evidence
