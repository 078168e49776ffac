"""The whole way of a row, from the source to the commit."""
