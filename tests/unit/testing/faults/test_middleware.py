"""When a fault strikes."""

from __future__ import annotations

from headgate.testing.faults import FaultInjector, FaultKind


def kinds(injector: FaultInjector, target: str, times: int, route: str = "list") -> list[list[FaultKind]]:
    """Return what strikes each of some requests of a target."""
    return [[fault.kind for fault in injector.draw(route, target)[0]] for _ in range(times)]


def test_same_seed_same_faults() -> None:
    """The faults of a target are a fixed sequence, whatever is asked in between."""
    first = FaultInjector("list:500*0.5", seed=3)
    second = FaultInjector("list:500*0.5", seed=3)
    undisturbed = kinds(first, "/list?a", 50)
    disturbed = []
    for number in range(50):
        kinds(second, f"/list?{number}", 1)
        disturbed += kinds(second, "/list?a", 1)
    assert undisturbed == disturbed
    assert undisturbed != kinds(FaultInjector("list:500*0.5", seed=4), "/list?a", 50)


def test_probability() -> None:
    """A fault strikes about as often as it says."""
    struck = sum(map(len, kinds(FaultInjector("list:500*0.2"), "/list", 2000)))
    assert 320 < struck < 480


def test_first_requests_of_a_route() -> None:
    """A limit counts the requests of the route, not of one target."""
    injector = FaultInjector("list:500x3")
    assert [bool(kinds(injector, f"/list?{number}", 1)[0]) for number in range(5)] == [True, True, True, False, False]
    assert kinds(injector, "/other", 1, route="other") == [[]]


def test_begin_again() -> None:
    """After a reset the sequence starts from its first request; another plan can replace it."""
    injector = FaultInjector("list:500x1")
    assert kinds(injector, "/list", 2) == [[FaultKind.SERVER_ERROR], []]
    injector.reset()
    assert kinds(injector, "/list", 2) == [[FaultKind.SERVER_ERROR], []]
    injector.reset("list:empty")
    assert kinds(injector, "/list", 1) == [[FaultKind.EMPTY]]
