"""What the machine at hand has, as far as it decides how much is done at a time (no torch here)."""

import math
import os
from contextlib import suppress
from pathlib import Path

_PROCESSORS = Path("/sys/fs/cgroup/cpu.max")
_MEMORY = Path("/sys/fs/cgroup/memory.max")
_CARD = Path("/proc/driver/nvidia/version")
_GIB = 1 << 30
_FIRST = 3 * _GIB  # the system, gpend with its networks, and the first photo
_EACH = _GIB  # every further photo of 12 megapixels, while it is restored
_MOST, _MOST_ON_CARD = 4, 16  # photos at a time; on processors alone the networks take turns, and four keep them busy


def slots() -> int:
    """How many photos are worked on at a time, where that is left to gpend."""
    return slots_for(allowed_cpus(_PROCESSORS), allowed_memory(_MEMORY), has_card=_CARD.exists())


def slots_for(cpus: int, memory: int, *, has_card: bool) -> int:
    """A photo for every processor, as far as memory (bytes) goes: one on a NAS with 4 GB."""
    room = 1 + max(0, memory - _FIRST - _EACH) // _EACH
    return max(1, min(cpus, room, _MOST_ON_CARD if has_card else _MOST))


def allowed_cpus(quota: Path) -> int:
    """CPUs by affinity and by the container's quota, at least one; `quota` is the cgroup's cpu.max."""
    cpus = len(os.sched_getaffinity(0))
    try:
        share, period = quota.read_text(encoding="ascii").split()
        return min(cpus, max(1, math.ceil(int(share) / int(period))))
    except (OSError, ValueError):  # no such limit here, or "max"
        return cpus


def allowed_memory(limit: Path) -> int:
    """Bytes by the machine and by the container's limit; `limit` is the cgroup's memory.max."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):  # no such limit here, or "max"
        return min(whole, int(limit.read_text(encoding="ascii")))
    return whole
