"""The policies of a request, each usable alone."""
