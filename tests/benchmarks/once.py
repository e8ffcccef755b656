"""What a photo takes end to end: `python -m tests.benchmarks.once [PHOTOS_OF_EACH_KIND] [SLOTS]`, by default 100 and 1.

JPEGs of 12 megapixels are made in a temporary folder: sharp portraits, soft shapes, blurred portraits, no
two the same. `gpend once` goes through each kind with the shipped networks, as a process of its own, from reading to
the ledger and the output. A run over one photo more is the cold start, and is taken off. Told is processor time of all
its processes, which others who use the machine change least, and how long it took. Nothing is asserted.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.gpu.photos import blurred_portrait, sharp_portrait
from tests.pictures import synthetic

_PHOTOS, _SLOTS = 100, 1
_SIZE = (4000, 3000)
_QUALITY = 92
_SECONDS = 1800.0
_MILLI = 1000

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class _Run:
    """One `gpend once`."""

    wall: float  # seconds
    processor: float  # seconds of user and system, of all its processes
    said: str


def main(count: int, slots: int) -> None:
    """A line for each kind."""
    sys.stdout.write(f"{count} photos of each kind, slots: {slots}; without the cold start of each\n")
    for name, make in (("sharp portrait", _sharp), ("no face", _faceless), ("blurred portrait", _blurred)):
        with tempfile.TemporaryDirectory(prefix="gpend-benchmark-") as place:
            cold = _once(Path(place, "cold"), make, 1, slots)
            warm = _once(Path(place, "warm"), make, count + 1, slots)
        wall, processor = warm.wall - cold.wall, warm.processor - cold.processor
        sys.stdout.write(
            f"{name:18} {_MILLI * processor / count:7,.0f} ms of processor time and {_MILLI * wall / count:7,.0f} ms a "
            f"photo, {count / wall:5.1f} photos/s; cold start {cold.processor:.1f} s and {cold.wall:.1f} s\n"
            f"{'':18} {warm.said}\n"
        )
        sys.stdout.flush()


def _once(place: Path, make: Callable[[], Picture], count: int, slots: int) -> _Run:
    (place / "in").mkdir(parents=True)
    (place / "out").mkdir()
    config = place / "gpend.yaml"
    config.write_text(
        f"folders: [{{source: in, output: out}}]\nledger: ledger.sqlite\nsettle_seconds: 0\nslots: {slots}\n"
    )
    for number, photo in enumerate(different(make(), count)):
        path = place / "in" / f"IMG_{number:04}.jpg"
        path.write_bytes(photo)
        os.utime(path, (1_600_000_000 + number, 1_600_000_000 + number))
    command = [sys.executable, "-m", "gpend", "once", "--config", str(config)]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    said = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True).stdout
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return _Run(wall, processor, said.strip())


def different(picture: Picture, count: int) -> Iterator[bytes]:
    """JPEGs of a picture that was shifted a little further each time, and darkened by turns."""
    for number in range(count):
        shifted = np.roll(picture, (3 * (number % 20), 5 * (number // 20)), (0, 1))
        yield bytes(cv2.imencode(".jpg", shifted, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1])


@cache
def _sharp() -> Picture:
    return decoded(sharp_portrait())


@cache
def _blurred() -> Picture:
    return decoded(blurred_portrait())


@cache
def _faceless() -> Picture:
    return synthetic(*_SIZE)


def decoded(photo: bytes) -> Picture:
    return np.asarray(cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_COLOR), np.uint8)


if __name__ == "__main__":
    main(*(int(each) for each in (*sys.argv[1:], *map(str, (_PHOTOS, _SLOTS)[len(sys.argv) - 1 :]))))
