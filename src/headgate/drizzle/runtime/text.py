"""Text, bytes and bit strings as databases keep them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, GetCoreSchemaHandler, StringConstraints
from pydantic_core import CoreSchema, core_schema


def _storable(value: str) -> str:
    """Refuse what UTF-8 cannot hold: a lone half of a surrogate pair."""
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ValueError("text with a lone surrogate cannot be stored") from error
    return value


def _pg_text(value: str) -> str:
    if "\0" in value:
        raise ValueError("PostgreSQL stores no NUL character")
    return _storable(value)


KNOWN_FIRST = Field(union_mode="left_to_right")
"""Marks text whose known values become members of an enum; the database accepts others too."""

PgText = Annotated[str, StringConstraints(strict=True), AfterValidator(_pg_text)]
Text = Annotated[str, StringConstraints(strict=True), AfterValidator(_storable)]


@dataclass(frozen=True, slots=True)
class PgLength:
    """`varchar(n)` and `char(n)` of PostgreSQL: at most n code points, spaces beyond them are dropped.

    Args:
        limit: Code points.
    """

    limit: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Build the schema on top of the text's own."""
        return core_schema.no_info_after_validator_function(self.fit, handler(source))

    def fit(self, value: str) -> str:
        """Return the value as the database stores it.

        Raises:
            ValueError: If it is too long.
        """
        if len(value) <= self.limit:
            return value
        if value[self.limit :].strip(" "):
            raise ValueError(f"longer than {self.limit} characters")
        return value[: self.limit]


@dataclass(frozen=True, slots=True)
class Bytes:
    """A limit in bytes of UTF-8, for MySQL's text types; or in bytes, for its binary ones.

    Args:
        limit: Bytes.
    """

    limit: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Build the schema on top of the text's own."""
        return core_schema.no_info_after_validator_function(self.fit, handler(source))

    def fit(self, value: str | bytes) -> str | bytes:
        """Return the value.

        Raises:
            ValueError: If it is too long.
        """
        size = len(value.encode() if isinstance(value, str) else value)
        if size > self.limit:
            raise ValueError(f"longer than {self.limit} bytes")
        return value


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        word = value.strip().lower()
        if word == "on" or (word and ("true".startswith(word) or "yes".startswith(word))) or word == "1":
            return True
        if word in {"of", "off", "0"} or (word and ("false".startswith(word) or "no".startswith(word))):
            return False
    raise ValueError("not a boolean")


PgBoolean = Annotated[bool, BeforeValidator(_boolean)]


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if value in (0, 1) and isinstance(value, int):
        return bool(value)
    raise ValueError("not a boolean")


Boolean = Annotated[bool, BeforeValidator(_flag)]
"""A boolean kept as 0 or 1."""


def _binary(value: object) -> object:
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    if isinstance(value, bytes):
        return value
    raise ValueError("not bytes")


Binary = Annotated[bytes, BeforeValidator(_binary)]


def _text_or_bytes(value: object) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    raise ValueError("neither text nor bytes")


MySqlBinary = Annotated[bytes, BeforeValidator(_text_or_bytes)]
"""MySQL's binary strings; text is taken as UTF-8."""


@dataclass(frozen=True, slots=True)
class Bits:
    """`bit(n)`: exactly n characters 0 or 1.

    Args:
        size: Bits.
    """

    size: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Build the schema on top of the text's own."""
        return core_schema.no_info_after_validator_function(self.fit, handler(source))

    def fit(self, value: str) -> str:
        """Return the value as zeros and ones.

        Raises:
            ValueError: If it is no bit string of this size.
        """
        digits = value
        if re.fullmatch(r"[xX][0-9a-fA-F]*", value):
            digits = "".join(f"{int(d, 16):04b}" for d in value[1:])
        elif re.fullmatch(r"[bB][01]*", value):
            digits = value[1:]
        if len(digits) != self.size or digits.strip("01"):
            raise ValueError(f"not a bit string of {self.size} bits")
        return digits
