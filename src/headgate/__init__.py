"""Headgate keeps a typed database in step with HTTP sources that fail, change and lie."""
