"""The daemon's tests."""
