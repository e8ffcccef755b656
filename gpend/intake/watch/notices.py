"""What the watcher has to say: once for each change of state, with what the person can do."""

import errno
from dataclasses import dataclass
from pathlib import Path

_LIMITS = Path("/proc/sys/fs/inotify")
_LIMIT_OF = {
    errno.ENOSPC: "max_user_watches",
    errno.EMFILE: "max_user_instances",
    errno.ENFILE: "max_user_instances",
}
_ENOUGH = {"max_user_watches": 524_288, "max_user_instances": 512}


@dataclass(frozen=True)
class Notice:
    """One change of state."""

    event: str  # a constant word
    message: str  # for people
    root: Path | None = None  # None: it concerns all folders


def no_room(root: Path, problem: OSError, poll_seconds: float) -> Notice:
    """The kernel takes no more watches, or not all that this root needs."""
    message = (
        f"The system has no room to watch every folder below {root} ({problem.strerror}). gpend gave back what it had "
        f"taken, scans the folder every {poll_seconds:g} seconds instead and tries again later. "
    )
    return Notice("watch_limit", message + _remedy("max_user_watches"), root)


def no_reader(problem: Exception, poll_seconds: float) -> Notice:
    """File system events cannot be read at all."""
    message = (
        f"File system events cannot be read ({problem}). gpend scans every folder every {poll_seconds:g} seconds "
        "instead and tries again later. "
    )
    limit = _LIMIT_OF.get(problem.errno or 0) if isinstance(problem, OSError) else None
    return Notice("watch_unavailable", message + (_remedy(limit) if limit else ""))


def reader_died(poll_seconds: float) -> Notice:
    """The thread that reads events has stopped or hangs."""
    message = (
        "The reader of file system events has stopped. gpend starts another and scans every folder; while there is "
        f"none, it scans every {poll_seconds:g} seconds."
    )
    return Notice("watch_died", message)


def reader_back() -> Notice:
    """Events are read again."""
    return Notice("watch_restored", "File system events are read again.")


def room_again(root: Path) -> Notice:
    """All folders of a root are watched again."""
    return Notice("watch_restored", f"Every folder below {root} is watched again.", root)


def root_gone(root: Path) -> Notice:
    """There is no such folder, or it cannot be examined."""
    message = f"{root} is not there. Nothing is taken for deleted; gpend goes on by itself when the folder is back."
    return Notice("source_gone", message, root)


def root_back(root: Path) -> Notice:
    """The folder is there again."""
    return Notice("source_back", f"{root} is there again; gpend scans all of it.", root)


def root_replaced(root: Path) -> Notice:
    """Another directory stands there."""
    return Notice(
        "source_replaced", f"Another folder or disk than before stands at {root}; gpend scans all of it.", root
    )


def polls(root: Path, file_system: str, poll_seconds: float) -> Notice:
    """The file system does not tell of every change."""
    message = (
        f"{root} lies on, or holds, a {file_system} mount, which does not tell of changes made elsewhere. "
        f"gpend scans the folder every {poll_seconds:g} seconds."
    )
    return Notice("source_polled", message, root)


def _remedy(limit: str) -> str:
    """The exact commands that raise a limit of inotify, at once and for good."""
    setting = f"fs.inotify.{limit}={max(_ENOUGH[limit], 2 * _current(limit))}"
    return (
        f"To watch it live: `sudo sysctl {setting}`; to keep that after a restart: "
        f"`echo {setting} | sudo tee /etc/sysctl.d/90-gpend.conf`."
    )


def _current(limit: str) -> int:
    try:
        return int((_LIMITS / limit).read_text())
    except (OSError, ValueError):
        return 0
