"""Rules over samples, and what is known of an alert from one evaluation to the next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from headgate.config.operation import AlertRule, AlertsConfig
from headgate.config.settings import PipelineConfig
from headgate.errors import ConfigError
from headgate.observe.alerts import BUILT_IN, Alert, KnownAlert, firing, rules_in_force
from headgate.observe.alerts.judging import MAX_ALERTS, Sample
from headgate.observe.alerts.known import follow
from headgate.observe.alerts.wording import body, title

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def fates(**rows: float) -> list[Sample]:
    """Return the samples of a run's rows by fate."""
    return [
        ("headgate_last_run_rows", {"source": "s", "entity": "e", "fate": fate}, value) for fate, value in rows.items()
    ]


def alert(rule: str = "run_held", value: float = 1.0, **labels: str) -> Alert:
    """Return an alert that fires."""
    return Alert(rule, labels or {"source": "s"}, value, 0.0, "critical", "Look.")


def test_a_number_beyond_its_limit_fires_with_its_labels() -> None:
    """A rule picks numbers by labels; equal to the limit is not beyond it."""
    rules = {
        "old": AlertRule(metric="headgate_entity_freshness_seconds", labels={"entity": "a"}, above=10),
        "poor": AlertRule(metric="quality_score", below=80),
    }
    samples: list[Sample] = [
        ("headgate_entity_freshness_seconds", {"source": "s", "entity": "a"}, 11),
        ("headgate_entity_freshness_seconds", {"source": "t", "entity": "a"}, 10),
        ("headgate_entity_freshness_seconds", {"source": "s", "entity": "b"}, 99),
        ("headgate_quality_score", {"source": "s", "entity": "a"}, 79.5),
    ]
    found = [(one.rule, dict(one.labels), one.value) for one in firing(rules, samples)]
    assert found == [
        ("old", {"source": "s", "entity": "a"}, 11),
        ("poor", {"source": "s", "entity": "a"}, 79.5),
    ]


def test_a_share_is_of_the_sum_over_the_named_labels() -> None:
    """A share compares one fate with all fates of the same entity, from so many rows on."""
    rules = {"gone": AlertRule(metric="last_run_rows", labels={"fate": "deleted"}, share=True, above=0.1, at_least=50)}
    assert [one.value for one in firing(rules, fates(deleted=11, unchanged=89))] == [pytest.approx(0.11)]
    assert not firing(rules, fates(deleted=10, unchanged=90))
    assert not firing(rules, fates(deleted=4, unchanged=1)), "too few rows to judge"
    assert not firing(rules, fates(deleted=0, unchanged=0))


def test_alerts_are_bounded() -> None:
    """However many numbers are beyond their limit, an evaluation has a bounded number of alerts."""
    samples: list[Sample] = [("headgate_held_runs", {"source": str(n)}, 1) for n in range(2 * MAX_ALERTS)]
    assert len(firing(BUILT_IN, samples)) == MAX_ALERTS


