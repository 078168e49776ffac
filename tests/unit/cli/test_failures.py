"""What a person reads when a command fails."""

from __future__ import annotations

import errno
import io
import os

import pytest
from rich.console import Console

from headgate.cli.failures import show_failure


@pytest.mark.parametrize(("file", "where"), [("/data/x.db", "'/data/x.db'"), (None, "standard output")])
def test_a_full_disk_is_no_bug(file: str | None, where: str) -> None:
    """No room left, for a file or for what is printed, is something that waiting and tidying help against."""
    out = io.StringIO()
    error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), file)
    assert show_failure(error, Console(file=out, width=200), debug=False) == 4
    assert where in out.getvalue()
    assert "No space left" in out.getvalue()
    assert "bug" not in out.getvalue()


def test_any_other_error_of_the_system_is() -> None:
    """What nobody foresaw is to be reported."""
    out = io.StringIO()
    assert show_failure(OSError(errno.EBADF, "bad"), Console(file=out, width=200), debug=False) == 70
    assert "This is a bug" in out.getvalue()
