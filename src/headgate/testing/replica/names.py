"""Invented names: places, schools, conferences, people. None of them exists."""

from __future__ import annotations

import random


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text."""
    return tuple(text.split())


_FIRST = words(
    "Alder Amber Ash Barley Bell Birch Bramble Briar Bright Cinder Clover Copper Crane Dapple Dawn Dusk Elder Ember "
    "Fallow Fern Finch Flint Fox Frost Gale Glimmer Gold Grey Harrow Haw Hazel Heron High Holly Iron Ivory Juniper "
    "Kestrel Lantern Larch Lark Linden Long Lynx Maple Marl Meadow Merry Mist Moss Oaken Old Otter Pebble Pine Plover "
    "Quill Raven Reed Rook Rowan Rush Saffron Silver Sparrow Stone Swift Tallow Thistle Thorn Umber Vesper Wander "
    "Willow Winter Wren Yarrow"
)
_SECOND = words(
    "barrow beck bourne bridge brook cairn cliff combe crest croft dale dell don fell field ford gate glen grove haven "
    "heath hollow holm hurst keep lea mead mere mill moor mouth ness pike pool reach ridge rise scar shore stead stone "
    "thorpe tarn vale wade water well wick wold wood worth yard"
)
_KINDS = (
    "{place} University",
    "{place} College",
    "{place} State University",
    "University of {place}",
    "{place} Institute of Technology",
    "College of {place}",
    "{place} A&M University",
    "{place} Wesleyan College",
    "Saint {place} University",
    "{place} Maritime Academy",
    "{place} Polytechnic University",
    "University of Northern {place}",
    "University of Southern {place}",
    "{place} Union College",
    "{place} Normal College",
    "{place} City College",
)
_CONFERENCES = (
    "{word} Valley Conference",
    "{word} Coast Athletic Conference",
    "Great {word} League",
    "{word} Mountain Athletic Conference",
    "Mid-{word} Conference",
    "{word} Ten Conference",
    "Northern {word} Intercollegiate Conference",
    "{word} Lakes Conference",
)
_NICKNAMES = words(
    "Lanterns Herons Foxes Kestrels Otters Comets Pilots Millers Wardens Ravens Badgers Sailors Masons Voyagers Wrens"
)
GIVEN = words("Aldith Bram Corwen Dulcie Emrik Fenella Garrod Hesper Ivo Jessamy Kenrick Linnet Merrin Orla Perrin")
FAMILY = words("Ashgrove Bellwether Candlewick Dunmarrow Eastfallow Fairquill Greymantle Hollowell Inkpen Jarrowby")
_STREETS = ("Fictional Avenue", "Invented Street", "Nowhere Road", "Sample Boulevard", "Placeholder Lane")

PLACES = tuple(first + second for first in _FIRST for second in _SECOND)
SCHOOL_NAMES = len(PLACES) * len(_KINDS)
"""How many names of schools there are before campuses are added to them."""


def school_name(index: int) -> tuple[str, str]:
    """Return the name of the school with this number, and its place: different names for different numbers."""
    campus, number = divmod(index, SCHOOL_NAMES)
    kind, place_number = divmod(number, len(PLACES))
    town = PLACES[place_number]
    name = _KINDS[kind].format(place=town)
    return (f"{name}, {PLACES[campus % len(PLACES)]} Campus {campus}" if campus else name), town


def conference_names(count: int, rng: random.Random) -> list[str]:
    """Return that many different names of conferences."""
    names = [pattern.format(word=word) for pattern in _CONFERENCES for word in _FIRST]
    names += [f"Conference Number {number}" for number in range(len(names), count)]
    return rng.sample(names, count)


def nickname(rng: random.Random) -> str:
    """Return the name of a team."""
    return rng.choice(_NICKNAMES)


def person(rng: random.Random) -> str:
    """Return the name of a person who does not exist."""
    return f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}"


def street(rng: random.Random) -> str:
    """Return a street line of an address that does not exist."""
    return f"{rng.randint(1, 9999)} {rng.choice(_STREETS)}"


def place(rng: random.Random) -> str:
    """Return the name of a town that does not exist."""
    return rng.choice(PLACES)
