"""The circuit breaker: stop asking a host that is down, and find out carefully when it is back."""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.config.policies import CircuitBreakerConfig
from headgate.errors import CircuitOpenError
from headgate.resilience.rolling_window import RollingWindow

# A probe whose permit has not come back after so many seconds is presumed lost: its place is given to another caller.
# A result that comes later still counts.
_PROBE_LEASE = 60.0
# Seconds a caller is told to wait while probes are under way: their verdict is near.
_PROBE_WAIT = 1.0


class CircuitState(StrEnum):
    """Whether calls pass: all of them, none, or a few probes."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class CircuitBreaker:
    """Rejects calls to a host that keeps failing.

    Closed, it opens after ``failure_threshold`` consecutive failures, or when the share of failures (or of slow calls)
    in the window reaches its limit. Open, it rejects everything for ``recovery_timeout`` seconds. The first caller
    after that makes it half-open: ``half_open_max_calls`` probes at a time pass, ``success_threshold`` good ones close
    it, one failed or slow one opens it again for longer.

    Every admission carries the generation it belongs to, and each change of state begins a new one, so the late result
    of an earlier generation changes nothing. All durations are monotonic: a wall clock that jumps changes nothing.

    An outer timeout that cancels the call is no verdict, because nobody can tell whose fault it was. The timeout that
    is to open the breaker belongs inside the call.

    Args:
        config: When it opens and closes.
        name: What it guards, for messages: a host.
        clock: Where the time comes from.
        on_transition: Called with the old and the new state after each change.
        is_failure: For :meth:`call`: which exceptions speak against the host. Others count as success, because the
            host did answer. By default each :class:`Exception` is a failure.
    """

    __slots__ = (
        "_config",
        "_failures",
        "_generation",
        "_is_failure",
        "_monotonic",
        "_name",
        "_on_transition",
        "_open_for",
        "_opened_until",
        "_probes",
        "_slow_after",
        "_state",
        "_successes",
        "_trips",
        "_window",
    )

    def __init__(
        self,
        config: CircuitBreakerConfig | None = None,
        *,
        name: str = "default",
        clock: Clock = SYSTEM_CLOCK,
        on_transition: Callable[[CircuitState, CircuitState], None] | None = None,
        is_failure: Callable[[Exception], bool] | None = None,
    ) -> None:
        self._config = config or CircuitBreakerConfig()
        self._name = name
        self._monotonic = clock.monotonic
        self._on_transition = on_transition
        self._is_failure = is_failure
        self._state = CircuitState.CLOSED
        self._generation = 0
        self._failures = 0
        self._successes = 0
        self._trips = 0
        self._open_for = self._config.recovery_timeout
        self._opened_until = 0.0
        # half-open: when each probe that is under way was admitted, oldest first
        self._probes: deque[float] = deque()
        slow = self._config.slow_call_duration
        self._slow_after = float("inf") if slow is None else slow
        self._window: RollingWindow | None = None
        if self._config.failure_ratio is not None or slow is not None:
            self._window = RollingWindow(self._config.window, self._monotonic())

    def __repr__(self) -> str:
        """Return name, state, and what a reader wants to know in that state."""
        text = f"<CircuitBreaker {self._name!r} {self._state.value}, {self._failures} consecutive failures"
        if self._state is CircuitState.OPEN:
            text += f", probe in {self.retry_after:.1f} s"
        elif self._state is CircuitState.HALF_OPEN:
            text += f", {len(self._probes)} of {self._config.half_open_max_calls} probes under way"
        return text + ">"

    @property
    def name(self) -> str:
        """What it guards."""
        return self._name

    @property
    def state(self) -> CircuitState:
        """The state. Open turns half-open with the first call after the open time, not by itself."""
        return self._state

    @property
    def failure_count(self) -> int:
        """Consecutive failures."""
        return self._failures

    @property
    def failure_threshold(self) -> int:
        """Consecutive failures that open it."""
        return self._config.failure_threshold

    @property
    def recovery_timeout(self) -> float:
        """Seconds it stays open the first time."""
        return self._config.recovery_timeout

    @property
    def retry_after(self) -> float:
        """Seconds until a probe is admitted; 0 when it is not open."""
        if self._state is not CircuitState.OPEN:
            return 0.0
        return max(0.0, self._opened_until - self._monotonic())

    @property
    def trips(self) -> int:
        """How often it opened."""
        return self._trips

    def check(self) -> None:
        """Ask whether a call would pass now, without taking a permit.

        Raises:
            CircuitOpenError: It would not; ``retry_after`` says when to ask again, in seconds.
        """
        if self._state is not CircuitState.CLOSED:
            self._reject_unless_a_probe_fits(self._monotonic())

    def acquire(self) -> int:
        """Take a permit for one call; hand it to exactly one of the ``on_`` methods afterwards.

        Raises:
            CircuitOpenError: The call is rejected; ``retry_after`` says when to ask again, in seconds.
        """
        if self._state is not CircuitState.CLOSED:
            now = self._monotonic()
            self._reject_unless_a_probe_fits(now)
            if self._state is CircuitState.OPEN:
                self._enter(CircuitState.HALF_OPEN)
            if len(self._probes) >= self._config.half_open_max_calls:
                self._probes.popleft()  # the oldest permit is presumed lost
            self._probes.append(now)
        return self._generation

    def on_success(self, permit: int, duration: float) -> None:
        """Count a call that the host answered well, after ``duration`` seconds."""
        if permit != self._generation:
            return
        slow = duration >= self._slow_after
        if self._state is CircuitState.HALF_OPEN:
            self._return_probe()
            if slow:
                self._open()
            else:
                self._count_good_probe()
            return
        self._failures = 0
        window = self._window
        if window is not None:
            now = self._monotonic()
            window.add(now, slow=slow)
            if slow and self._ratio_is_reached(window, now):
                self._open()

    def on_failure(self, permit: int, duration: float) -> None:
        """Count a call that the host failed to answer, after ``duration`` seconds."""
        if permit != self._generation:
            return
        self._failures += 1
        if self._state is CircuitState.HALF_OPEN:
            self._return_probe()
            self._open()
            return
        reached = self._failures >= self._config.failure_threshold
        window = self._window
        if window is not None:
            now = self._monotonic()
            window.add(now, failed=True, slow=duration >= self._slow_after)
            reached = reached or self._ratio_is_reached(window, now)
        if reached:
            self._open()

    def on_cancel(self, permit: int) -> None:
        """Give a permit back without a verdict: the call was cancelled, or never reached the host."""
        if permit == self._generation and self._state is CircuitState.HALF_OPEN:
            self._return_probe()

    async def call(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call ``func``, synchronous or not, and count how it went; nothing is locked meanwhile.

        Raises:
            CircuitOpenError: The call was rejected and ``func`` was not called.
        """
        permit = self.acquire()
        started = self._monotonic()
        try:
            result = func(*args, **kwargs)
            if inspect.isawaitable(result):
                result = await result
        except Exception as error:
            duration = self._monotonic() - started
            if self._is_failure is None or self._is_failure(error):
                self.on_failure(permit, duration)
            else:
                self.on_success(permit, duration)
            raise
        except BaseException:
            self.on_cancel(permit)
            raise
        self.on_success(permit, self._monotonic() - started)
        return result

    def _reject_unless_a_probe_fits(self, now: float) -> None:
        """Raise unless a caller may pass as a probe at ``now``; the breaker is open or half-open."""
        if self._state is CircuitState.OPEN:
            wait = self._opened_until - now
            if wait <= 0:
                return
            raise CircuitOpenError(
                f"The circuit breaker of {self._name} is open: the call was not tried.",
                hint=f"It lets a probe through in {wait:.1f} seconds.",
                retry_after=wait,
            )
        full = len(self._probes) >= self._config.half_open_max_calls
        if full and now - self._probes[0] < max(_PROBE_LEASE, self._config.recovery_timeout):
            raise CircuitOpenError(
                f"The circuit breaker of {self._name} is half-open and its probes are under way: "
                "the call was not tried.",
                hint="Their result decides whether calls pass again.",
                retry_after=min(_PROBE_WAIT, self._config.recovery_timeout),
            )

    def _return_probe(self) -> None:
        # which probe it was does not matter: the count does, and the ages only guard against lost permits
        if self._probes:
            self._probes.popleft()

    def _count_good_probe(self) -> None:
        self._successes += 1
        if self._successes >= self._config.success_threshold:
            self._open_for = self._config.recovery_timeout
            self._failures = 0
            if self._window is not None:
                self._window.clear(self._monotonic())
            self._enter(CircuitState.CLOSED)

    def _ratio_is_reached(self, window: RollingWindow, now: float) -> bool:
        config = self._config
        counts = window.counts(now)
        if counts.calls < config.minimum_throughput:
            return False
        if config.failure_ratio is not None and counts.failures >= config.failure_ratio * counts.calls:
            return True
        return counts.slow >= config.slow_call_ratio * counts.calls

    def _open(self) -> None:
        if self._state is CircuitState.HALF_OPEN:
            config = self._config
            self._open_for = min(self._open_for * config.backoff_multiplier, config.max_recovery_timeout)
        self._opened_until = self._monotonic() + self._open_for
        self._trips += 1
        self._enter(CircuitState.OPEN)

    def _enter(self, state: CircuitState) -> None:
        old, self._state = self._state, state
        self._generation += 1
        self._successes = 0
        self._probes.clear()
        if self._on_transition is not None:
            self._on_transition(old, state)
