"""Retries: how long to wait before the next attempt, and a runner for use without HTTP."""

from __future__ import annotations

import inspect
import math
import random
from collections.abc import Callable
from typing import Any, TypeAlias

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.config.policies import RetryConfig
from headgate.errors import DeadlineExceededError
from headgate.resilience.retry_budget import RetryBudget

RetryOn: TypeAlias = "type[Exception] | tuple[type[Exception], ...] | Callable[[Exception], bool]"
"""Which exceptions are worth another attempt: types, or a function that decides."""


def backoff_delay(config: RetryConfig, attempt: int, previous: float, rng: random.Random) -> float:
    """Return the seconds to wait before the next attempt.

    The delay is ``base_delay * exponential_base ** (attempt - 1)``, capped at ``max_delay`` and jittered *after* that,
    so that the jitter never vanishes at the cap:

    * ``full``: between 0 and the delay;
    * ``equal``: between half of the delay and the delay;
    * ``decorrelated``: between ``base_delay`` and three times the previous wait, or the cap if that is less;
    * ``none``: the delay itself.

    The modes are those of Brooker, "Exponential Backoff and Jitter" (2015).

    Args:
        config: Delays in seconds, growth and mode.
        attempt: Attempts already made; 1 after the first.
        previous: Seconds waited the last time; 0 after the first attempt.
        rng: Where the jitter comes from.
    """
    if config.jitter == "decorrelated":
        highest = min(config.max_delay, 3.0 * max(previous, config.base_delay))
        return rng.uniform(min(config.base_delay, highest), highest)
    delay = _capped(config, attempt)
    if config.jitter == "full":
        return rng.uniform(0.0, delay)
    if config.jitter == "equal":
        return rng.uniform(delay / 2, delay)
    return delay


def _capped(config: RetryConfig, attempt: int) -> float:
    """Return the delay before jitter; no exponent is large enough to overflow."""
    if config.base_delay == 0:
        return 0.0
    exponent = math.log(config.base_delay) + (attempt - 1) * math.log(config.exponential_base)
    if config.max_delay == 0 or exponent >= math.log(config.max_delay):
        return config.max_delay
    return config.base_delay * config.exponential_base ** (attempt - 1)


class Retry:
    """Calls a function again while it fails in a way that is worth it.

    Nothing is shared between calls but the budget. An exception's ``retry_after`` (seconds) is a floor under the delay.

    Args:
        config: Attempts and delays.
        clock: Where the time comes from and how waiting is done.
        rng: Where the jitter comes from.
        deadline: Seconds for one :meth:`call`, attempts and waits; none: as long as it takes.
        budget: Bounds the retries of all calls together.
    """

    __slots__ = ("_budget", "_clock", "_config", "_deadline", "_rng")

    def __init__(
        self,
        config: RetryConfig | None = None,
        *,
        clock: Clock = SYSTEM_CLOCK,
        rng: random.Random | None = None,
        deadline: float | None = None,
        budget: RetryBudget | None = None,
    ) -> None:
        self._config = config or RetryConfig()
        self._clock = clock
        self._rng = rng or random.Random()
        self._deadline = math.inf if deadline is None else deadline
        self._budget = budget

    async def call(self, func: Callable[..., Any], *args: Any, on: RetryOn, **kwargs: Any) -> Any:
        """Call ``func``, synchronous or not, until it succeeds or another attempt makes no sense.

        Args:
            func: What to call.
            args: Its arguments.
            on: Which exceptions are worth another attempt. There is no default: a retried bug is a bug times three.
            kwargs: Its keyword arguments.

        Raises:
            DeadlineExceededError: The next attempt would come after the deadline. This is raised at once, caused by
                the last error; ``retry_after`` says when to come back, in seconds.
            Exception: What ``func`` raised last, if attempts or budget are used up or ``on`` does not cover it.
        """
        gives_up_at = self._clock.monotonic() + self._deadline
        attempt, delay = 1, 0.0
        if self._budget is not None:
            self._budget.on_request()
        while True:
            try:
                result = func(*args, **kwargs)
                return await result if inspect.isawaitable(result) else result
            except Exception as error:
                if attempt >= self._config.max_attempts or not _is_worth_it(error, on):
                    raise
                delay = self._delay(error, attempt, delay)
                if self._clock.monotonic() + delay > gives_up_at:
                    raise _too_late(delay) from error
                if self._budget is not None and not self._budget.try_spend():
                    raise
            await self._clock.sleep(delay)
            attempt += 1

    def _delay(self, error: Exception, attempt: int, previous: float) -> float:
        floor = getattr(error, "retry_after", None) or 0.0
        return max(float(floor), backoff_delay(self._config, attempt, previous, self._rng))


def _is_worth_it(error: Exception, on: RetryOn) -> bool:
    if isinstance(on, type | tuple):
        return isinstance(error, on)
    return on(error)


def _too_late(delay: float) -> DeadlineExceededError:
    return DeadlineExceededError(
        f"The next attempt would be due in {delay:.1f} seconds, after the deadline.",
        hint="Come back later, or allow more time.",
        retry_after=delay,
    )
