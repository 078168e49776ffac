"""URLs as people type them, brought into one form."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_MOST_CHARACTERS = 2000
_NEVER_IN_A_URL = re.compile(r"[\s<>\"{}|\\^`\x00-\x1f\x7f]")
_OTHER_SCHEME = re.compile(r"(?:mailto|tel|javascript|data|ftp|file):", re.IGNORECASE)
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)+(?:[^\W\d_]{{2,63}}|xn--[a-z0-9-]{{1,59}})|(?:\d{{1,3}}\.){{3}}\d{{1,3}}")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def normalise_url(text: str) -> str | None:
    """Return a web address in one form, or ``None`` if it is none: blank, several in one, another scheme, no host.

    Scheme and host in lower case (https where none is given), no default port, no closing slash, no fragment. Path and
    query stay as they are. The result normalises to itself.
    """
    text = text.strip()
    if not text or len(text) > _MOST_CHARACTERS or _NEVER_IN_A_URL.search(text) or _OTHER_SCHEME.match(text):
        return None
    if text.startswith("//"):
        text = f"https:{text}"
    elif "://" not in text.partition("?")[0]:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        scheme, host, port = parts.scheme, (parts.hostname or "").rstrip("."), parts.port
    except ValueError:  # a malformed port or IPv6 address
        return None
    if scheme not in _DEFAULT_PORTS or parts.username is not None or not _HOST.fullmatch(host):
        return None
    authority = host if port in (None, _DEFAULT_PORTS[scheme]) else f"{host}:{port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{scheme}://{authority}{parts.path.rstrip('/')}{query}"
