"""Python twins of the functions that TypeScript schemas give to `$defaultFn`."""

from __future__ import annotations

import hashlib
import itertools
import secrets
import time
from datetime import UTC, datetime
from uuid import UUID
from uuid import uuid4 as _uuid4

_URL_SAFE = "useandom-26T198340PX75pxJACKVERYMINDBUSHWOLF_GQZbfghjklqvwyzrict"
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
_counter = itertools.count(secrets.randbelow(476782367))


def nanoid(size: int = 21) -> str:
    """Return a random id of nanoid's alphabet."""
    return "".join(secrets.choice(_URL_SAFE) for _ in range(size))


def _in_base36(number: int) -> str:
    out = ""
    while number:
        number, digit = divmod(number, 36)
        out = _BASE36[digit] + out
    return out or "0"


def cuid2(size: int = 24) -> str:
    """Return an id of the form of cuid2: a letter, then letters and digits, from time, randomness and a counter."""
    parts = f"{_in_base36(time.time_ns() // 1_000_000)}{secrets.token_hex(32)}{_in_base36(next(_counter))}"
    digest = int.from_bytes(hashlib.sha3_512(parts.encode()).digest())
    return (secrets.choice(_BASE36[10:]) + _in_base36(digest)[1:])[:size]


def cuid() -> str:
    """Return an id of the form of cuid: `c`, time, counter and randomness in base 36."""
    stamp = _in_base36(time.time_ns() // 1_000_000)
    return f"c{stamp}{_in_base36(next(_counter) % 36**4):0>4}" + "".join(secrets.choice(_BASE36) for _ in range(12))


def ulid() -> str:
    """Return a ULID: 48 bits of milliseconds, 80 bits of randomness, in Crockford's base 32."""
    number = ((time.time_ns() // 1_000_000) << 80) | secrets.randbits(80)
    return "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))


def uuid4() -> UUID:
    """Return a random UUID."""
    return _uuid4()


def uuid7() -> UUID:
    """Return a UUID of version 7 (RFC 9562): 48 bits of milliseconds, then randomness."""
    number = (time.time_ns() // 1_000_000) << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    return UUID(int=number)


def uuid4_text() -> str:
    """Return a random UUID as text."""
    return str(uuid4())


def uuid7_text() -> str:
    """Return a UUID of version 7 as text."""
    return str(uuid7())


def now() -> datetime:
    """Return the present instant, in UTC."""
    return datetime.now(UTC)


def now_naive() -> datetime:
    """Return the present instant in UTC, without its zone."""
    return datetime.now(UTC).replace(tzinfo=None)
