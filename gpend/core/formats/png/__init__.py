"""PNG: chunks copied as they stand, rows of the picture replaced."""
