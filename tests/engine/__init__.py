"""The engines, tested."""
