"""The cache: memory in front of Redis or a file."""
