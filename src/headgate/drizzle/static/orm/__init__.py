"""What drizzle-orm's builders do, told in Python."""
