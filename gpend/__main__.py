"""`python -m gpend`, and the console script."""

import os
import sys

from gpend.cli import commands


def main() -> None:
    """Run the command that was asked for, and exit with its code."""
    _open_closed_streams()
    commands(prog_name="gpend")


def _open_closed_streams() -> None:
    """Where whoever started gpend has closed a standard stream, no file of gpend's comes to stand in its place."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # it gets the lowest number that is free: this one
            os.set_inheritable(number, True)  # noqa: FBT003 - its own signature
            setattr(sys, name, os.fdopen(number, "w" if number else "r", encoding="utf-8", closefd=False))


if __name__ == "__main__":
    main()
