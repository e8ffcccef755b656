"""Whether memory stays flat: `python -m tests.benchmarks.memory [PHOTOS]`, by default 10,000.

Photos of 512 pixels, no two the same: portraits and pictures without a face, and every twentieth a blurred
portrait, which is restored. `gpend once` goes through them; /proc tells once a second how much memory its two processes
hold. Told is what they held after each tenth of the photos, and the straight line through the second half of what was
read, when all that is loaded once has been. Nothing is asserted.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend import shipped
from tests.benchmarks.idle import _children, _done, _told

_PHOTOS = 10_000
_BLURRED_EACH = 20
_MIB = 1024  # KiB
_TENTHS = 10
_MARKED = 16  # bits of a photo's number, each a square of eight pixels in the first row


@dataclass(frozen=True)
class _Reading:
    """What was held at a moment, in KiB."""

    done: int  # photos until then
    daemon: int
    worker: int


def main(count: int) -> None:
    """A table of tenths, and a line for each process."""
    with tempfile.TemporaryDirectory(prefix="gpend-benchmark-") as folder:
        place = Path(folder)
        config = _prepared(place, count)
        command = [sys.executable, "-m", "gpend", "once", "--config", str(config)]
        with (place / "log").open("wb") as log:
            gpend = subprocess.Popen(command, stdout=log, stderr=log)
            readings = list(_readings(gpend, place / "ledger.sqlite"))
        sys.stdout.write(
            f"{count} photos; exit code {gpend.returncode}\n{'photos':>8} {'daemon':>8} {'worker':>8}  MiB\n"
        )
    for tenth in range(1, _TENTHS + 1):
        one = next((each for each in readings if each.done >= tenth * count / _TENTHS), readings[-1])
        sys.stdout.write(f"{one.done:8,} {one.daemon / _MIB:8.1f} {one.worker / _MIB:8.1f}\n")
    second_half = [one for one in readings if one.done >= count / 2]
    done = [one.done for one in second_half]
    for name, held in (
        ("daemon", [one.daemon for one in second_half]),
        ("worker", [one.worker for one in second_half]),
    ):
        slope = float(np.polyfit(done, held, 1)[0])
        sys.stdout.write(f"{name}: {1000 * slope:+.0f} KiB for every 1,000 photos, over the second half\n")


def _prepared(place: Path, count: int) -> Path:
    for name in ("in", "out"):
        (place / name).mkdir()
    for number, photo in enumerate(_photos(count)):
        (place / "in" / f"IMG_{number:05}.jpg").write_bytes(photo)
    config = place / "gpend.yaml"
    config.write_text("folders: [{source: in, output: out}]\nledger: ledger.sqlite\nsettle_seconds: 0\nslots: 1\n")
    return config


def _photos(count: int) -> Iterator[bytes]:
    sharp, blurred, faceless = (
        _picture(name) for name in ("portrait-sharp.jpg", "portrait-blurred.jpg", "no-faces.jpg")
    )
    for number in range(count):
        kind = blurred if number % _BLURRED_EACH == 0 else sharp if number % 2 else faceless
        yield bytes(cv2.imencode(".jpg", _marked(kind, number), [cv2.IMWRITE_JPEG_QUALITY, 90])[1])


def _picture(name: str) -> NDArray[np.uint8]:
    read = cv2.imdecode(np.frombuffer(shipped.sample(name).read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    return np.asarray(read, np.uint8)


def _marked(picture: NDArray[np.uint8], number: int) -> NDArray[np.uint8]:
    """The picture with the number in its first row, so that no other is the same."""
    marked = picture.copy()
    for bit in range(_MARKED):
        marked[:8, 8 * bit : 8 * bit + 8] = 160 if number >> bit & 1 else 80
    return marked


def _readings(gpend: "subprocess.Popen[bytes]", ledger: Path) -> Iterator[_Reading]:
    """Once a second, while both processes are there."""
    while gpend.poll() is None:
        time.sleep(1)
        workers = [_told(child, "VmRSS") for child in _alive(gpend.pid)]
        daemon, done = _told(gpend.pid, "VmRSS"), _done(ledger)
        if daemon and workers and max(workers) and done:
            yield _Reading(done, daemon, max(workers))


def _alive(process: int) -> list[int]:
    try:
        return list(_children(process))
    except OSError:  # it has just ended
        return []


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else _PHOTOS)
