"""A process that ends with the one that started it, however that ends.

Run as a program, it is the guard of another one: `python parent.py PARENT COMMAND...` ends COMMAND, and whatever that
started in its group, when the process PARENT is gone. Only the process itself that the kernel tells of that would end
otherwise: a shell, and not what the shell waits for.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
_GONE = signal.SIGUSR2  # how a guard hears that its parent is gone: nobody else sends it that
_IGNORED = (signal.SIGTERM, signal.SIGPIPE, signal.SIGXFSZ)  # by the guard, or by Python in it, and not by a command
_NOT_FOUND, _BY_SIGNAL = 127, 128  # as shells say it: no such program, and the first number of one ended by a signal


def end_with(parent: int, by: signal.Signals) -> bool:
    """Have the kernel send `by` to this process when its parent is gone. False where it is, or is not `parent`.

    The kernel takes the end of the thread that started this process for its parent's.
    """
    ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, by)
    return os.getppid() == parent  # asked afterwards: it may have gone before it could be asked to take us along


def command_that_ends_with(parent: int, command: Sequence[str]) -> list[str]:
    """A command that does the same and, started in a session of its own, ends with all that it started there.

    A function to be called between fork and exec would do it without another process, but not safely: a thread that
    does not run any more there may hold the lock of the memory.
    """
    return [sys.executable, "-I", "-S", __file__, str(parent), *command]


def _guard(parent: int, command: list[str]) -> int:
    """Run a command; its exit status, as shells tell it."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # whoever asks all to end lets the command end as it does
    signal.signal(_GONE, lambda *_: os.killpg(0, signal.SIGKILL))
    if not end_with(parent, _GONE):
        return 1
    try:
        process = os.posix_spawnp(command[0], command, os.environ, setsigdef=_IGNORED)
    except OSError as error:
        os.write(sys.stderr.fileno(), f"{error.strerror}\n".encode())
        return _NOT_FOUND
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    return status if status >= 0 else _BY_SIGNAL - status


if __name__ == "__main__":
    sys.exit(_guard(int(sys.argv[1]), sys.argv[2:]))
