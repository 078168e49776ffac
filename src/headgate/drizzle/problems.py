"""What can be wrong with a schema: errors that stop the reading, and problems that are reported beside the result."""

from __future__ import annotations

from dataclasses import dataclass

from headgate.errors import ConfigError


class SchemaError(ConfigError):
    """A Drizzle schema, or the way it is pointed at, is wrong.

    Args:
        message: What is wrong.
        file: The file, if one is to blame.
        line: The line in it, counted from 1.
        hint: What to do next.
    """

    def __init__(
        self, message: str, *, file: str | None = None, line: int | None = None, hint: str | None = None
    ) -> None:
        place = "" if file is None else f"{file}:{line}: " if line is not None else f"{file}: "
        super().__init__(place + message, hint=hint)
        self.file = file
        self.line = line


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be resolved for certain.

    Args:
        file: The file it is in.
        line: The line, counted from 1.
        expression: The source text that could not be resolved.
        reason: Why.
        table: The export name of the table it concerns, if one.
        column: The TypeScript key of the column it concerns, if one.
    """

    file: str
    line: int
    expression: str
    reason: str
    table: str | None = None
    column: str | None = None

    def __str__(self) -> str:
        """Return one readable line."""
        subject = ".".join(part for part in (self.table, self.column) if part)
        return f"{self.file}:{self.line}: {subject + ': ' if subject else ''}{self.reason}: {self.expression}"
