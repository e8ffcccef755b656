"""ISO base media files."""
