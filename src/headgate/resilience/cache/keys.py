"""Keys of the cache: stable, free of order, and nothing can be read from them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date, time
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

from headgate.errors import ConfigError

_SPELLED = (date, time, Decimal, UUID, PurePath)


def generate_key(prefix: str, arguments: Mapping[str, Any]) -> str:
    """Return ``prefix:hash``; equal arguments give equal keys in any order, process and version of Python.

    The hash is BLAKE2b (128 bits), so that a secret among the arguments cannot be read from the key.

    Raises:
        ConfigError: An argument is an object that has no stable spelling.
    """
    digest = hashlib.blake2b(canonical(arguments).encode("utf-8", "surrogatepass"), digest_size=16)
    return f"{prefix}:{digest.hexdigest()}"


def canonical(value: Any) -> str:
    """Spell a value so that different values, and values of different types, are spelled differently."""
    if isinstance(value, Enum):
        return f"e{type(value).__name__}.{value.name}"
    if value is None or isinstance(value, (bool, int, float, bytes)):
        return f"{type(value).__name__[0]}{value!r}"
    if isinstance(value, str):
        return f"s{len(value)}:{value}"
    if isinstance(value, Mapping):
        pairs = sorted((canonical(name), canonical(inner)) for name, inner in value.items())
        return "{" + ",".join(f"{name}={inner}" for name, inner in pairs) + "}"
    if isinstance(value, (list, tuple, AbstractSet)):
        spelled = map(canonical, value)
        return f"<{','.join(sorted(spelled))}>" if isinstance(value, AbstractSet) else f"[{','.join(spelled)}]"
    if isinstance(value, _SPELLED):
        return f"{type(value).__name__}({canonical(str(value))})"
    raise ConfigError(
        f"A value of type {type(value).__name__} cannot be part of a cache key: it has no stable spelling.",
        hint="Pass plain values: text, numbers, dates, lists, dicts.",
    )
