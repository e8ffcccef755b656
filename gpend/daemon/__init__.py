"""The daemon: folders watched, photos found, processed and mirrored, for as long as it runs."""

from gpend.daemon.checks import problems
from gpend.daemon.clock import Clock, SystemClock
from gpend.daemon.daemon import Daemon, Surroundings
from gpend.daemon.hearing import Watcher, Watching, watching
from gpend.daemon.postmortem import Postmortem
from gpend.daemon.tally import Progress, Tally

__all__ = [
    "Clock",
    "Daemon",
    "Postmortem",
    "Progress",
    "Surroundings",
    "SystemClock",
    "Tally",
    "Watcher",
    "Watching",
    "problems",
    "watching",
]
