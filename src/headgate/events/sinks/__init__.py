"""Sinks: where events go."""

from headgate.events.sinks.registry import STANDARD_OUTPUT, make_sink
from headgate.events.sinks.sink import Sink

__all__ = ["STANDARD_OUTPUT", "Sink", "make_sink"]
