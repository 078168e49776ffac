"""Kill syncs on both databases, many times, and write down where. Run by ``make kill-matrix``."""  # noqa: INP001 - a script

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "reference" / "kill-matrix.md"
MARK = "<!-- What follows is written by 'make kill-matrix'. -->\n"
KILLS = 200
STAGES = ("starting", "staging", "planning", "committing", "landing", "publishing")


def main() -> int:
    """Run the test, and renew the page if it passes on both databases."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "kills.jsonl"
        variables = {"HEADGATE_KILLS": str(kills), "HEADGATE_KILL_REPORT": str(report)}
        test = [sys.executable, "-m", "pytest", "-q", "--timeout=0", "tests/faults/store/test_kill.py"]
        done = subprocess.run(test, cwd=ROOT, env={**os.environ, **variables}, check=False)  # noqa: S603 - our own test
        if done.returncode:
            return done.returncode
        results = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    PAGE.write_text(PAGE.read_text(encoding="utf-8").partition(MARK)[0] + MARK + table(results), encoding="utf-8")
    return 0


def table(results: list[dict[str, Any]]) -> str:
    """Return the result as Markdown."""
    lines = [
        f"\n{datetime.now(UTC):%Y-%m-%d}, Python {sys.version.split()[0]}. Nothing was lost, doubled or left over.\n",
        f"| died while | {' | '.join(result['database'] for result in results)} |",
        "|---|" + "---:|" * len(results),
        *(f"| {stage} | {' | '.join(str(result['stages'].get(stage, 0)) for result in results)} |" for stage in STAGES),
        f"| **kills** | {' | '.join(str(result['kills']) for result in results)} |",
        f"| runs applied between them | {' | '.join(str(result['applied']) for result in results)} |",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
