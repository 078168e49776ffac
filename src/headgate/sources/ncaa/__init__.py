"""The NCAA member directory."""
