"""Asking the directory: rounds of questions whose answers are compared, and pages one by one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from headgate.errors import HeadgateError
from headgate.extract.extractor import RobustExtractor
from headgate.extract.result import TaskResult
from headgate.sources.ncaa.detail import Values
from headgate.sources.ncaa.endpoints import Endpoints
from headgate.sources.ncaa.enums import Division
from headgate.sources.ncaa.listings import MEMBER_KEY, SPORT_KEY, Rows, in_division, rows_of
from headgate.sources.ncaa.readings import Listing, settle

Q = TypeVar("Q", bound=Hashable)
T = TypeVar("T")

Answer = Rows | HeadgateError
"""The rows of a listing, or what stood in its way."""

Pages = tuple[list[Values], dict[int, HeadgateError]]
"""The values of the pages that could be read, in order, and what stood in the way of the others, by id."""

_PAGES_AT_ONCE = 8
_FIRST, _SECOND = "first", "second"


@dataclass(frozen=True, slots=True)
class Question:
    """A listing to ask for.

    Args:
        url: Its address.
        key: The field that tells its rows apart.
        cache_key: Where its answer is kept; ``None``: by its address.
    """

    url: str
    key: str
    cache_key: str | None = None


class DirectoryReader:
    """Reads the directory through the policies of an extractor.

    Args:
        extractor: Sends the requests.
        endpoints: Where the directory is.
    """

    def __init__(self, extractor: RobustExtractor, endpoints: Endpoints) -> None:
        self._extractor = extractor
        self._endpoints = endpoints

    async def members(self) -> dict[Division, Listing | HeadgateError]:
        """Return the listing of each division, compared with the undivided one, or what stood in its way."""
        questions: dict[Division | None, Question] = {
            division: Question(self._endpoints.member_list(division), MEMBER_KEY) for division in (*Division, None)
        }
        rounds = [await self._ask(questions)]
        found = {division: _division(division, rounds) for division in Division}
        doubtful = [division for division, listing in found.items() if _is_doubtful(listing)]
        if doubtful:
            rounds.append(await self._ask({one: questions[one] for one in (*doubtful, None)}, fresh=True))
            found |= {division: _division(division, rounds) for division in doubtful}
        return found

    async def sports(self) -> Listing | HeadgateError:
        """Return the list of sports, asked for twice and compared, or what stood in its way."""
        url = self._endpoints.sport_list()
        questions = {
            _FIRST: Question(url, SPORT_KEY),
            _SECOND: Question(url, SPORT_KEY, cache_key=f"{url}#compared"),  # an answer of its own, not the first again
        }
        rounds = [await self._ask(questions)]
        found = _sports(rounds)
        if _is_doubtful(found):
            rounds.append(await self._ask(questions, fresh=True))
            found = _sports(rounds)
        return found

    async def pages(self, org_ids: Sequence[int], parse: Callable[..., Values]) -> Pages:
        """Return what the pages of some schools or conferences say, in the order of the ids.

        Args:
            org_ids: Whose pages.
            parse: Reads a page, given its text and its ``url``.
        """
        tasks = [partial(self._page, org_id, parse) for org_id in org_ids]
        results = await self._extractor.concurrent_extract(tasks, max_concurrent=_PAGES_AT_ONCE)
        answers = dict(zip(org_ids, map(_value_or_error, results), strict=True))
        failures = {org_id: answer for org_id, answer in answers.items() if isinstance(answer, HeadgateError)}
        return [answer for answer in answers.values() if not isinstance(answer, HeadgateError)], failures

    async def _page(self, org_id: int, parse: Callable[..., Values]) -> Values:
        url = self._endpoints.org_detail(org_id)
        return parse(await self._extractor.robust_http_request(url, expect="text"), url=url)

    async def _ask(self, questions: Mapping[Q, Question], *, fresh: bool = False) -> dict[Q, Answer]:
        """Ask some questions at the same time; ``fresh`` accepts no answer from the cache."""
        tasks = [partial(self._listing, question, fresh=fresh) for question in questions.values()]
        results = await self._extractor.concurrent_extract(tasks, max_concurrent=len(tasks))
        return dict(zip(questions, map(_value_or_error, results), strict=True))

    async def _listing(self, question: Question, *, fresh: bool) -> Rows:
        options: dict[str, Any] = {"max_age": 0.0} if fresh else {}
        body = await self._extractor.robust_http_request(
            question.url, cache_key=question.cache_key, expect="json", **options
        )
        return rows_of(body, question.key, url=question.url)


def _value_or_error(result: TaskResult[T]) -> T | HeadgateError:
    """Return the value of a task, or its error if it is one of Headgate's; raise any other."""
    return result.error if isinstance(result.error, HeadgateError) else result.unwrap()


def _division(division: Division, rounds: Sequence[Mapping[Division | None, Answer]]) -> Listing | HeadgateError:
    undivided = [in_division(rows, division) for rows in _answers(None, rounds)]
    return _settled(division, rounds, undivided, key=MEMBER_KEY, what=f"division {division}")


def _sports(rounds: Sequence[Mapping[str, Answer]]) -> Listing | HeadgateError:
    return _settled(_FIRST, rounds, _answers(_SECOND, rounds), key=SPORT_KEY, what="the sports")


def _settled(
    question: Q, rounds: Sequence[Mapping[Q, Answer]], counterparts: Sequence[Rows], *, key: str, what: str
) -> Listing | HeadgateError:
    """Return what all rounds so far say about a question."""
    answers = _answers(question, rounds)
    if answers:
        return settle(answers, counterparts, key=key, what=what)
    error = rounds[0][question]
    assert isinstance(error, HeadgateError)  # noqa: S101 - there is an answer or an error
    return error


def _answers(question: Q, rounds: Sequence[Mapping[Q, Answer]]) -> list[Rows]:
    """Return the answers that a question got."""
    answers = (answered[question] for answered in rounds if question in answered)
    return [answer for answer in answers if not isinstance(answer, HeadgateError)]


def _is_doubtful(listing: Listing | HeadgateError) -> bool:
    """Tell whether asking once more can settle anything: errors have had their retries."""
    return isinstance(listing, Listing) and not listing.complete
