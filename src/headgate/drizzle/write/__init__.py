"""Writing Pydantic models from a schema."""
