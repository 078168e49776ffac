"""Extraction: rows from an upstream, and the proof that they are all."""
