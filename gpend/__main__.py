"""`python -m gpend`, and the console script."""

from gpend.cli import commands


def main() -> None:
    """Run the command that was asked for, and exit with its code."""
    commands(prog_name="gpend")


if __name__ == "__main__":
    main()
