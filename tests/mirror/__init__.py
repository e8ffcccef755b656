"""The mirror's tests."""
