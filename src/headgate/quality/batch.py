"""Raw rows in, valid models and refused rows out: all at once, or as a stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from itertools import chain, islice
from typing import Any

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.quality.compiled import CompiledRules, compile_rules
from headgate.quality.findings import BatchResult, M
from headgate.quality.validator import DataQualityValidator, FieldRules

CHUNK_ROWS = 64
"""Rows judged at a time: enough to spread the cost of a column, few enough to stay in the processor's cache."""


def validate_and_process_batch(
    raw_data: Iterable[Any],
    model_class: type[M],
    validation_rules: FieldRules | None = None,
    *,
    validator: DataQualityValidator | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> BatchResult[M]:
    """Return the pair ``(valid, invalid)`` of some raw rows: models, and refused rows with every reason.

    Both keep the order of the input, which is not changed; each row ends in exactly one of them. No row raises,
    whatever it is. A finding of severity ``info`` or ``warning`` never drops a row; the result's ``flagged`` has it.

    Args:
        raw_data: The rows as the upstream sent them.
        model_class: The Pydantic model to validate them with.
        validation_rules: Rules by field, as objects or names; none: those that ``validator`` has bound to fields.
        validator: Knows the rules that are named; none: the common rules are known.
        clock: Gives the time that refused rows are stamped with.

    Raises:
        ConfigError: The model, a rule or a field does not exist. Never for what is in a row.
    """
    compiled = compile_rules(model_class, validation_rules, validator=validator, clock=clock)
    return join(stream_batches(raw_data, compiled))


def stream_batches(
    raw_rows: Iterable[Any], compiled: CompiledRules[M], *, chunk_rows: int = CHUNK_ROWS
) -> Iterator[BatchResult[M]]:
    """Yield the outcome of the rows, ``chunk_rows`` at a time; what is kept does not grow with their number."""
    rows, start = iter(raw_rows), 0
    while chunk := list(islice(rows, chunk_rows)):
        yield compiled.process(chunk, start=start)
        start += len(chunk)


async def stream_batches_async(
    raw_rows: AsyncIterable[Any] | Iterable[Any], compiled: CompiledRules[M], *, chunk_rows: int = CHUNK_ROWS
) -> AsyncIterator[BatchResult[M]]:
    """Yield the outcome of the rows, ``chunk_rows`` at a time, and let other tasks run in between."""
    if isinstance(raw_rows, AsyncIterable):
        chunk: list[Any] = []
        start = 0
        async for row in raw_rows:
            chunk.append(row)
            if len(chunk) == chunk_rows:
                yield compiled.process(chunk, start=start)
                start += len(chunk)
                chunk = []
        if chunk:
            yield compiled.process(chunk, start=start)
        return
    for result in stream_batches(raw_rows, compiled, chunk_rows=chunk_rows):
        yield result
        await asyncio.sleep(0)


def join(results: Iterable[BatchResult[M]]) -> BatchResult[M]:
    """Return the outcomes of consecutive batches as one."""
    parts = list(results)
    return BatchResult(
        list(chain.from_iterable(part.valid for part in parts)),
        list(chain.from_iterable(part.invalid for part in parts)),
        list(chain.from_iterable(part.flagged for part in parts)),
    )
