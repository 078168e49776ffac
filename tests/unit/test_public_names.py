"""The front door: which names there are, and that nothing else stands in it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import headgate

PROMISED = [
    "AddressParser",
    "CacheConfig",
    "CircuitBreaker",
    "CircuitBreakerConfig",
    "CircuitState",
    "DataEnricher",
    "DataQualityValidator",
    "DatabaseManager",
    "ExtractionMetrics",
    "ExtractorPlugin",
    "Location",
    "Match",
    "MultiLevelCache",
    "PipelineConfig",
    "PluginManager",
    "RateLimitConfig",
    "RateLimiter",
    "RetryConfig",
    "RobustExtractor",
    "RobustNCAExtractor",
    "ValidationRule",
    "match",
]

NOT_YET = ["usaddress", "geopy", "zipcodes", "pandas", "redis", "wreq", "tree_sitter", "fastapi"]
"""What an extra brings is imported when it is used: the front door opens without it."""


def test_every_promised_name_is_there() -> None:
    """The names of the design can be imported from the package itself."""
    assert set(PROMISED) <= set(headgate.__all__)
    for name in headgate.__all__:
        assert hasattr(headgate, name)


def test_front_door_lists_what_it_offers() -> None:
    """The stub of the package imports exactly the names that the package offers, and defines nothing."""
    assert headgate.__file__ is not None
    imported: list[str] = []
    for statement in ast.parse(Path(headgate.__file__).with_suffix(".pyi").read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.ImportFrom):
            imported += [alias.asname or alias.name for alias in statement.names]
        else:
            assert isinstance(statement, ast.Assign)
    assert sorted(imported) == sorted(headgate.__all__)


def test_front_door_imports_nothing_that_only_an_extra_needs() -> None:
    """Importing all public names leaves the packages of the extras alone."""
    code = f"import sys; from headgate import *; print(*[name for name in {NOT_YET!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_policy_does_not_load_the_database() -> None:
    """Who imports one name waits for what that name needs, and for nothing else."""
    program = "import sys, headgate; headgate.CircuitBreaker; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "headgate.resilience.circuit_breaker" in loaded
    assert not {"sqlalchemy", "aiohttp", "headgate.store", "headgate.sources"} & set(loaded)
