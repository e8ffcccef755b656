"""The dashboard's tests."""
