"""What people read when they are told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from headgate.logging import redact
from headgate.observe.alerts.known import KnownAlert, lasted

_SHOWN = 30


def title(notices: Sequence[KnownAlert]) -> str:
    """Return one line that says how many alerts there are."""
    fires = sum(known.ended_at is None for known in notices)
    over = len(notices) - fires
    parts = [f"{fires} alert{'' if fires == 1 else 's'}"] if fires else []
    parts += [f"{over} over"] if over else []
    return f"headgate: {', '.join(parts)}"


def body(notices: Sequence[KnownAlert], now: datetime) -> str:
    """Return a paragraph for each alert, the worst first; beyond thirty they are counted."""
    lines = [redact(_line(known, now)) for known in notices[:_SHOWN]]
    if len(notices) > _SHOWN:
        lines.append(f"... and {len(notices) - _SHOWN} more: see 'headgate alerts list'.")
    return "\n".join(lines)


def describe(known: KnownAlert) -> str:
    """Return what an alert is about: its rule and its labels."""
    labels = ", ".join(f"{name}={value}" for name, value in known.alert.labels.items() if value)
    return f"{known.alert.rule} ({labels})" if labels else known.alert.rule


def _line(known: KnownAlert, now: datetime) -> str:
    alert = known.alert
    for_so_long = f"{'after' if known.ended_at else 'for'} {in_words(lasted(known, now))}"
    if known.ended_at is not None:
        return f"OVER {for_so_long}: {describe(known)}."
    head = f"{alert.severity.upper()}: {describe(known)} is {alert.value:g}, the limit is {alert.limit:g}"
    head += f", {for_so_long}." if known.told else "."
    return f"{head} {alert.summary}".rstrip()


def in_words(duration: timedelta) -> str:
    """Return a duration in its greatest unit."""
    seconds = max(0, round(duration.total_seconds()))
    for length, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
