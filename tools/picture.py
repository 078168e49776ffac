"""Record a real run of ``headgate demo`` as the picture of the README. Run by ``make picture``."""  # noqa: INP001 - a script

from __future__ import annotations

import contextlib
import io
import re
import sys
import tempfile
from pathlib import Path
from unittest import mock

from rich.console import Console
from rich.terminal_theme import MONOKAI

from headgate.cli.demo import demo
from headgate.cli.progress import LineWatcher

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "images" / "demo.svg"
WIDTH = 100


def main() -> None:
    """Run the demonstration in a temporary folder and write the picture."""
    console = Console(record=True, width=WIDTH, force_terminal=True, file=io.StringIO(), highlight=False)
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.chdir(folder),
        mock.patch("headgate.cli.demo.result_console", return_value=console),
        mock.patch("shutil.which", return_value="headgate"),
        mock.patch("headgate.cli.demo.watcher", side_effect=lambda _: LineWatcher(console)),
    ):
        demo(folder=Path(), faults="moderate", seed=12)
    text = console.export_svg(title="headgate demo", theme=MONOKAI)
    # a picture that loads nothing from elsewhere: without the web font, the reader's own monospaced one is used
    text = re.sub(r"@font-face \{.*?\}\s*", "", text, flags=re.DOTALL)
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{PICTURE}: {len(text) // 1024} KiB\n")


if __name__ == "__main__":
    main()
