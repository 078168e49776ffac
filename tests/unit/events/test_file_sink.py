"""The file of JSON lines."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from fixtures.sinks import event
from headgate.config.events import SinkConfig
from headgate.errors import ConfigError, SinkUnavailableError
from headgate.events.sinks import make_sink


def _lines(path: Path) -> list[int]:
    return [orjson.loads(line)["data"]["n"] for line in path.read_bytes().splitlines()]


async def test_appends_lines(tmp_path: Path) -> None:
    """Each event is one line; the folder is made; what was there stays."""
    path = tmp_path / "new" / "events.jsonl"
    sink = make_sink("log", SinkConfig(type="file", path=path))
    await sink.send([event(1), event(2)])
    await sink.send([event(3)])
    assert _lines(path) == [1, 2, 3]
    assert path.stat().st_mode & 0o007 == 0


async def test_rotation_loses_nothing(tmp_path: Path) -> None:
    """A file that is moved away between two batches keeps its lines, and a new one begins."""
    path = tmp_path / "events.jsonl"
    sink = make_sink("log", SinkConfig(type="file", path=path))
    await sink.send([event(1)])
    path.rename(tmp_path / "events.jsonl.1")
    await sink.send([event(2)])
    assert _lines(tmp_path / "events.jsonl.1") == [1]
    assert _lines(path) == [2]


@pytest.mark.parametrize("torn", [b'{"specversion":"1.0","da', b'{"x":"' + b"y" * 200_000])
async def test_torn_line_is_removed(tmp_path: Path, torn: bytes) -> None:
    """A line that a killed process left without its end is gone before the next one is written."""
    path = tmp_path / "events.jsonl"
    sink = make_sink("log", SinkConfig(type="file", path=path))
    await sink.send([event(1)])
    with path.open("ab") as file:
        file.write(torn)
    await sink.send([event(2)])
    assert _lines(path) == [1, 2]
    path.write_bytes(torn)
    await sink.send([event(3)])
    assert _lines(path) == [3]


async def test_place_that_cannot_be_written(tmp_path: Path) -> None:
    """A folder, or a path below a file, is trouble of the sink, in a sentence."""
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "file" / "below"):
        with pytest.raises(SinkUnavailableError, match="cannot be written"):
            await make_sink("log", SinkConfig(type="file", path=path)).send([event(1)])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
async def test_full_disk(tmp_path: Path) -> None:
    """A disk without room is trouble of the sink."""
    with pytest.raises(SinkUnavailableError, match=r"cannot be written: (No space|Invalid argument|Illegal seek)"):
        await make_sink("log", SinkConfig(type="file", path=Path("/dev/full"))).send([event(1)])


def test_needs_a_path() -> None:
    """A file without a path is a mistake of the configuration."""
    with pytest.raises(ConfigError, match="'log' has no path"):
        make_sink("log", SinkConfig(type="file"))
