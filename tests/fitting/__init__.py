"""Fitting, on faces and on pictures whose truth is known."""
