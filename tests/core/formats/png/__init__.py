"""Tests of PNG."""
