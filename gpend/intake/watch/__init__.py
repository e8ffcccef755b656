"""Events of the file system, only to wake the scan early."""

from gpend.intake.watch.notices import Notice
from gpend.intake.watch.supervisor import WatchSupervisor
from gpend.intake.watch.watches import Hint

__all__ = ["Hint", "Notice", "WatchSupervisor"]
