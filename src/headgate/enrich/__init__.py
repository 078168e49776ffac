"""Enrichment: addresses, geocoding, matching, providers."""
