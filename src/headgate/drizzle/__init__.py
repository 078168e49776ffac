"""The Drizzle reader and the models written from it."""
