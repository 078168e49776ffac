"""Exports of what is counted: Prometheus, alerts, tracing."""
