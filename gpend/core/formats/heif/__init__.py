"""HEIF and HEIC: read, and written as a JPEG that everything goes along with that it can hold."""