def test_rules_of_the_settings_replace_complete_and_turn_off() -> None:
    """A rule of the same name takes the place of a built-in one; one that is off is gone."""
    config = PipelineConfig(
        alerts={
            "rules": {
                "stale_entity": {"metric": "entity_freshness_seconds", "above": 60},
                "run_held": {"metric": "held_runs", "enabled": False},
                "mine": {"metric": "headgate_requests_total", "labels": {"outcome": "failure"}, "above": 5},
            }
        }
    )
    rules = rules_in_force(config.alerts)
    assert rules["stale_entity"].above == 60
    assert "run_held" not in rules
    assert rules["mine"].labels == {"outcome": "failure"}
    assert "circuit_open" in rules


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"metric": "entity_freshnes_seconds", "above": 1}, "Did you mean 'entity_freshness_seconds'"),
        ({"metric": "attempt_duration_seconds", "above": 1}, "histogram"),
        ({"metric": "held_runs", "labels": {"entity": "x"}, "above": 1}, "label 'entity'"),
    ],
)
def test_a_rule_about_nothing_is_refused_with_what_was_meant(rule: dict[str, object], words: str) -> None:
    """A metric or label that does not exist is a mistake in the settings, and the message says what there is."""
    config = AlertsConfig.model_validate({"rules": {"mine": rule}})
    with pytest.raises(ConfigError) as caught:
        rules_in_force(config)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "rule",
    [
        {"metric": "held_runs"},
        {"metric": "held_runs", "above": 1, "below": 2},
        {"metric": "held_runs", "above": 1, "share": True},
        {"metric": "held_runs", "above": float("nan")},
    ],
)
def test_a_rule_without_a_clear_limit_is_refused(rule: dict[str, object]) -> None:
    """None, two, or no number at all is not a limit; a share without labels is a share of nothing."""
    with pytest.raises(ValidationError):
        AlertRule.model_validate(rule)


def test_an_alert_is_told_once_then_again_after_a_time_then_its_end() -> None:
    """The first evaluation tells, the next ones do not, until the time to repeat; the end is told to who was told."""
    known = follow({}, [alert()], seen=(), now=NOW)
    [one] = known.values()
    assert one.is_due("ops", NOW, 3600)
    known = {one.alert.key: one.tell("ops", NOW)}
    known = follow(known, [alert(value=2)], seen=known, now=NOW + HOUR / 2)
    [one] = known.values()
    assert (one.since, one.alert.value) == (NOW, 2)
    assert not one.is_due("ops", NOW + HOUR / 2, 3600)
    assert one.is_due("ops", NOW + HOUR, 3600)
    assert not one.is_due("ops", NOW + 100 * HOUR, 0)
    assert one.is_due("new", NOW, 3600)
    [over] = follow(known, [], seen=known, now=NOW + HOUR).values()
    assert over.ended_at == NOW + HOUR
    assert over.is_due("ops", NOW + HOUR, 3600)
    assert not over.is_due("new", NOW + HOUR, 3600)
    assert not over.tell("ops", NOW + HOUR).told


def test_what_could_not_be_seen_has_not_ended() -> None:
    """An alert whose number was not on the page goes on: silence is no proof."""
    known = follow({}, [alert()], seen=(), now=NOW)
    [one] = follow(known, [], seen=(), now=NOW + HOUR).values()
    assert one.ended_at is None


def test_an_alert_that_comes_back_before_its_end_was_told_begins_anew() -> None:
    """Who never heard that it ended is not told a second time that it fires."""
    first = KnownAlert(alert(), NOW, {"ops": NOW}, ended_at=NOW + HOUR)
    [one] = follow({first.alert.key: first}, [alert()], seen=(), now=NOW + 2 * HOUR).values()
    assert (one.ended_at, one.since) == (None, NOW + 2 * HOUR)
    assert not one.is_due("ops", NOW + 2 * HOUR, 0)


def test_what_is_remembered_can_be_read_back() -> None:
    """An alert survives the way into the database and back."""
    known = KnownAlert(alert(value=1.5), NOW, {"ops": NOW}, NOW + HOUR)
    assert KnownAlert.from_dict(known.as_dict()) == known


def test_words_for_people() -> None:
    """A message says how bad it is, what it is about, the number and the limit, and hides secrets."""
    known = KnownAlert(alert(source="s", host="https://u:hunter2@example.org"), NOW)
    over = KnownAlert(alert("stale_entity"), NOW, ended_at=NOW + 3 * HOUR)
    assert title([known, over]) == "headgate: 1 alert, 1 over"
    text = body([known, over], NOW + HOUR)
    assert text.startswith("CRITICAL: run_held (source=s, host=https://u:***@example.org) is 1, the limit is 0. Look.")
    assert "OVER after 3 h: stale_entity (source=s)." in text
