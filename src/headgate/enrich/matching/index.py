"""Institutions prepared for matching: by host, by domain, by state and telling word."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from headgate.enrich.matching.domains import Site, sites
from headgate.enrich.matching.names import Name, aliases_of, name_of, names_of, plain
from headgate.errors import UnexpectedShapeError

_COMMON = 40
"""Institutions of one state that share a word, above which the word does not lead to candidates."""


def id_of(row: Mapping[str, Any], field: str, what: str) -> Any:
    """Return the id of a row.

    Raises:
        UnexpectedShapeError: It has none.
    """
    found = row.get(field) if isinstance(row, Mapping) else None
    if found is None or found == "":
        raise UnexpectedShapeError(
            f"A row of the {what} list has no '{field}': {str(row)[:80]}.",
            hint="Give the raw rows, as they come from the source.",
        )
    return found


class Institution:
    """A row of the institutions file, read once.

    Attributes:
        row: The row.
        id: IPEDS id.
        state: Two letters.
        names: Readings of its name.
        aliases: Its other names.
        sites: Its web sites.
        city: Words of its city.
    """

    __slots__ = ("aliases", "city", "id", "names", "row", "sites", "state")

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.row = row
        self.id = str(id_of(row, "IPEDSID", "institution"))
        self.state = str(row.get("STATE") or "")
        name = str(row.get("NAME") or "")
        self.names = names_of(name, self.state)
        self.aliases = [name_of(alias) for alias in aliases_of(row.get("ALIAS"))]
        self.sites: list[Site] = sites(row.get("WEBSITE"))
        self.city = name_of(plain(str(row.get("CITY") or ""))).words


class Index:
    """All institutions, and ways to the few that a member could be.

    Args:
        rows: Rows of the institutions file.
    """

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self.institutions = [Institution(row) for row in rows]
        self._by_domain: dict[str, list[Institution]] = defaultdict(list)
        self._by_word: dict[tuple[str, str], list[Institution]] = defaultdict(list)
        self._by_squashed: dict[tuple[str, str], list[Institution]] = defaultdict(list)
        counts: Counter[str] = Counter()
        for institution in self.institutions:
            for domain in {site.domain for site in institution.sites}:
                self._by_domain[domain].append(institution)
            words = frozenset[str]().union(*(name.words for name in (*institution.names, *institution.aliases)))
            counts.update(institution.names[0].words)
            for word in words:
                self._by_word[institution.state, word].append(institution)
            for name in (*institution.names, *institution.aliases):
                self._by_squashed[institution.state, name.squashed].append(institution)
        total = len(self.institutions)
        self._weights = {word: math.log(1 + total / count) for word, count in counts.items()}
        self._rarest = math.log(1 + total)
        self._lengths: dict[frozenset[str], float] = {}

    def of_domain(self, domain: str) -> list[Institution]:
        """Return the institutions with a site under a registered domain."""
        return self._by_domain.get(domain, [])

    def candidates(self, names: Iterable[Name], state: str | None, found_sites: Iterable[Site]) -> list[Institution]:
        """Return the institutions that share the domain, or a telling word within the state."""
        found: dict[int, Institution] = {}
        for site in found_sites:
            found.update((id(institution), institution) for institution in self.of_domain(site.domain))
        for name in names:
            if state is None:
                continue
            found.update((id(each), each) for each in self._by_squashed.get((state, name.squashed), ()))
            for word in name.words:
                sharing = self._by_word.get((state, word), ())
                if len(sharing) <= _COMMON:
                    found.update((id(institution), institution) for institution in sharing)
        return list(found.values())

    def similarity(self, left: Name, right: Name) -> float:
        """Return how alike two names are, 0 to 1: the cosine of their words, weighed by how rare they are."""
        if left.squashed == right.squashed or left.words == right.words:
            return 1.0
        shared = left.words & right.words
        if not shared:
            return 0.0
        weight = self.weight
        return math.fsum(weight(word) ** 2 for word in shared) / (self._length(left.words) * self._length(right.words))

    def weight(self, word: str) -> float:
        """Return what a word is worth: its inverse document frequency."""
        return self._weights.get(word, self._rarest)

    def _length(self, words: frozenset[str]) -> float:
        length = self._lengths.get(words)
        if length is None:
            length = self._lengths[words] = math.sqrt(math.fsum(self.weight(word) ** 2 for word in words)) or 1.0
        return length
