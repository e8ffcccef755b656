"""The commands' tests."""

from collections.abc import Callable

from click.testing import Result

Gpend = Callable[..., Result]
"""Runs a command with its arguments in a folder of its own, with no configuration around."""
