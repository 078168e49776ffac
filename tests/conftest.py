"""Fixtures that every test folder may use."""

from __future__ import annotations

pytest_plugins = ["fixtures.redis_server"]
