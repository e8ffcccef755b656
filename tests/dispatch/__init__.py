"""The dispatcher's tests."""
