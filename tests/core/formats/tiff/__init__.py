"""Tests of TIFF."""
