"""The static reader: TypeScript schemas read without running them."""
