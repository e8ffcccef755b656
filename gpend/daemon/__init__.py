"""The daemon: folders watched, photos found, processed and mirrored, for as long as it runs."""

from gpend.daemon.checks import problems
from gpend.daemon.clock import Clock, SystemClock
from gpend.daemon.crash import CrashDetector
from gpend.daemon.daemon import Daemon, Environment
from gpend.daemon.loop import Watcher, Watching, watching
from gpend.daemon.tally import Tally

__all__ = [
    "Clock",
    "CrashDetector",
    "Daemon",
    "Environment",
    "SystemClock",
    "Tally",
    "Watcher",
    "Watching",
    "problems",
    "watching",
]
