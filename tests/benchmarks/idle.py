"""What gpend takes while it works and while nothing happens: `python -m tests.benchmarks.idle [SECONDS]`.

`gpend run` restores a few blurred portraits of 12 megapixels, lets go of its networks, and is then watched for as long.
Linux tells the figures of its processes in /proc. Nothing is asserted.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from gpend.errors import GpendError
from gpend.ledger import Records, State
from tests.benchmarks.gpu.photos import blurred_portrait, sharp_portrait
from tests.benchmarks.once import decoded, different

_SECONDS = 120
_EACH = 6  # photos, of each of two kinds
_PATIENCE = 600  # seconds for all of them, and for the networks to be let go of
_TICKS = 100  # a second, in which Linux counts processor time
_KIB_A_MIB = 1024


def main(seconds: int) -> None:
    """Three lines: at work, at rest, and how it rests."""
    with tempfile.TemporaryDirectory(prefix="gpend-benchmark-") as folder:
        place = Path(folder)
        config, count = _prepared(place), 2 * _EACH
        command = [sys.executable, "-m", "gpend", "run", "--config", str(config)]
        with (place / "log").open("wb") as log:
            daemon = subprocess.Popen(command, stdout=log, stderr=log)
            try:
                _watch(daemon.pid, place / "ledger.sqlite", count, seconds)
            finally:
                daemon.terminate()
                daemon.wait(60)


def _prepared(place: Path) -> Path:
    for name in ("in", "out"):
        (place / name).mkdir()
    pictures = [decoded(photo) for photo in (sharp_portrait(), blurred_portrait())]
    for kind, picture in enumerate(pictures):
        for number, photo in enumerate(different(picture, _EACH)):
            (place / "in" / f"IMG_{kind}{number:03}.jpg").write_bytes(photo)
    config = place / "gpend.yaml"
    config.write_text(
        "folders: [{source: in, output: out}]\nledger: ledger.sqlite\nsettle_seconds: 1\nidle_unload_minutes: 0.1\n"
    )
    return config


def _watch(daemon: int, ledger: Path, count: int, seconds: int) -> None:
    peak = 0
    for _ in range(_PATIENCE):
        time.sleep(1)
        children = list(_children(daemon))
        peak = max([peak, *(_peak(child) for child in children)])
        if not children and _done(ledger) == count:
            break
    sys.stdout.write(f"at work: at most {_peak(daemon)} MiB in the daemon, {peak} in the process with the networks\n")
    time.sleep(5)
    before, woken = _processor(daemon), _wakings(daemon)
    time.sleep(seconds)
    share, often = (_processor(daemon) - before) / seconds, (_wakings(daemon) - woken) / seconds
    sys.stdout.write(f"at rest: {_resident(daemon)} MiB, {sum(1 for _ in _children(daemon))} other processes\n")
    sys.stdout.write(f"over {seconds} s: {often:.2f} wake-ups a second, {share:.3%} of a processor\n")


def _done(ledger: Path) -> int:
    try:
        with Records.read_only(ledger) as records:
            counts = records.counts()
    except GpendError:
        return 0
    return counts[State.RESTORED] + counts[State.KEPT]


def _children(process: int) -> Iterator[int]:
    for task in Path(f"/proc/{process}/task").iterdir():
        yield from map(int, (task / "children").read_text().split())


def _peak(process: int) -> int:
    return _told(process, "VmHWM") // _KIB_A_MIB


def _resident(process: int) -> int:
    return _told(process, "VmRSS") // _KIB_A_MIB


def _told(process: int, what: str) -> int:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:  # it has just ended
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{what}:")), 0)


def _processor(process: int) -> float:
    """Seconds of user and system time."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _wakings(process: int) -> int:
    """How often its threads have given up the processor and were woken again."""
    tasks = Path(f"/proc/{process}/task").iterdir()
    lines = [line for task in tasks for line in (task / "status").read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches:"))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else _SECONDS)
