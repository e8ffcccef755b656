"""What a shell needs to complete gpend's commands, options and topics; click knows how."""

from click.shell_completion import get_completion_class

from gpend.cli.group import commands
from gpend.errors import FatalError

COMPLETIONS = {f"completion.{shell}": shell for shell in ("bash", "zsh", "fish")}
"""Names to print, and for which shell each is."""

_VARIABLE = "_GPEND_COMPLETE"  # by which the shell's function tells gpend that it is asked to complete


def completion(shell: str) -> str:
    """The function for a shell. Raises FatalError where it is too old to complete."""
    found = get_completion_class(shell)
    if found is None:
        raise FatalError(f"gpend cannot complete in {shell}.")
    try:
        return found(commands, {}, "gpend", _VARIABLE).source()
    except (RuntimeError, OSError) as error:
        raise FatalError(f"There is no {shell} here that can complete: {error}.") from error
