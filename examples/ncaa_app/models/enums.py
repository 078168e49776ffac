# headgate: written from a Drizzle schema, do not edit (8a921df3cd56861d)
"""Enums of the schema."""

from __future__ import annotations

from enum import StrEnum


class Division(StrEnum):
    """The enum type `division` of the database."""

    I_ = "I"
    II = "II"
    III = "III"


class Gender(StrEnum):
    """The enum type `gender` of the database."""

    MEN = "men"
    WOMEN = "women"
    MIXED = "mixed"


class Subdivision(StrEnum):
    """The enum type `subdivision` of the database."""

    FBS = "FBS"
    FCS = "FCS"
    NO_FOOTBALL = "no football"
