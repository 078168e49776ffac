"""The answer to a request: what came over the wire, or was kept from an earlier answer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from multidict import CIMultiDict, CIMultiDictProxy

from headgate.errors import UnusableBodyError
from headgate.http.url import redact
from headgate.jsontext import read_json
from headgate.resilience.cache import Origin

_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:\-]+)", re.IGNORECASE)
_BOM = b"\xef\xbb\xbf"


def headers_to_text(headers: Iterable[tuple[str, str]]) -> str:
    """Return headers as lines, the form in which they are kept."""
    text = "\n".join(map(":".join, headers))
    # bytes that are no UTF-8 reach us as lone surrogates, which cannot be written down
    return text if text.isascii() else text.encode(errors="replace").decode()


def headers_from_text(text: str) -> CIMultiDictProxy[str]:
    """Return the headers that were written as lines."""
    pairs = (line.partition(":") for line in text.split("\n") if line)
    return CIMultiDictProxy(CIMultiDict([(name, value) for name, _, value in pairs]))


def charset_of(content_type: str) -> str:
    """Return the character set of a ``Content-Type``, ``utf-8`` if it names none or one Python does not know."""
    match = _CHARSET.search(content_type)
    if not match:
        return "utf-8"
    try:
        "".encode(match[1])
    except LookupError:
        return "utf-8"
    return match[1].lower()


def decode_json(body: bytes, content_type: str = "") -> Any:
    """Decode JSON in any character set, a byte order mark in front or not, as widely as :mod:`headgate.jsontext` does.

    Raises:
        ValueError: It is not JSON.
    """
    if "charset" in content_type and (charset := charset_of(content_type)) not in {"utf-8", "us-ascii", "ascii"}:
        body = body.decode(charset).encode()
    return read_json(body.removeprefix(_BOM))


class Response:
    """A usable answer.

    Attributes:
        status: HTTP status, 200 to 299 (304 only for a caller who sent the condition himself).
        url: Where the answer came from, after redirects.
        body: The body, decompressed.
        origin: Where it was found: upstream, a level of the cache, ...
        attempts: Attempts made for this request; 0 if the cache answered.
        elapsed: Seconds the whole request took, waiting included.
    """

    __slots__ = ("_headers", "_parsed", "attempts", "body", "elapsed", "origin", "status", "url")

    def __init__(
        self,
        *,
        status: int,
        headers: CIMultiDictProxy[str] | str,
        url: str,
        body: bytes,
        origin: Origin = Origin.UPSTREAM,
        attempts: int = 1,
    ) -> None:
        self.status = status
        self._headers = headers
        self.url = url
        self.body = body
        self.origin = origin
        self.attempts = attempts
        self.elapsed = 0.0
        self._parsed: Any = None

    @property
    def headers(self) -> CIMultiDictProxy[str]:
        """The headers: names in any case, repeated ones kept (``headers.getall``)."""
        headers = self._headers
        if isinstance(headers, str):
            # kept as text in the cache: most callers never look
            headers = self._headers = headers_from_text(headers)
        return headers

    def keep_parsed(self, parsed: Any) -> None:
        """Keep the decoded body, None for none, for the first :meth:`json`; nobody else may hold it."""
        self._parsed = parsed

    def json(self) -> Any:
        """Return the body as JSON: a new object with each call, so that nobody changes another's.

        Raises:
            UnusableBodyError: It is not JSON.
        """
        parsed, self._parsed = self._parsed, None
        if parsed is not None:
            return parsed
        try:
            return decode_json(self.body, self.headers.get("Content-Type", ""))
        except ValueError as error:
            raise UnusableBodyError(
                f"The body of {redact(self.url)} is not JSON: {error}.",
                url=redact(self.url),
                attempts=self.attempts,
                hint='Ask with expect="json" to have such an answer tried again.',
            ) from None

    def text(self) -> str:
        """Return the body as text; bytes that its character set does not know become U+FFFD."""
        return self.body.removeprefix(_BOM).decode(charset_of(self.headers.get("Content-Type", "")), errors="replace")

    def __repr__(self) -> str:
        """Show status, address without secrets, size and origin."""
        return f"<Response {self.status} {redact(self.url)} {len(self.body)} bytes from {self.origin.value}>"
