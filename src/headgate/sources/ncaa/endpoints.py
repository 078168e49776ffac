"""The addresses of the directory's three interfaces."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from headgate.errors import InvalidURLError
from headgate.sources.ncaa.enums import Division

BASE_URL = "https://web3.ncaa.org"

_ACTIVE_MEMBERS = "12"
"""What selects the active member schools. Without it the directory answers 200 with an empty body."""


class Endpoints:
    """The addresses under one base.

    Args:
        base_url: Scheme and host, such as ``https://web3.ncaa.org``; a path in front of ``/directory`` may follow.

    Raises:
        InvalidURLError: It is not an HTTP address.
    """

    def __init__(self, base_url: str = BASE_URL) -> None:
        base_url = base_url.strip()
        try:
            parts = urlsplit(base_url)
            spaced = any(mark.isspace() for mark in base_url)
            usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0 and not spaced
        except ValueError:
            usable = False
        if not usable:
            raise InvalidURLError(
                f"The base URL {base_url!r} of the NCAA directory is not an HTTP address.",
                hint=f"Give scheme and host, such as {BASE_URL}.",
            )
        self.base_url = base_url.rstrip("/")

    def sport_list(self) -> str:
        """Return the address of the list of sports."""
        return f"{self.base_url}/directory/api/common/sportList"

    def member_list(self, division: Division | None = None) -> str:
        """Return the address of the listing of a division, or of all members."""
        query = {"type": _ACTIVE_MEMBERS} | ({} if division is None else {"division": division.value})
        return f"{self.base_url}/directory/api/directory/memberList?{urlencode(query)}"

    def org_detail(self, org_id: int) -> str:
        """Return the address of the page of a member or a conference."""
        return f"{self.base_url}/directory/orgDetail?{urlencode({'id': org_id})}"
