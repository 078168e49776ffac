"""Structured logs: one set-up, one place where secrets are taken out."""
