"""Built-in sources, one folder an upstream."""
