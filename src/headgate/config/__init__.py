"""Settings: typed, validated, and each one knows where it came from."""
