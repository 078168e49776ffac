"""The front door: which names there are, and that nothing else stands in it."""

from __future__ import annotations

import ast
from pathlib import Path

import headgate

PROMISED = [
    "CacheConfig",
    "CircuitBreaker",
    "CircuitBreakerConfig",
    "CircuitState",
    "DataQualityValidator",
    "DatabaseManager",
    "ExtractionMetrics",
    "ExtractorPlugin",
    "MultiLevelCache",
    "PipelineConfig",
    "PluginManager",
    "RateLimitConfig",
    "RateLimiter",
    "RetryConfig",
    "RobustExtractor",
    "RobustNCAExtractor",
    "ValidationRule",
]


def test_every_promised_name_is_there() -> None:
    """The names of the design can be imported from the package itself."""
    assert set(PROMISED) <= set(headgate.__all__)
    for name in headgate.__all__:
        assert hasattr(headgate, name)


def test_front_door_defines_nothing() -> None:
    """The package's own module imports, lists what it imported, and does nothing else."""
    assert headgate.__file__ is not None
    first, *rest = ast.parse(Path(headgate.__file__).read_text(encoding="utf-8")).body
    assert isinstance(first, ast.Expr)
    imported: list[str] = []
    for statement in rest:
        if isinstance(statement, ast.ImportFrom):
            imported += [alias.asname or alias.name for alias in statement.names]
        else:
            assert isinstance(statement, ast.Assign)
    assert sorted(imported) == sorted(headgate.__all__)
