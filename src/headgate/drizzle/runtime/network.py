"""UUIDs and addresses as PostgreSQL accepts them."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated
from uuid import UUID

from pydantic import BeforeValidator

_UUID = re.compile(r"\{?(?:[0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}\}?")
_PART = "[0-9a-fA-F]{2}"
_MAC = re.compile(
    rf"{_PART}(?::{_PART}){{5}}|{_PART}(?:-{_PART}){{5}}|[0-9a-fA-F]{{6}}[:-][0-9a-fA-F]{{6}}"
    r"|[0-9a-fA-F]{4}(?:[.-][0-9a-fA-F]{4}){2}|[0-9a-fA-F]{12}"
)
_MAC8 = re.compile(
    rf"{_PART}(?::{_PART}){{7}}|{_PART}(?:-{_PART}){{7}}|[0-9a-fA-F]{{8}}[:-][0-9a-fA-F]{{8}}"
    r"|[0-9a-fA-F]{4}(?:[.-][0-9a-fA-F]{4}){3}|[0-9a-fA-F]{16}"
)
_SHORT = re.compile(r"(\d{1,3}(?:\.\d{1,3}){0,3})\.?(?:/(\d{1,2}))?", re.ASCII)


def _uuid(value: object) -> UUID:
    if isinstance(value, UUID):
        return value
    if isinstance(value, str) and _UUID.fullmatch(value) and value.startswith("{") == value.endswith("}"):
        return UUID(value.replace("-", "").strip("{}"))
    raise ValueError("not a uuid")


def _address(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, ipaddress._BaseAddress | ipaddress._BaseNetwork):  # noqa: SLF001 - the common base has no public name
        return str(value)
    raise ValueError("not an address")


def _inet(value: object) -> str:
    text = _address(value)
    try:
        ipaddress.ip_interface(text.strip())
    except ValueError as error:
        raise ValueError("not an IP address") from error
    if "%" in text or re.search(r"/\d+\.", text):
        raise ValueError("not an IP address")
    return text


def _cidr(value: object) -> str:
    text = _address(value)
    bare = text.strip()
    if re.search(r"%|/\d+\.", bare):
        raise ValueError("not a network")
    match = _SHORT.fullmatch(bare)
    try:
        if match is not None and ":" not in bare:
            bare = _filled(match.group(1), match.group(2))
        ipaddress.ip_network(bare)
    except ValueError as error:
        raise ValueError("not a network, or one with bits set beyond its mask") from error
    return text


def _filled(address: str, mask: str | None) -> str:
    """Return an abbreviated IPv4 network in full; without a mask its size follows from what is given."""
    parts = address.split(".")
    if mask is None:
        by_class = 8 if int(parts[0]) < 128 else 16 if int(parts[0]) < 192 else 24 if int(parts[0]) < 224 else 4  # noqa: PLR2004 - classful networks
        mask = str(max(by_class, 8 * len(parts)) if len(parts) < 4 else 32)  # noqa: PLR2004 - bytes of an address
    return ".".join([*parts, *["0"] * (4 - len(parts))]) + f"/{mask}"


def _mac(value: object) -> str:
    if isinstance(value, str) and _MAC.fullmatch(value.strip()):
        return value
    raise ValueError("not a MAC address")


def _mac8(value: object) -> str:
    if isinstance(value, str) and (_MAC8.fullmatch(value.strip()) or _MAC.fullmatch(value.strip())):
        return value
    raise ValueError("not a MAC address")


Uuid = Annotated[UUID, BeforeValidator(_uuid)]
Inet = Annotated[str, BeforeValidator(_inet)]
Cidr = Annotated[str, BeforeValidator(_cidr)]
MacAddress = Annotated[str, BeforeValidator(_mac)]
MacAddress8 = Annotated[str, BeforeValidator(_mac8)]
