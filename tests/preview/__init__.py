"""Seeing before deciding, tested."""
