"""The cache: memory in front of Redis or a file."""

from headgate.resilience.cache.entry import Entry, Fetched, JSONValue, Loader, NotModified, Origin
from headgate.resilience.cache.lookup import Lookup
from headgate.resilience.cache.multilevel import MultiLevelCache

__all__ = ["Entry", "Fetched", "JSONValue", "Loader", "Lookup", "MultiLevelCache", "NotModified", "Origin"]
