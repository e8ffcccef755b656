"""Tests of the one EXIF reader and what edits by appending."""
