from .config.guard import GuardConfig
from .config.policies import CacheConfig, CircuitBreakerConfig, HttpConfig, RateLimitConfig, RetryConfig
from .config.settings import PipelineConfig
from .config.targets import ReferenceConfig, TargetConfig
from .enrich import AddressParser, DataEnricher, Enriched, Location, Match, MatchKind, match
from .errors import HeadgateError
from .extract.enrichable import Enrichable
from .extract.entity import EntitySpec
from .extract.extractor import RobustExtractor
from .extract.plugin import ExtractorPlugin
from .extract.progress import Progress
from .extract.records import Records
from .extract.registry import PluginManager
from .extract.result import TaskResult
from .http.client import HttpClient
from .http.response import Response
from .metrics import ExtractionMetrics
from .pipeline import Enrichment, SyncReport, sync
from .quality import DataQualityValidator, Severity, ValidationRule, validate_and_process_batch
from .resilience import CircuitBreaker, CircuitState, RateLimiter, Retry
from .resilience.cache import MultiLevelCache
from .sources.ncaa import RobustNCAExtractor
from .store import ChangeDetector, DatabaseManager, HistoricalTracker, Store

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
    "Enrichable",
    "Enriched",
    "Enrichment",
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
    "Progress",
    "RateLimitConfig",
    "RateLimiter",
    "Records",
    "ReferenceConfig",
    "Response",
    "Retry",
    "RetryConfig",
    "RobustExtractor",
    "RobustNCAExtractor",
    "Severity",
    "Store",
    "SyncReport",
    "TargetConfig",
    "TaskResult",
    "ValidationRule",
    "match",
    "sync",
    "validate_and_process_batch",
]
