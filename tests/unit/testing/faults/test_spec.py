"""The language of faults."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.errors import ConfigError
from headgate.testing.faults import PRESETS, Fault, FaultKind, FaultPlan


def test_a_plan_for_several_routes() -> None:
    """The example of the documentation means what it says."""
    plan = FaultPlan.parse("memberList:429*0.2@2s,500*0.1;orgDetail:hang*0.01;*:latency=50ms")
    latency = Fault(FaultKind.LATENCY, seconds=0.05)
    assert plan.faults_of("memberList") == (
        Fault(FaultKind.TOO_MANY_REQUESTS, 0.2, seconds=2.0),
        Fault(FaultKind.SERVER_ERROR, 0.1),
        latency,
    )
    assert plan.faults_of("orgDetail") == (Fault(FaultKind.HANG, 0.01), latency)
    assert plan.faults_of("elsewhere") == (latency,)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("429", Fault(FaultKind.TOO_MANY_REQUESTS, seconds=1.0)),
        ("500x3", Fault(FaultKind.SERVER_ERROR, first=3)),
        ("503@1m x2 *0.5", Fault(FaultKind.UNAVAILABLE, 0.5, first=2, seconds=60.0)),
        (" hang = 3 ", Fault(FaultKind.HANG, seconds=3.0)),
        ("hang@2sx3", Fault(FaultKind.HANG, first=3, seconds=2.0)),
        ("drip*0.25x1@0.5s", Fault(FaultKind.DRIP, 0.25, first=1, seconds=0.5)),
        ("renamed_field=orgId", Fault(FaultKind.RENAMED_FIELD, field="orgId")),
        ("wrong_type=externalId*0.5", Fault(FaultKind.WRONG_TYPE, 0.5, field="externalId")),
        ("partial", Fault(FaultKind.PARTIAL)),
    ],
)
def test_suffixes_in_any_order(text: str, fault: Fault) -> None:
    """Probability, number of requests and argument can follow a kind in any order, with blanks."""
    assert FaultPlan.parse(f"route:{text}").faults_of("route") == (fault,)


@pytest.mark.parametrize("spec", ["500*0.3", "mild;hang", "429 x2@1s,empty"])
def test_faults_without_a_route(spec: str) -> None:
    """They mean every route that serves data, and leave robots.txt alone."""
    with_routes = ";".join(
        f"{route}:{spec.removeprefix('mild;')}" for route in ("memberList", "sportList", "orgDetail")
    )
    expected = FaultPlan.parse(f"mild;{with_routes}" if spec.startswith("mild") else with_routes)
    assert FaultPlan.parse(spec) == expected
    assert FaultPlan.parse(spec).faults_of("robots") == ()


@pytest.mark.parametrize("spec", [None, "", " ", ";", "none"])
def test_no_faults(spec: str | None) -> None:
    """Nothing means no faults."""
    assert FaultPlan.parse(spec).faults_of("memberList") == ()


@pytest.mark.parametrize("name", PRESETS)
def test_presets(name: str) -> None:
    """Every preset is a valid specification and leaves robots.txt alone."""
    assert FaultPlan.parse(name).faults_of("robots") == ()


def test_a_preset_can_be_added_to() -> None:
    """A preset is a part like any other."""
    plan = FaultPlan.parse("mild; memberList:empty x1")
    assert plan.faults_of("memberList")[-1] == Fault(FaultKind.EMPTY, first=1)
    assert len(plan.faults_of("memberList")) == len(FaultPlan.parse("mild").faults_of("memberList")) + 1


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ("wild", "one of the presets none, mild, moderate, hostile"),
        (":429", "one of the presets"),
        ("a:", "none of the kinds"),
        ("a:429,", "none of the kinds"),
        ("a:418", "'418' is none of the kinds"),
        ("a:explode", "'explode' is none of the kinds latency"),
        ("a:429*2", "'*2' is not a probability"),
        ("a:429*nan", "'*nan' is not a probability"),
        ("a:429*often", "'*often' is not a probability"),
        ("a:429@soon", "'soon' is not a duration"),
        ("a:latency=-1s", "'-1s' is not a duration"),
        ("a:empty@3s", "'empty' takes no argument"),
        ("a:429 sometimes", "'sometimes' is none of"),
    ],
)
def test_malformed(spec: str, complaint: str) -> None:
    """A malformed specification says where it is wrong and what would be right."""
    with pytest.raises(ConfigError) as caught:
        FaultPlan.parse(f"mild;{spec}")
    assert complaint in caught.value.message
    assert spec.strip() in caught.value.message
    assert "For example" in str(caught.value.hint)


@given(st.text(alphabet="a4290*x@=:;, .msn", max_size=30))
def test_any_text(text: str) -> None:
    """Whatever is written, it is a plan or a ConfigError."""
    try:
        plan = FaultPlan.parse(text)
    except ConfigError:
        return
    assert all(0 <= fault.probability <= 1 for faults in plan.by_route.values() for fault in faults)
