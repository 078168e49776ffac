"""A file of JSON lines."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from headgate.config.events import SinkConfig
from headgate.errors import ConfigError, SinkUnavailableError
from headgate.events.cloud_event import CloudEvent
from headgate.events.sinks.sink import Sink

_TAIL = 65_536


class FileSink(Sink):
    """Appends each event as a line, and returns when the disk has it.

    The file is opened anew for each batch, so that it can be moved away and a new one begins. A last line without its
    end, left by a process that was killed or a disk that was full, is removed first: its event comes again.

    Args:
        name: Its name.
        config: Its settings.

    Raises:
        ConfigError: There is no path.
    """

    batch = 1000

    def __init__(self, name: str, config: SinkConfig) -> None:
        if config.path is None:
            raise ConfigError(f"The sink '{name}' has no path.", hint=f"Set events.sinks.{name}.path.")
        self._path = config.path.expanduser()

    async def send(self, events: Sequence[CloudEvent]) -> None:
        """Append events."""
        lines = b"".join(event.to_json() + b"\n" for event in events)
        try:
            await asyncio.to_thread(_append, self._path, lines)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise SinkUnavailableError(f"The file {self._path} cannot be written: {reason}.") from error


def _append(path: Path, lines: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists()
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        with _locked(file):
            _remove_torn_line(file)
            left = memoryview(lines)
            while left:
                left = left[os.write(file, left) :]
            os.fsync(file)
    finally:
        os.close(file)
    if is_new:
        _sync_folder(path.parent)


def _remove_torn_line(file: int) -> None:
    end = size = os.lseek(file, 0, os.SEEK_END)
    while end:
        start = max(0, end - _TAIL)
        os.lseek(file, start, os.SEEK_SET)
        found = os.read(file, end - start).rfind(b"\n")
        if found >= 0:
            end = start + found + 1
            break
        end = start
    if end < size:
        os.ftruncate(file, end)


@contextlib.contextmanager
def _locked(file: int) -> Iterator[None]:
    """Keep other processes from appending meanwhile, where the system can."""
    try:
        import fcntl  # noqa: PLC0415 - not everywhere
    except ImportError:
        yield
        return
    fcntl.flock(file, fcntl.LOCK_EX)
    yield  # closing the file gives the lock back


def _sync_folder(folder: Path) -> None:
    """Let the name of a new file survive a power cut, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
