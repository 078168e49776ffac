"""Fixtures that every test folder may use."""

from __future__ import annotations

pytest_plugins = [
    "fixtures.browser",
    "fixtures.databases",
    "fixtures.e2e_web",
    "fixtures.raw_server",
    "fixtures.redis_server",
    "fixtures.replica",
]
