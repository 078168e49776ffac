"""Events: typed, delivered from the outbox at least once."""
