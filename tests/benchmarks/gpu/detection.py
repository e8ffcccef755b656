"""Are the faces of several photos found together those that each has alone, and what does a photo cost then?"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend import shipped
from gpend.core.networks import Networks
from gpend.core.photo import Face
from gpend.models.batched import batched
from gpend.models.needed import DETECTORS
from gpend.models.retinaface import Detector, load_retinaface
from gpend.models.turn import Turn
from gpend.models.weights import DetectorCheckpoint, find, weights_folders
from gpend.settings import DetectSettings
from tests.benchmarks.gpu.findings import Bench, Finding, Verdict, checked
from tests.benchmarks.gpu.speed import milliseconds
from tests.fakes import FakeRestorer

_CLOSE = 1e-4  # relative, on the CPU
_CLOSE_ON_CARD = 5e-3  # there a batch of another size may be computed in another way, in TF32
_SIZES = ((960, 1280), (480, 640))  # of the full look and of the first
_COUNTS = (1, 2, 4, 8)


def find_detection(bench: Bench) -> Iterator[Finding]:
    """Together and alone, over several threads, and milliseconds a picture by how many are looked at together."""
    detect = load_retinaface(
        find(DETECTORS[DetectSettings().model], DetectorCheckpoint, weights_folders()), bench.device, Turn()
    )
    screen = detect.screen()
    yield Finding("detector, first look", Verdict.MEASURED, f"in {screen.precision}", {"precision": screen.precision})
    yield _compared("alone and together", detect, bench)
    yield _gathered(detect)
    for one, size in zip((detect, screen), _SIZES, strict=True):
        yield from _timed(one, size, bench)


def _compared(name: str, detect: Detector, bench: Bench) -> Finding:
    pictures = _pictures((480, 640), 8)
    found = detect.together(pictures)
    apart, faces = _apart(found, [detect(one) for one in pictures]), sum(len(one) for one in found)
    told = f"{faces} faces in 8 pictures, {apart:.1e} of a face's width apart"
    is_right = faces >= len(pictures) and apart < (_CLOSE_ON_CARD if bench.has_card else _CLOSE)
    return checked(f"detector, {name}", told, is_right=is_right, apart=apart)


def _gathered(detect: Detector) -> Finding:
    """Photos of two sizes by several threads: each gets the faces that it has."""
    together = batched(Networks(detect, FakeRestorer()), Turn(), 8).detect
    pictures = [*_pictures((480, 640), 8), *_pictures((320, 320), 8)]
    alone = [detect(one) for one in pictures]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(together, pictures))
    apart = _apart(found, alone)
    return checked(
        "detector, 8 threads", f"16 pictures of two sizes, {apart:.1e} apart", is_right=apart < _CLOSE_ON_CARD
    )


def _timed(detect: Detector, size: tuple[int, int], bench: Bench) -> Iterator[Finding]:
    height, width = size
    for count in _COUNTS if bench.has_card else (1, 4):
        bench.needs_seconds(10)
        low, median, high = milliseconds(partial(detect.together, _pictures(size, count)), bench)
        told = f"{median / count:8.2f} ms a picture ({low / count:.2f} to {high / count:.2f})"
        figures = {"batch": count, "ms_a_picture": median / count}
        name = f"detector in {detect.precision}, {width} x {height}, {count} at once"
        yield Finding(name, Verdict.MEASURED, told, figures)


def _apart(one: Sequence[Sequence[Face]], other: Sequence[Sequence[Face]]) -> float:
    """How far boxes, landmarks and scores differ at most, of a face's width; infinite where other faces are found."""
    if [len(faces) for faces in one] != [len(faces) for faces in other]:
        return float("inf")
    pairs = [(a, b) for first, second in zip(one, other, strict=True) for a, b in zip(first, second, strict=True)]
    return max((float(np.abs(_row(a) - _row(b)).max()) for a, b in pairs), default=0.0)


def _row(face: Face) -> NDArray[np.float64]:
    return np.array([*face.box, *np.ravel(face.landmarks), face.score * face.width]) / face.width


def _pictures(size: tuple[int, int], count: int) -> NDArray[np.uint8]:
    """The bundled portrait, each shifted by some pixels: (count, height, width, 3)."""
    read = cv2.imread(str(shipped.sample("portrait-sharp.jpg")))
    portrait = np.asarray(cv2.cvtColor(np.asarray(read, np.uint8), cv2.COLOR_BGR2RGB), np.uint8)
    height, width = size
    scaled = np.asarray(cv2.resize(portrait, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    return np.stack([np.roll(scaled, 5 * place, 1) for place in range(count)])
