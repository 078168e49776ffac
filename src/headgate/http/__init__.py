"""HTTP: one request under all policies."""
