"""What the machine at hand has, as far as it decides how much is done at a time (no torch here)."""

import math
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PROCESSORS = Path("/sys/fs/cgroup/cpu.max")
_CARD = Path("/proc/driver/nvidia/version")
_GIB = 1 << 30
_FIRST = 3 * _GIB  # the system, gpend with its networks, and the first photo
_EACH = _GIB  # every further photo of 12 megapixels, while it is restored
_MOST, _MOST_ON_CARD = 4, 16  # photos at a time; on processors alone the networks take turns, and four keep them busy


def slots() -> int:
    """How many photos are worked on at a time, where that is left to gpend."""
    return slots_for(allowed_cpus(), allowed_memory(), has_card=_CARD.exists())


def slots_for(cpus: int, memory: int, *, has_card: bool) -> int:
    """A photo for every processor, as far as memory (bytes) goes: one on a NAS with 4 GB."""
    room = 1 + max(0, memory - _FIRST - _EACH) // _EACH
    return max(1, min(cpus, room, _MOST_ON_CARD if has_card else _MOST))


def allowed_cpus(quota: Path = _PROCESSORS) -> int:
    """CPUs by affinity and by the container's quota, at least one; `quota` is the cgroup's cpu.max."""
    cpus = len(os.sched_getaffinity(0))
    try:
        share, period = quota.read_text(encoding="ascii").split()
        return min(cpus, max(1, math.ceil(int(share) / int(period))))
    except (OSError, ValueError):  # no such limit here, or "max"
        return cpus


def allowed_memory(root: Path = Path("/")) -> int:
    """Bytes of memory that this process may have: the machine's, or less where its control group allows less."""
    told = re.search(r"^MemTotal:\s+(\d+) kB$", (root / "proc/meminfo").read_text(encoding="ascii"), re.MULTILINE)
    total = int(told.group(1)) << 10 if told else 0
    return min((size for size in (total, *_allowed(root)) if size), default=0)


def _allowed(root: Path) -> Iterator[int]:
    """What each control group allows that this process is in, from its own up (version 2, and version 1)."""
    groups, mounted = root / "proc/self/cgroup", root / "sys/fs/cgroup"
    with suppress(OSError):
        for line in groups.read_text(encoding="utf-8").splitlines():
            _, kind, path = line.split(":", 2)
            if kind in ("", "memory"):
                own = mounted / kind / path.lstrip("/")
                for place in (own, *own.parents):
                    if place.is_relative_to(mounted):
                        yield from _read(place / ("memory.limit_in_bytes" if kind else "memory.max"))


def _read(place: Path) -> Iterator[int]:
    with suppress(OSError, ValueError):  # no such limit, or "max"
        yield int(place.read_text(encoding="ascii"))
