"""Headgate keeps a typed database in step with HTTP sources that fail, change and lie."""

from headgate.config.guard import GuardConfig
from headgate.config.policies import CacheConfig, CircuitBreakerConfig, HttpConfig, RateLimitConfig, RetryConfig
from headgate.config.settings import PipelineConfig
from headgate.enrich import AddressParser, DataEnricher, Enriched, Location, Match, MatchKind, match
from headgate.errors import HeadgateError
from headgate.extract.entity import EntitySpec
from headgate.extract.extractor import RobustExtractor
from headgate.extract.plugin import ExtractorPlugin
from headgate.extract.records import Records
from headgate.extract.registry import PluginManager
from headgate.extract.result import TaskResult
from headgate.http.client import HttpClient
from headgate.http.response import Response
from headgate.metrics import ExtractionMetrics
from headgate.pipeline import SyncReport, sync
from headgate.quality import DataQualityValidator, ValidationRule
from headgate.resilience import CircuitBreaker, CircuitState, RateLimiter, Retry
from headgate.resilience.cache import MultiLevelCache
from headgate.sources.ncaa import RobustNCAExtractor
from headgate.store import ChangeDetector, DatabaseManager, HistoricalTracker, Store

__all__ = [
    "AddressParser",
    "CacheConfig",
    "ChangeDetector",
    "CircuitBreaker",
    "CircuitBreakerConfig",
    "CircuitState",
    "DataEnricher",
    "DataQualityValidator",
    "DatabaseManager",
    "Enriched",
    "EntitySpec",
    "ExtractionMetrics",
    "ExtractorPlugin",
    "GuardConfig",
    "HeadgateError",
    "HistoricalTracker",
    "HttpClient",
    "HttpConfig",
    "Location",
    "Match",
    "MatchKind",
    "MultiLevelCache",
    "PipelineConfig",
    "PluginManager",
    "RateLimitConfig",
    "RateLimiter",
    "Records",
    "Response",
    "Retry",
    "RetryConfig",
    "RobustExtractor",
    "RobustNCAExtractor",
    "Store",
    "SyncReport",
    "TaskResult",
    "ValidationRule",
    "match",
    "sync",
]
