"""TIFF: directories edited where they stand, strips of the picture replaced."""
