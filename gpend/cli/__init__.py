"""The commands: parse, call, exit code. Each is imported when it is asked for, and imports what it needs then."""

from gpend.cli.group import commands

__all__ = ["commands"]
