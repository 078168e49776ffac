"""The outcome of a batch, which may be awaited."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Self, TypeVar

from pydantic import BaseModel

from headgate.quality import BatchResult

M = TypeVar("M", bound=BaseModel)


class AwaitableBatch(BatchResult[M]):
    """A pair ``(valid, invalid)`` that is at hand at once and returns itself when it is awaited.

    Judging rows waits for nothing, yet it is asked for in the midst of calls that do: ``await`` is no mistake here.
    """

    def __await__(self) -> Generator[Any, None, Self]:
        """Return the pair without waiting."""
        return self
        yield  # makes it a generator
