"""Which addresses belong to this machine alone, and under which names it may be asked."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

_LOCAL_NAMES = frozenset({"localhost", "localhost.localdomain"})


def is_local(host: str) -> bool:
    """Tell whether what listens at a host can only be reached from this machine."""
    name = host.strip("[]").lower().rstrip(".")
    if name in _LOCAL_NAMES:
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def name_of(authority: str) -> str:
    """Return the name in a ``Host`` header or another ``host:port``; nothing if it cannot be read."""
    try:
        return urlsplit(f"//{authority}").hostname or ""
    except ValueError:
        return ""


def is_same_site(origin: str | None, fetch_site: str | None, authority: str) -> bool:
    """Tell whether a request that changes something was made by a page of ours, or by no page at all.

    Args:
        origin: The header ``Origin``, which a browser sends with every form and script that posts.
        fetch_site: The header ``Sec-Fetch-Site``, which a page cannot forge: behind a proxy that changes the name it is
            asked for, it alone knows.
        authority: The header ``Host``.
    """
    if fetch_site is not None:
        return fetch_site in {"same-origin", "none"}
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc.lower() == authority.lower()
    except ValueError:
        return False
