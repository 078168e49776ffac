"""What an operator sees and does about events, alerts and health; every decision is told wherever runs are."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families as parse

from fixtures.command import Command
from fixtures.commands import InProcess, Replica
from headgate.metrics.registry import PROCESS

SECRET = "whsec_" + "A" * 43 + "="


class Hook(ThreadingHTTPServer):
    """Keeps what it is sent, as method, path and text, and answers with a status."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Take)
        self.sent: list[tuple[str, str, str]] = []
        self.status = 200

    @property
    def address(self) -> str:
        """Name and port."""
        return f"127.0.0.1:{self.server_port}"

    def alerts(self) -> list[str]:
        """Return what people were told."""
        return [json.loads(text)["message"] for _, path, text in self.sent if path == "/alerts"]

    def pushed(self) -> list[tuple[str, set[str]]]:
        """Return how metrics were pushed, and the names of those."""
        pushes = [(method, text) for method, path, text in self.sent if path.startswith("/metrics/")]
        return [(method, {sample.name for one in parse(text) for sample in one.samples}) for method, text in pushes]


class _Take(BaseHTTPRequestHandler):
    server: Hook

    def _take(self) -> None:
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.sent.append((self.command, self.path, text))
        self.send_response(self.server.status)
        self.end_headers()

    do_POST = do_PUT = _take  # noqa: N815 - names of the base class

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    """Start the server, and begin with empty counters."""
    monkeypatch.setattr(PROCESS, "_ended", {})
    with Hook() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def told(file: Path) -> list[str]:
    """Return what the events in a file are about, without rows, and start a new file."""
    lines = file.read_text(encoding="utf-8").splitlines()
    file.unlink()
    return [kind.removeprefix("headgate.") for kind in (json.loads(line)["type"] for line in lines) if "run" in kind]


