"""Tests of WebP."""
