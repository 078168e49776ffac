"""The words of the directory that have a fixed set of values."""

from __future__ import annotations

import re
from enum import StrEnum


class Division(StrEnum):
    """A division of the NCAA, by its Roman numeral: the only form in which the listing understands it."""

    I = "I"  # noqa: E741 - the numeral is the name
    II = "II"
    III = "III"

    @classmethod
    def from_code(cls, code: object) -> Division:
        """Return the division of a numeral, Arabic (a number) or Roman (text).

        Raises:
            ValueError: It is none.
        """
        if isinstance(code, int) and not isinstance(code, bool) and code in _DIVISION_BY_NUMBER:
            return _DIVISION_BY_NUMBER[code]
        if isinstance(code, str) and code in cls.__members__:
            return cls(code)
        msg = f"a division is 1, 2 or 3, not {code!r}"
        raise ValueError(msg)

    @classmethod
    def from_text(cls, text: str) -> Division | None:
        """Return the division that a text names, such as "Division II" or "D-I FCS"; ``None`` if it names none."""
        found = _DIVISION_IN_TEXT.search(text)
        if found is None:
            return None
        return _DIVISION_BY_NUMBER[int(found[0])] if found[0].isdecimal() else cls(found[0].upper())


_DIVISION_BY_NUMBER = {1: Division.I, 2: Division.II, 3: Division.III}
_DIVISION_IN_TEXT = re.compile(r"(?<![^\W_])(?:III|II|I|[123])(?![^\W_])", re.IGNORECASE)


class Subdivision(StrEnum):
    """A subdivision of Division I, by football.

    The listing writes numbers. In the recorded one, 2 stands beside the acronym FCS, and 3 at the members of Division I
    that play no football; 1 is never seen there and is what is left: FBS. 0 means that none is stated.
    """

    FBS = "FBS"
    FCS = "FCS"
    NO_FOOTBALL = "no football"

    @classmethod
    def from_code(cls, code: object) -> Subdivision | None:
        """Return the subdivision of a number; ``None`` for 0.

        Raises:
            ValueError: It is none.
        """
        if isinstance(code, int) and not isinstance(code, bool) and code in _SUBDIVISION_BY_NUMBER:
            return _SUBDIVISION_BY_NUMBER[code]
        if isinstance(code, str) and code in set(cls):
            return cls(code)
        msg = f"a subdivision is a number from 0 to 3, not {code!r}"
        raise ValueError(msg)

    @classmethod
    def from_text(cls, text: str) -> Subdivision | None:
        """Return the subdivision whose acronym is in a text."""
        return next((one for one in (cls.FBS, cls.FCS) if one.value in text.upper()), None)


_SUBDIVISION_BY_NUMBER = {0: None, 1: Subdivision.FBS, 2: Subdivision.FCS, 3: Subdivision.NO_FOOTBALL}


class Gender(StrEnum):
    """Who plays a sport: the first letter of its code."""

    MEN = "men"
    WOMEN = "women"
    MIXED = "mixed"


GENDER_BY_LETTER = {"M": Gender.MEN, "W": Gender.WOMEN, "X": Gender.MIXED}


class MembershipStatus(StrEnum):
    """How a member stands, as its page says; a word that is not known here is ``other``."""

    ACTIVE = "active"
    PROVISIONAL = "provisional"
    RECLASSIFYING = "reclassifying"
    EXPLORATORY = "exploratory"
    OTHER = "other"

    @classmethod
    def from_text(cls, text: str) -> MembershipStatus | None:
        """Return the status that a text names; ``None`` for a blank one."""
        word = text.strip().lower()
        return next((one for one in cls if word.startswith(one.value)), cls.OTHER) if word else None
