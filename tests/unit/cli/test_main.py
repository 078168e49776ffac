"""The command in one process: what it prints where, and how it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from headgate.cli.main import main
from headgate.errors import HeadgateError, LeaseHeldError
from headgate.pipeline.report import EntityReport, RunStatus, SyncReport


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has an empty working folder, and leaves the logging as it was."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("headgate.cli.opening.configure_logging", lambda **_: None)


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[dict[str, Any]]]:
    """Put a pipeline in place that reports or raises what it is told, and return the calls it gets."""

    def install(result: SyncReport | BaseException) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = []

        async def sync(source: str, **options: Any) -> SyncReport:
            calls.append({"source": source, **options})
            if isinstance(result, BaseException):
                raise result
            return result

        monkeypatch.setattr("headgate.cli.sync.run_sync", sync)
        return calls

    return install


def a_report(status: RunStatus) -> SyncReport:
    """Make the report of a run."""
    entity = EntityReport(fetched=2, duplicates=0, quarantined=0, valid=2, new=2, updated=0, unchanged=0, deleted=0)
    return SyncReport(
        "r1", "ncaa", status, 0.5, {"schools": entity}, reasons=["It is odd."] if status == "held" else []
    )


def run(*words: str) -> int:
    """Run the command and return its exit code."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    code = ended.value.code
    return code if isinstance(code, int) else 0


def test_json_is_all_there_is_on_standard_output(
    pipeline: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """With --json standard output is one object, whatever else is said on standard error."""
    pipeline(a_report(RunStatus.APPLIED))
    assert run("sync", "ncaa", "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert result["run"] == "r1"
    assert result["status"] == "applied"
    assert result["entities"]["schools"]["new"] == 2


def test_held_run_ends_with_its_own_code(pipeline: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    """A held run is printed like any other, and the exit code says that a person is needed."""
    pipeline(a_report(RunStatus.HELD))
    assert run("sync", "ncaa") == 6
    assert "It is odd." in capsys.readouterr().out


def test_flags_reach_the_pipeline(pipeline: Callable[..., Any]) -> None:
    """The database flag is stronger than the variable and lands in the settings."""
    calls = pipeline(a_report(RunStatus.APPLIED))
    assert run("sync", "ncaa", "--database", "sqlite:///x.db", "--base-url", "http://h", "--details") == 0
    (call,) = calls
    assert (call["source"], call["base_url"], call["details"]) == ("ncaa", "http://h", True)
    assert call["config"].database_url == "sqlite:///x.db"


def test_error_is_a_sentence_with_a_hint(pipeline: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    """An expected failure prints message and hint on standard error, JSON on request, and its group's code."""
    pipeline(LeaseHeldError("Run r0 has held 'ncaa' since 10:00.", hint="Wait for it, see https://a.test/?token=abc"))
    assert run("sync", "ncaa", "--json") == 4
    out, err = capsys.readouterr()
    assert json.loads(out)["error"]["message"] == "Run r0 has held 'ncaa' since 10:00."
    assert "Error: Run r0 has held 'ncaa' since 10:00.\nWait for it" in err
    assert "Traceback" not in err
    assert "abc" not in err + out


def test_unexpected_exception_asks_for_a_report(
    pipeline: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """What nobody foresaw is no traceback either, and ends with 70."""
    pipeline(KeyError("boom"))
    assert run("sync", "ncaa") == 70
    err = capsys.readouterr().err
    assert "Unexpected KeyError: 'boom'" in err
    assert "report" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("words", [("--debug", "sync", "ncaa"), ("sync", "ncaa", "--debug")])
def test_debug_shows_the_traceback_wherever_it_stands(
    words: tuple[str, ...], pipeline: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """With --debug the traceback comes first, its secrets masked, and the code stays."""
    pipeline(HeadgateError("lost redis://:pa55@cache"))
    assert run(*words) == 1
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert "pa55" not in err


def test_interrupt_is_clean(pipeline: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C ends with 130 and a sentence."""
    pipeline(KeyboardInterrupt())
    assert run("sync", "ncaa") == 130
    assert "Interrupted" in capsys.readouterr().err


def test_cancellation_that_nobody_asked_for_is_a_bug(
    pipeline: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """A task that cancels itself is taken neither for SIGTERM nor for success."""
    pipeline(asyncio.CancelledError())
    assert run("sync", "ncaa") == 70
    assert "cancelled itself" in capsys.readouterr().err


def test_wrong_setting_ends_before_anything_runs(
    pipeline: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """A file with a mistake ends with 3 and names file, line and suggestion."""
    calls = pipeline(a_report(RunStatus.APPLIED))
    Path("mine.toml").write_text("batch_sise = 3\n", encoding="utf-8")
    assert run("sync", "ncaa", "--config", "mine.toml") == 3
    err = capsys.readouterr().err
    assert "mine.toml:1" in err
    assert "batch_size" in err
    assert calls == []


def test_config_show_as_json_has_every_setting(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each setting with value, origin and variable; secrets masked."""
    monkeypatch.setenv("HEADGATE_REDIS_URL", "redis://:pa55@cache")
    assert run("config", "show", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["redis_url"]["value"] == "redis://:***@cache"
    assert shown["redis_url"]["origin"] == "variable"
    assert shown["rate_limit.burst_size"]["variable"] == "HEADGATE_RATE_LIMIT__BURST_SIZE"


def test_config_show_names_each_of_the_four_layers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A default, a line of the file, a variable in full and a flag, each beside the value that it gave."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "headgate.toml").write_text("batch_size = 7\n")
    monkeypatch.setenv("HEADGATE_RATE_LIMIT__REQUESTS_PER_SECOND", "8")
    words = ("config", "show", "--database", "flag.db")
    assert run(*words, "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    origins = {name: (shown[name]["value"], shown[name]["origin"]) for name in ("database_url", "batch_size")}
    assert origins == {"database_url": ("flag.db", "flag"), "batch_size": (7, "file")}
    assert shown["rate_limit.requests_per_second"]["origin"] == "variable"
    assert shown["rate_limit.burst_size"]["origin"] == "default"
    assert run(*words) == 0
    assert "…" not in capsys.readouterr().out


def test_config_show_refuses_a_rule_that_does_not_exist(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """As a sync does, before anything is shown."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "headgate.toml").write_text('[quality.schools.fields]\nstate = "us_sttae"\n')
    assert run("config", "show") == 3
    shown = capsys.readouterr()
    assert (shown.out, "'us_state'" in shown.err) == ("", True)


def test_sources_lists_the_built_in_one(capsys: pytest.CaptureFixture[str]) -> None:
    """The NCAA directory is found like everybody's plug-in, with the package it comes from."""
    assert run("sources", "--json") == 0
    assert any(found["name"] == "ncaa" for found in json.loads(capsys.readouterr().out))