def test_every_decision_is_told(
    headgate: InProcess, replica: Replica, hook: Hook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plan, apply, approve, reject, rollback, restore and replay push metrics and tell alerts and events, like sync."""
    file = tmp_path / "events.jsonl"
    (tmp_path / "headgate.toml").write_text(f"""
        [metrics]
        pushgateway = "http://{hook.address}"
        [alerts.targets.ops]
        url = "json://{hook.address}/alerts"
        [alerts.rules.circuit_open]
        metric = "requests_total"
        labels = {{ outcome = "success" }}
        above = 0
        [events.sinks.log]
        type = "file"
        path = "{file}"
    """)

    def happened(*expected: str, method: str, pushes: int = 1) -> None:
        pushed = hook.pushed()
        assert [way for way, _ in pushed] == [method] * pushes
        assert all(("headgate_requests_total" in names) == (method == "PUT") for _, names in pushed)
        assert all("headgate_last_run_status" in names for _, names in pushed)
        assert [kind for kind in told(file) if kind not in {"run.started", "run.planned"}] == list(expected)
        hook.sent.clear()

    many, few = replica("--schools", "60"), replica("--schools", "12")
    headgate.said("sync", "ncaa", "--base-url", many)
    assert "circuit_open" in hook.alerts()[0]
    happened("run.applied", method="PUT")

    held = headgate.told("sync", "ncaa", "--base-url", few, code=6)["run"]
    assert "run_held (source=ncaa) is 1" in hook.alerts()[0]
    happened("run.held", method="PUT")
    headgate.said("approve", held)
    # what no request was made for has not ended
    [over] = hook.alerts()[0].splitlines()
    assert over.startswith("OVER after")
    assert over.endswith("run_held (source=ncaa).")
    happened("run.applied", method="POST")

    monkeypatch.setenv("HEADGATE_GUARD__MAX_DELETE_SHARE", "1")
    monkeypatch.setenv("HEADGATE_GUARD__MAX_DROP_SHARE", "1")
    plan = headgate.told("plan", "ncaa", "--base-url", many)["run"]
    happened(method="PUT")
    headgate.said("apply", plan)
    happened("run.applied", method="POST")

    dropped = headgate.told("plan", "ncaa", "--base-url", few)["run"]
    happened(method="PUT")
    headgate.said("reject", dropped)
    happened("run.rejected", method="POST")

    headgate.said("rollback", plan, "--yes")
    happened("run.applied", "run.rolled_back", method="POST", pushes=2)
    shown = headgate.told("show", plan, "--changes", "1")
    entity, key = shown["changes"][0]["entity"], str(shown["changes"][0]["key"][0])
    headgate.said("restore", entity, key, "--at", shown["finished_at"], "--yes")
    happened("run.applied", method="POST", pushes=2)
    assert "nothing to change" in headgate.said("restore", entity, key, "--at", shown["finished_at"], "--yes")
    assert hook.pushed() == []
    headgate.said("quarantine", "replay", "ncaa")
    happened("run.applied", method="POST")


def test_events_are_listed_and_delivered_again(
    headgate: InProcess, replica: Replica, hook: Hook, tmp_path: Path
) -> None:
    """What a receiver refuses is listed with its error, tried again, a dead letter, and redelivered or given up."""
    (tmp_path / "headgate.toml").write_text(f"""
        [events]
        max_attempts = 1
        [events.sinks.hook]
        type = "webhook"
        url = "http://{hook.address}/hook"
        allow_private = true
        secrets = "{SECRET}"
        entities = ["schools"]
        types = ["entity.*"]
    """)
    assert "no database file" in headgate.failed("events", "list")
    hook.status = 503
    headgate.said("sync", "ncaa", "--base-url", replica("--schools", "12"))
    out = headgate.said("events", "list")
    assert "hook" in out
    assert "The webhook answered 503" in out
    assert "hook: 0 events delivered" in headgate.said("events", "deliver", code=4)
    [sink] = headgate.told("events", "list")["sinks"]
    assert (sink["delivered"], sink["dead"], sink["failures"]) == (0, 0, 2)

    waiting, hook.status = sink["pending"], 200
    assert headgate.told("events", "deliver", "hook")["sinks"][0]["delivered"] == 12 < waiting
    out = headgate.said("events", "list")
    assert "503" not in out
    hook.sent.clear()
    [run] = headgate.told("runs")["runs"]
    assert "events to deliver again." in headgate.said("events", "redeliver", "hook", "--run", run["run"])
    assert len(hook.sent) == 12
    assert "Known sinks: hook" in headgate.failed("events", "redeliver", "hok")
    assert "do not go together" in headgate.failed("events", "redeliver", "hook", "1", "--run", run["run"])
    assert "Say which" in headgate.failed("events", "drop", "hook")
    assert "Remove it from there first" in headgate.failed("events", "forget", "hook")
    assert headgate.told("events", "redeliver", "hook") == {
        "events": 0,
        "sinks": [{"sink": "hook", "delivered": 0, "pending": 0, "dead": 0, "error": None}],
    }


def test_dead_letters_are_listed(
    headgate: InProcess, replica: Replica, hook: Hook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One refused event becomes a dead letter at once where one attempt is all; the list says which row and why."""
    (tmp_path / "headgate.toml").write_text(f"""
        [events]
        max_attempts = 1
        [events.sinks.hook]
        type = "webhook"
        url = "http://{hook.address}/hook"
        allow_private = true
        secrets = "{SECRET}"
        types = ["entity.*"]
        entities = ["schools"]
    """)
    hook.status = 422
    headgate.said("sync", "ncaa", "--base-url", replica("--schools", "12"))
    listed = headgate.told("events", "list", "--dead", "--limit", "100")
    assert listed["sinks"][0]["dead"] == len(listed["events"]) == 12
    assert {event["type"] for event in listed["events"]} == {"entity.changed"}
    out = headgate.said("events", "list", "--sink", "hook", "--limit", "2")
    assert "new schools" in out
    assert "The webhook answered 422" in out
    health = headgate.said("health")
    assert "Not all is delivered to: hook." in health
    assert "hook: pending 0, dead 12" in health

    first, second, *_ = (str(event["id"]) for event in listed["events"])
    assert headgate.told("events", "drop", "hook", first) == {"dropped": 1}
    hook.status = 200
    assert headgate.told("events", "redeliver", "hook", second)["sinks"][0]["delivered"] == 1
    assert headgate.said("events", "redeliver", "hook").startswith("10 events to deliver again.")
    assert headgate.told("events", "list") | {"sinks": []} == {"sinks": [], "events": []}
    (tmp_path / "headgate.toml").unlink()
    assert headgate.told("events", "forget", "hook") == {"forgotten": "hook"}
    assert "No sink is known yet" in headgate.said("events", "list")


def test_alerts_are_tested_checked_and_listed(
    headgate: InProcess, replica: Replica, hook: Hook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test reaches every target or says which not; a check tells what fires once, and the list shows it."""
    assert "There is no target" in headgate.failed("alerts", "test")
    (tmp_path / "headgate.toml").write_text(f"""
        [alerts.targets.ops]
        url = "json://user:hunter2@{hook.address}/alerts"
        [alerts.rules.some_rows]
        metric = "entity_rows"
        labels = {{ entity = "schools" }}
        above = 5
        severity = "info"
        summary = "There are rows."
    """)
    assert headgate.said("alerts", "test") == "ops: sent.\n"
    assert "This is a test" in hook.alerts()[0]
    hook.status = 500
    assert "ops: it was refused" in headgate.said("alerts", "test", code=4)
    tested = headgate.told("alerts", "test", "--target", "ops", code=4)
    assert tested == {"targets": {"ops": {"reached": False, "problem": "it was refused"}}}
    assert "opps" in headgate.failed("alerts", "test", "--target", "opps")

    assert "could not be told" in str(headgate.err("sync", "ncaa", "--base-url", replica("--schools", "12")))
    assert "could not be told" in headgate.said("alerts", "check", code=4)
    hook.status = 200
    hook.sent.clear()
    assert headgate.told("alerts", "check")["told"] == {"ops": 1}
    assert headgate.told("alerts", "check")["told"] == {"ops": 0}
    [message] = hook.alerts()
    assert message.startswith("INFO: some_rows (source=ncaa, entity=schools) is 12, the limit is 5")
    out = headgate.said("alerts", "list")
    assert "Told: ops." in out
    assert "some_rows (source=ncaa, entity=schools) is 12, limit 5, since" in out
    assert "hunter2" not in out
    monkeypatch.setenv("HEADGATE_ALERTS__RULES__SOME_ROWS__ABOVE", "50")
    assert "over  some_rows" in headgate.said("alerts", "check")
    assert "OVER" in hook.alerts()[1]


def test_health_tells_how_every_part_is(headgate: InProcess, replica: Replica, tmp_path: Path) -> None:
    """Without a database everything that it would tell is unknown and the exit code 4; with one, all is well."""
    report = headgate.told("health", code=4)
    assert {name: part["status"] for name, part in report.items() if isinstance(part, dict)} == {
        "database": "unhealthy",
        "migrations": "unhealthy",
        "outbox": "degraded",
        "circuit_breakers": "degraded",
        "handlers": "degraded",
        "redis": "healthy",
        "metrics": "degraded",
    }
    assert report["outbox"]["message"].startswith("Unknown")
    assert not (tmp_path / "headgate.db").exists()
    headgate.said("sync", "ncaa", "--base-url", replica("--schools", "12"))
    well = headgate.told("health")
    assert well["status"] == "healthy"
    assert list(well["circuit_breakers"]["sources"]["ncaa"].values()) == ["closed"]
    lines = headgate.said("health").splitlines()
    assert [line.split("  ")[0] for line in lines][:4] == ["database", "migrations", "outbox", "circuit breakers"]
    assert all("  healthy  " in line for line in lines)


def test_the_log_in_json_is_nothing_but_json(replica: Replica, tmp_path: Path) -> None:
    """With the log in JSON every line on standard error is an object with the source, also what a person would read."""
    headgate = Command(tmp_path)
    headgate.environment |= {"HEADGATE_LOG_FORMAT": "json", "HEADGATE_LOG_LEVEL": "info"}
    ended = headgate("sync", "ncaa", "--base-url", replica("--schools", "12"))
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    assert {"stage_began", "entity_planned", "run_ended"} <= {line["event"] for line in lines}
    assert all(line["source"] == "ncaa" and line["run"] for line in lines)
    failed = headgate("sync", "nothing")
    [line] = map(json.loads, failed.stderr.splitlines())
    assert (line["event"], line["level"], line["exit_code"]) == ("command_failed", "error", failed.returncode)
    assert line["what"]
