"""The circuit breaker against a model simple enough to be believed."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from headgate.config.policies import CircuitBreakerConfig
from headgate.errors import CircuitOpenError
from headgate.resilience import CircuitBreaker, CircuitState
from headgate.testing.clock import FakeClock

THRESHOLD, RECOVERY, CAP, PROBES, GOOD = 3, 10.0, 40.0, 2, 2


class Era:
    """The time between two changes of state; a permit belongs to the era it was given in."""

    def __init__(self) -> None:
        self.probes = 0
        self.good = 0


class BreakerMachine(RuleBasedStateMachine):
    """Take permits, report outcomes in any order, move the time; the breaker must agree with the model."""

    permits = Bundle("permits")

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        config = CircuitBreakerConfig(
            failure_threshold=THRESHOLD,
            recovery_timeout=RECOVERY,
            max_recovery_timeout=CAP,
            failure_ratio=None,
            half_open_max_calls=PROBES,
            success_threshold=GOOD,
        )
        self.breaker = CircuitBreaker(config, clock=self.clock)
        self.state = CircuitState.CLOSED
        self.era = Era()
        self.failures = 0
        self.open_for = RECOVERY
        self.reopens_at = 0.0

    def enter(self, state: CircuitState) -> None:
        """Begin a new era."""
        self.state = state
        self.era = Era()
        if state is CircuitState.OPEN:
            self.reopens_at = self.clock.monotonic() + self.open_for

    @rule(target=permits)
    def acquire(self) -> object:
        """A permit is given exactly when the model would give one."""
        if self.state is CircuitState.OPEN:
            expected = self.clock.monotonic() >= self.reopens_at
        else:
            expected = self.state is CircuitState.CLOSED or self.era.probes < PROBES
        try:
            permit = self.breaker.acquire()
        except CircuitOpenError as rejection:
            wait = rejection.retry_after
            assert (expected, wait is not None and wait > 0) == (False, True)
            return multiple()
        assert expected
        if self.state is CircuitState.OPEN:
            self.enter(CircuitState.HALF_OPEN)
        self.era.probes += 1
        return permit, self.era

    @rule(held=consumes(permits))
    def succeed(self, held: tuple[int, Era]) -> None:
        """A success of this era resets the count, or closes after enough good probes."""
        permit, era = held
        self.breaker.on_success(permit, 0.1)
        if era is not self.era:
            return
        if self.state is CircuitState.HALF_OPEN:
            era.probes -= 1
            era.good += 1
            if era.good < GOOD:
                return
            self.open_for = RECOVERY
            self.enter(CircuitState.CLOSED)
        self.failures = 0

    @rule(held=consumes(permits))
    def fail(self, held: tuple[int, Era]) -> None:
        """A failure of this era counts, opens at the threshold, and reopens for longer from half-open."""
        permit, era = held
        self.breaker.on_failure(permit, 0.1)
        if era is not self.era:
            return
        self.failures += 1
        if self.state is CircuitState.HALF_OPEN:
            self.open_for = min(CAP, self.open_for * 2)
            self.enter(CircuitState.OPEN)
        elif self.failures >= THRESHOLD:
            self.enter(CircuitState.OPEN)

    @rule(held=consumes(permits))
    def cancel(self, held: tuple[int, Era]) -> None:
        """A cancellation gives the permit back and changes nothing else."""
        permit, era = held
        self.breaker.on_cancel(permit)
        if era is self.era:
            era.probes -= 1

    # short steps: a probe of this machine is never old enough to be presumed lost
    @rule(seconds=st.sampled_from([0.0, 0.5, 1.0]))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.clock.move(seconds)

    @rule()
    def wait_until_it_may_be_probed(self) -> None:
        """Time passes until an open breaker admits a probe."""
        if self.state is CircuitState.OPEN:
            self.clock.move(self.breaker.retry_after)

    @invariant()
    def agrees(self) -> None:
        """State, failures and the time to wait are those of the model."""
        assert self.breaker.state is self.state
        assert self.breaker.failure_count == self.failures
        left = max(0.0, self.reopens_at - self.clock.monotonic()) if self.state is CircuitState.OPEN else 0.0
        assert abs(self.breaker.retry_after - left) < 1e-9


TestBreakerMachine = BreakerMachine.TestCase
TestBreakerMachine.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)
