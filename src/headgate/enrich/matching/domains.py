"""Web sites as evidence: which host, and under which domain it lies."""

from __future__ import annotations

import re
from typing import NamedTuple

_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:/+", re.IGNORECASE)
_WWW = re.compile(r"^www?\d*\.")
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+").fullmatch
_SEVERAL = re.compile(r"[;,\s|]+")
_SECOND_LEVEL = {"ac", "co", "com", "edu", "gov", "k12", "net", "org"}


class Site(NamedTuple):
    """A web site.

    Attributes:
        host: The host without ``www``.
        domain: The part of the host that was registered: ``cuny.edu`` for ``baruch.cuny.edu``.
        path: The first part of the path; empty for a site that has its host to itself.
    """

    host: str
    domain: str
    path: str


def sites(text: str | None) -> list[Site]:
    """Return the web sites in a field: with and without scheme, ``www``, port, path; several in one."""
    found = []
    for piece in _SEVERAL.split((text or "").strip()):
        host, _, path = _SCHEME.sub("", piece.lower()).partition("/")
        host = _WWW.sub("", host.partition(":")[0].rstrip("."))
        if _HOST(host):
            found.append(Site(host, _registered(host), path.partition("/")[0]))
    return found


def _registered(host: str) -> str:
    labels = host.split(".")
    country = len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL  # noqa: PLR2004 - a country has two letters
    return ".".join(labels[-3:] if country else labels[-2:])
