"""Why the last gpend ended: by itself, killed from outside, or in a crash that a photo may be to blame for."""

import faulthandler
import json
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_COUNTERS = Path("/proc/vmstat")


class CrashDetector:
    """Two files beside the ledger: one that is there while gpend runs, and one that holds its last words."""

    def __init__(self, ledger: Path, boot: Path = _BOOT, counters: Path = _COUNTERS) -> None:
        self._running = ledger.with_name(ledger.name + ".running")
        self._words = ledger.with_name(ledger.name + ".crash")
        self._boot = boot
        self._counters = counters
        self._file: TextIOWrapper | None = None

    def last_crash(self) -> str:
        """What is known of a crash of the last gpend; "" if it ended in order or was simply killed."""
        try:
            before = json.loads(self._running.read_text())
        except (OSError, ValueError):
            return ""
        words = self._last_words()
        if words:
            return words
        if before.get("boot") != self._read(self._boot):
            return "the machine went down"
        if before.get("kills") != self._kills():
            return "the machine ran out of memory"
        return ""

    def begin(self) -> None:
        """From now on a crash leaves its traces; where none can be left, a crash passes for a kill."""
        with suppress(OSError):
            self._running.write_text(json.dumps({"boot": self._read(self._boot), "kills": self._kills()}))
        with suppress(OSError):
            self._file = self._words.open("w")
            faulthandler.enable(self._file)

    def put_back(self) -> None:
        """Leave traces again where somebody has deleted them; a disk that does not tell is left alone."""
        try:
            if self._running.exists() and self._words.exists():
                return
        except OSError:
            return
        before = self._file
        self.begin()
        if before is not None and before is not self._file:
            before.close()

    def end(self) -> None:
        """An end in order."""
        if self._file is not None:
            faulthandler.disable()
            self._file.close()
            self._file = None
        with suppress(OSError):
            self._running.unlink(missing_ok=True)

    def _last_words(self) -> str:
        with suppress(OSError):
            return self._words.read_text(errors="replace").strip().split("\n", 1)[0]
        return ""

    def _kills(self) -> str:
        """How many processes the kernel has ended for want of memory since it started."""
        lines = self._read(self._counters).splitlines()
        return next((line for line in lines if line.startswith("oom_kill ")), "")

    def _read(self, path: Path) -> str:
        with suppress(OSError):
            return path.read_text().strip()
        return ""
