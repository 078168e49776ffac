"""HTTP: one request under all policies."""

from headgate.http.client import HttpClient
from headgate.http.response import Response
from headgate.http.transport import RawResponse, Transport

__all__ = ["HttpClient", "RawResponse", "Response", "Transport"]
