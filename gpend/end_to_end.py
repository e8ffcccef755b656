"""How fast `gpend once` goes through a folder on this machine, and what is busy meanwhile; `gpend bench` asks."""

import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gpend import machine, wiring
from gpend.progress import Progress
from gpend.settings import CoreSettings, FolderSettings, Settings

_BUSY = 0.8  # of all processors: from there on they are what holds it up
_OURS = 0.75  # of what is busy: below that others hold it up
_MARGIN = 64 << 20  # bytes that stay free beside twice the photos
_OLD = 1_600_000_000  # when the photos were taken: long ago, so that none has to settle


@dataclass(frozen=True)
class EndToEnd:
    """What was measured between the first photo that was done and the last."""

    photos: int
    slots: int  # photos at a time
    rate: float  # photos a second
    own: float  # the share of all processors that gpend kept busy
    others: float  # and all other programs

    @property
    def limit(self) -> str:
        """What holds it up, in words."""
        told = f"gpend kept the processors busy by {self.own:.0%}, other programs by {self.others:.0%}"
        if self.own + self.others < _BUSY:
            return f"neither all processors nor anything else that is measured here ({told})"
        is_alone = self.own >= _OURS * (self.own + self.others)
        return f"the processors ({told})" if is_alone else f"other programs on the processors ({told})"


@dataclass(frozen=True)
class _Moment:
    """How far it is, and how long processors have worked until then."""

    seconds: float
    done: int
    own: float  # seconds of processors
    all_busy: float


def measure(photos: Sequence[bytes], settings: Settings) -> EndToEnd | str:
    """Go through a folder of these JPEGs, no two the same, as these settings say, but with nothing else told of it.

    Why it was not measured, in words, where there is no room. Raises FatalError as `gpend once` does.
    """
    needed = 2 * sum(map(len, photos)) + _MARGIN
    try:
        place = Path(tempfile.gettempdir())
        if (free := shutil.disk_usage(place).free) < needed:
            return f"{place} has {free >> 20} MiB of the {needed >> 20} that it needs (TMPDIR names another folder)"
        with tempfile.TemporaryDirectory(prefix="gpend-bench-") as folder:
            _fill(Path(folder), photos)
            return _measured(_settings(Path(folder), settings))
    except OSError as error:
        return f"no temporary folder can be written to: {error.strerror} (TMPDIR names another one)"


def _measured(settings: Settings) -> EndToEnd | str:
    moments: list[_Moment] = []

    def show(far: Progress) -> None:
        if far.done and (not moments or far.done > moments[-1].done):
            moments.append(_moment(far.done))

    wiring.once(settings, show)
    if len(moments) < 2:  # noqa: PLR2004 - a beginning and an end
        return "it ended before it could be measured"
    return _between(moments[0], moments[-1], settings.slots)


def _fill(folder: Path, photos: Sequence[bytes]) -> None:
    (folder / "out").mkdir()
    (folder / "in").mkdir()
    for number, photo in enumerate(photos):
        path = folder / "in" / f"IMG_{number:04}.jpg"
        path.write_bytes(photo)
        os.utime(path, (_OLD + number, _OLD + number))


def _settings(folder: Path, settings: Settings) -> Settings:
    """What decides how photos are judged and how many at a time; no hooks, no messages, no schedule, no cluster."""
    core = {name: getattr(settings, name) for name in CoreSettings.model_fields}
    watched = FolderSettings(source=folder / "in", output=folder / "out")
    return Settings(**core, slots=settings.slots, folders=(watched,), ledger=folder / "ledger.sqlite", settle_seconds=0)


def _between(first: _Moment, last: _Moment, slots: int) -> EndToEnd:
    seconds = last.seconds - first.seconds
    all_of_them = seconds * machine.allowed_cpus()
    own = min(1.0, (last.own - first.own) / all_of_them)
    others = min(1.0 - own, max(0.0, (last.all_busy - first.all_busy) / (seconds * (os.cpu_count() or 1)) - own))
    return EndToEnd(last.done - first.done, slots, (last.done - first.done) / seconds, own, others)


def _moment(done: int) -> _Moment:
    ticks = os.sysconf("SC_CLK_TCK")
    own = sum(_ticks_of(process) for process in ("self", *_children()))
    with open("/proc/stat", encoding="ascii") as file:  # noqa: PTH123 - no path is handled
        user, nice, system, *_ = map(int, file.readline().split()[1:])
    return _Moment(time.monotonic(), done, own / ticks, (user + nice + system) / ticks)


def _children() -> list[str]:
    """Of all threads of this process; none where the kernel does not tell."""
    found: list[str] = []
    with suppress(OSError):
        for task in Path("/proc/self/task").iterdir():
            found += (task / "children").read_text(encoding="ascii").split()
    return found


def _ticks_of(process: str) -> int:
    """User and system time of a process that may have ended."""
    try:
        fields = Path("/proc", process, "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])
