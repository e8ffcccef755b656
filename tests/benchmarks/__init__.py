"""Measurements, as programs that anyone can run; they assert nothing."""
