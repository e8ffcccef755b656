"""A process that ends with the one that started it, however that ends."""

import ctypes
import os
from signal import Signals

_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)


def end_with(parent: int, by: Signals) -> bool:
    """Have the kernel send `by` to this process when its parent is gone. False where it is, or is not `parent`."""
    ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, by)
    return os.getppid() == parent  # asked afterwards: it may have gone before it could be asked to take us along
