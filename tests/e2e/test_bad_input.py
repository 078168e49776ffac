"""What goes wrong outside: one clear message, a documented exit code, no traceback, nothing half-written."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess

    from fixtures.command import Command


class _WrongShape(BaseHTTPRequestHandler):
    """Answers every request with JSON that means something else."""

    def do_GET(self) -> None:
        body = b'{"message": "moved to version 2"}'
        self.send_response(404 if self.path == "/robots.txt" else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the signature of the base class
        return


@pytest.fixture
def wrong_shape() -> Iterator[str]:
    """Serve JSON of a wrong shape."""
    server = HTTPServer(("127.0.0.1", 0), _WrongShape)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def check(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    """Check exit code and message: each word is in it, and standard output is empty."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    for word in words:
        assert word in done.stderr


def test_unknown_source(headgate: Command, tmp_path: Path) -> None:
    """A mistyped source is named with the nearest one, and no database file is made."""
    check(headgate("sync", "ncca"), 3, "ncca", "Did you mean 'ncaa'?")
    assert list(tmp_path.glob("*.db")) == []


@pytest.mark.parametrize("path", [".", "/", "..", ""])
def test_a_folder_is_no_database(headgate: Command, path: str) -> None:
    """What cannot be the path of a file is a configuration error."""
    done = headgate("sync", "ncaa", "--base-url", "http://127.0.0.1:9", "--database", path)
    check(done, 3, "database")


@pytest.mark.parametrize("url", ["not a url", "ftp://127.0.0.1/x", "http://", "http://exa mple/", ""])
def test_bad_url(headgate: Command, tmp_path: Path, url: str) -> None:
    """A base URL that cannot be used is a configuration error; an empty one does not mean the real directory."""
    check(headgate("sync", "ncaa", "--base-url", url), 3, "URL")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_configuration(headgate: Command, tmp_path: Path) -> None:
    """A folder in the place of the file is said, not passed over."""
    (tmp_path / "headgate.toml").mkdir()
    check(headgate("config", "show"), 3, "headgate.toml")


@pytest.mark.parametrize(
    ("words", "kind", "code"),
    [
        (("ncca",), "UnknownSourceError", 3),
        (("ncaa", "--config", "nowhere.toml"), "ConfigError", 3),
        (("ncaa", "--base-url", "http://127.0.0.1:9"), "ConnectError", 4),
    ],
)
def test_json_of_a_failure_is_one_object(headgate: Command, words: tuple[str, ...], kind: str, code: int) -> None:
    """With --json a failure is an object too: its status, its code, and the run if there was one."""
    done = headgate("sync", *words, "--json")
    said = json.loads(done.stdout)
    assert (done.returncode, said["status"], said["entities"]) == (code, "failed", {})
    assert (said["error"]["kind"], said["error"]["exit_code"]) == (kind, code)
    assert said["error"]["message"] in done.stderr
    assert (said["run"] is not None) == (kind == "ConnectError")


def test_unreachable_host(headgate: Command) -> None:
    """A host that refuses is named, with what to do, and the code says: later."""
    check(headgate("sync", "ncaa", "--base-url", "http://127.0.0.1:9"), 4, "127.0.0.1:9")


def test_wrong_type_in_the_environment(headgate: Command) -> None:
    """A value of a wrong type names key, variable and what is expected."""
    done = headgate("sync", "ncaa", HEADGATE_BATCH_SIZE="many")
    check(done, 3, "batch_size", "HEADGATE_BATCH_SIZE", "integer")


def test_wrong_type_in_the_file(headgate: Command, tmp_path: Path) -> None:
    """A value of a wrong type in the file names its line."""
    (tmp_path / "headgate.toml").write_text("[http]\ntimeout_seconds = -1\n", encoding="utf-8")
    check(headgate("sync", "ncaa"), 3, "headgate.toml:2", "greater than 0")


def test_file_that_is_no_database(headgate: Command, tmp_path: Path) -> None:
    """A text file is refused and stays as it is."""
    file = tmp_path / "notes.db"
    file.write_text("These are my notes.\n" * 100, encoding="utf-8")
    before = file.read_bytes()
    check(
        headgate("sync", "ncaa", "--database", "sqlite:///notes.db", "--base-url", "http://127.0.0.1:9"), 3, "notes.db"
    )
    assert file.read_bytes() == before


def test_folder_that_does_not_exist(headgate: Command) -> None:
    """A database in a folder that is not there is a configuration error, not a traceback of a driver."""
    done = headgate("sync", "ncaa", "--database", "sqlite:///none/here.db", "--base-url", "http://127.0.0.1:9")
    check(done, 3, "here.db")


@pytest.mark.parametrize("url", ["oracle://h/x", "postgresql:", "://"])
def test_database_url_that_cannot_be_used(headgate: Command, url: str) -> None:
    """A database that Headgate does not know is a configuration error."""
    check(headgate("sync", "ncaa", "--database", url, "--base-url", "http://127.0.0.1:9"), 3)


def test_database_that_cannot_be_reached_keeps_its_password(headgate: Command) -> None:
    """A PostgreSQL that refuses is a matter of time, and the message shows no password."""
    url = "postgresql://me:pa55word@127.0.0.1:9/x"
    done = headgate("sync", "ncaa", "--database", url, "--base-url", "http://127.0.0.1:9")
    check(done, 4)
    assert "pa55word" not in done.stderr


def test_body_of_a_wrong_shape(headgate: Command, wrong_shape: str) -> None:
    """JSON that means something else is a data error that names the URL."""
    check(headgate("sync", "ncaa", "--base-url", wrong_shape), 5, "127.0.0.1")


def test_upstream_that_answers_with_nothing(headgate: Command, replica: Callable[..., str]) -> None:
    """An empty 200 is a failure of the upstream, never an empty directory."""
    check(headgate("sync", "ncaa", "--base-url", replica("--faults", "memberList:empty")), 4, "memberList")


def test_malformed_faults(headgate: Command) -> None:
    """A fault that is not known is named with those that are."""
    check(headgate("replica", "ncaa", "--faults", "memberList:flood"), 3, "flood", "hang")


def test_missing_configuration_file(headgate: Command) -> None:
    """A file that was named must be there."""
    check(headgate("config", "show", "--config", "nowhere.toml"), 3, "nowhere.toml")
