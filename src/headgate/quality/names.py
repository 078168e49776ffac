"""Names made comparable: words without case, accents, punctuation and little words, and what each is worth."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from headgate.errors import MissingExtraError

try:
    from rapidfuzz import process
    from rapidfuzz.distance import OSA
except ImportError:  # said when probable duplicates are asked for
    process = None  # type: ignore[assignment]

_LITTLE_WORDS = {
    "a", "an", "and", "at", "by", "da", "de", "del", "des", "di", "do", "du", "for", "in", "la", "le", "of", "on",
    "the", "to", "und",
}  # fmt: skip
_SHORT_FORMS = {
    "univ": "university", "coll": "college", "inst": "institute", "tech": "technology", "natl": "national",
    "intl": "international", "dept": "department", "assn": "association", "assoc": "association", "corp": "corporation",
    "co": "company", "saint": "st", "sainte": "ste", "mt": "mount", "ft": "fort",
}  # fmt: skip
_words = re.compile(r"[^\W_]+").findall
_apostrophes = re.compile(r"['’`.]")  # noqa: RUF001 - the typographic apostrophe is meant

_SHORTEST_MISSPELT = 5
"""Characters below which a difference of one is another word."""
_SPELLING = 0.79
"""Similarity from which a word is taken for a misspelling of another: one slip in five characters."""
_COMMONER = 20
"""How many times as common the right spelling must be, for one that recurs to be taken for a misspelling."""


def words(name: str) -> tuple[str, ...]:
    """Return the telling words of a name, in order: ``"The Univ. of São Paulo"`` is ``university, sao, paulo``."""
    decomposed = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    found = [_SHORT_FORMS.get(word, word) for word in _words(_apostrophes.sub("", plain))]
    return tuple(word for word in found if word not in _LITTLE_WORDS) or tuple(found)


class NameIndex:
    """A set of names whose words are weighed by how rare they are, and misspelt words led back to the right ones.

    Args:
        names: The names.

    Raises:
        MissingExtraError: rapidfuzz is not installed.
    """

    def __init__(self, names: Sequence[str]) -> None:
        if process is None:
            raise MissingExtraError("Finding probable duplicates", "enrich")
        split = [words(name) for name in names]
        corrections = _corrections(Counter(word for found in split for word in set(found)))
        # per name, its words as they should be spelt, each with how like it is to what stands there
        self.words = [dict(corrections.get(word, (word, 1.0)) for word in found) for found in split]
        self._counts = Counter(word for found in self.words for word in found)
        self._weights = {word: math.log(1 + len(names) / count) for word, count in self._counts.items()}
        self._lengths = [math.sqrt(math.fsum(map(self._weights.__getitem__, found))) for found in self.words]

    def similarity(self, left: int, right: int) -> float:
        """Return the cosine similarity of two names, 0 to 1.

        Words are weighed by inverse document frequency, and by how much of them is spelt alike.
        """
        ours, theirs, weights = self.words[left], self.words[right], self._weights
        shared = math.fsum(weights[word] * ours[word] * theirs[word] for word in ours.keys() & theirs.keys())
        return min(1.0, shared / (self._lengths[left] * self._lengths[right])) if shared else 0.0

    def blocks(self, largest: int) -> Iterable[list[int]]:
        """Return groups of names that share a word, for each word that at most ``largest`` names have.

        Names that have only commoner words are grouped with those that have exactly the same ones.
        """
        groups: dict[object, list[int]] = defaultdict(list)
        for position, found in enumerate(self.words):
            rare: list[object] = [word for word in found if self._counts[word] <= largest]
            for group in rare or [frozenset(found)]:
                groups[group].append(position)
        return [group for group in groups.values() if len(group) > 1]


def _corrections(counts: Mapping[str, int]) -> dict[str, tuple[str, float]]:
    """Return the word that each misspelt word probably stands for, and how like it is.

    Only a word that occurs once, or hardly ever in comparison, is taken for misspelt: two words that both recur, such
    as ``northeastern`` and ``northwestern``, differ on purpose. Compared are words with the same beginning or end.
    """
    blocks: dict[tuple[str, str], list[str]] = defaultdict(list)
    candidates = [word for word in counts if len(word) >= _SHORTEST_MISSPELT and not word.isdecimal()]
    for word in candidates:
        for block in _ends(word):
            blocks[block].append(word)
    corrections: dict[str, tuple[str, float]] = {}
    # the common words first, so that a correction is never itself corrected later on
    for word in sorted(candidates, key=lambda word: (-counts[word], word)):
        others = {other for block in _ends(word) for other in blocks[block] if _may_correct(other, word, counts)}
        best = process.extractOne(word, sorted(others), scorer=OSA.normalized_similarity, score_cutoff=_SPELLING)
        if best is not None:
            right, alike = corrections.get(best[0], (best[0], 1.0))
            corrections[word] = right, alike * best[1]
    return corrections


def _may_correct(right: str, wrong: str, counts: Mapping[str, int]) -> bool:
    if counts[wrong] == 1:
        # of two words that occur once, the one that is sorted first stands: no two correct each other
        return counts[right] > 1 or right < wrong
    return counts[right] >= counts[wrong] * _COMMONER


def _ends(word: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("starts", word[:2]), ("ends", word[-3:])
