"""Tools for testing pipelines: a fake clock, a replica that misbehaves, fault injection."""
