"""WebP: RIFF chunks copied as they stand, the picture coded again."""
