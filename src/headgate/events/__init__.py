"""Events: typed, handled in the process, and delivered from the outbox at least once."""
