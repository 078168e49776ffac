"""The exact reader: the project's own drizzle-orm, run in a child process."""
