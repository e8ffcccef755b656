"""Keeping a JPEG whole."""
