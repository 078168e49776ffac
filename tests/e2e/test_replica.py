"""The replica as a process: it says where it is, and it stops when it is told to."""

from __future__ import annotations

import json
import signal
import urllib.request
from typing import TYPE_CHECKING

import pytest

from fixtures.command import first_line

if TYPE_CHECKING:
    from fixtures.command import Command


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_replica_serves_and_stops(headgate: Command, sent: signal.Signals) -> None:
    """The first line is the URL, and it listens by then; a signal ends it with 0 and without a word."""
    with headgate.started("replica", "ncaa", "--schools", "30") as process:
        url = first_line(process.stdout)
        with urllib.request.urlopen(f"{url}/directory/api/directory/memberList?type=12") as answer:
            assert len(json.load(answer)) == 30
        process.send_signal(sent)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in err
