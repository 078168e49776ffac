"""Alerts without a Prometheus: rules over the metrics, judged at the end of a run, told to people once."""

from headgate.observe.alerts.judging import Alert, firing
from headgate.observe.alerts.known import KnownAlert
from headgate.observe.alerts.rules import BUILT_IN, rules_in_force
from headgate.observe.alerts.telling import Checked, alerts_now, check_alerts, known_alerts

__all__ = [
    "BUILT_IN",
    "Alert",
    "Checked",
    "KnownAlert",
    "alerts_now",
    "check_alerts",
    "firing",
    "known_alerts",
    "rules_in_force",
]
