"""The story on generated modules."""
