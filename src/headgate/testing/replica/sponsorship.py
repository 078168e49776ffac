"""Which member sponsors which sports, drawn the same each time it is asked."""

from __future__ import annotations

import random

from headgate.testing.replica.directory import BASE_YEAR, Directory

_FEWEST, _MOST = 8, 20
_CHANGE_PER_YEAR = 0.05
_ALWAYS = "MBA"
"""The recorded listing is the one of the members that sponsor this sport."""


def sponsored_sports(directory: Directory, org_id: int) -> list[str]:
    """Return the codes of the sports that a member sponsors in the year of the directory, sorted.

    Each later year a member takes up or drops a sport with a probability of 5 %.
    """
    codes = sorted({row["value"] for row in directory.sports} - {_ALWAYS})
    rng = random.Random(f"{directory.seed}/sports/{org_id}")
    sponsored = set(rng.sample(codes, min(len(codes), rng.randint(_FEWEST, _MOST))))
    for year in range(BASE_YEAR + 1, directory.year + 1):
        change = random.Random(f"{directory.seed}/sports/{org_id}/{year}")
        if codes and change.random() < _CHANGE_PER_YEAR:
            sponsored ^= {change.choice(codes)}
    return sorted(sponsored | {_ALWAYS})
