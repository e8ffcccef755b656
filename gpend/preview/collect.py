"""Faces of a folder, examined one photo at a time; the memory is bounded by how many faces are kept."""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass, field
from pathlib import Path

import cv2
import numpy as np

from gpend.core import pipeline, screenshot
from gpend.core.blur import Blur
from gpend.core.formats.described import described
from gpend.core.formats.history import names_gpend
from gpend.core.networks import Networks
from gpend.core.photo import Plane
from gpend.core.report import FaceReport, Verdict
from gpend.errors import GpendError
from gpend.intake.scan import Scan
from gpend.intake.source import Source
from gpend.preview import drawing
from gpend.settings import CoreSettings

SHOWN = 400
"""Faces that are kept with their pictures: those in greatest need."""

_SIDE = 224  # of the pictures in the report, in pixels
_QUALITY = 82
_KERNEL_SIDE = 48  # of the kernel beside them


@dataclass(frozen=True)
class Seen:
    """One face as the report shows it; pictures are JPEG bytes."""

    photo: Path
    report: FaceReport
    before: bytes
    after: bytes  # b"" where the network was not asked
    kernel: bytes = b""  # what blurred it; b"" where that is not known
    capture: str = ""  # with which camera and lens it was taken, and when, as far as the photo tells


@dataclass
class Collection:
    """What a folder holds."""

    faces: list[Seen] = field(default_factory=list)  # the neediest, worst first
    sharpness: list[float] = field(default_factory=list)  # of every measured face
    verdicts: Counter[Verdict] = field(default_factory=Counter)  # on all faces, measured or not
    photos: int = 0
    failures: list[tuple[Path, str]] = field(default_factory=list)


def photos(folder: Path) -> Iterator[Path]:
    """The photos below a folder, as the daemon would see them."""
    for sighting in Scan(Source(folder)):
        yield sighting.path


def collect(
    found: Iterable[Path], read: Callable[[Path], bytes], networks: Networks, settings: CoreSettings
) -> Iterator[Collection]:
    """The collection so far, after every photo: the caller shows progress and keeps the last."""
    collection = Collection()
    neediest: list[tuple[float, int, Seen]] = []
    for path in found:
        collection.photos += 1
        try:
            photo = read(path)
            capture = ", ".join(each for each in astuple(described(photo)) if each)
            left = screenshot.left(path.name, path.parent.name, photo, settings.triage)
            for one in [] if left or names_gpend(photo) else pipeline.examine(photo, networks, settings):
                collection.verdicts[one.report.verdict] += 1
                if one.before is not None and one.report.sharpness is not None:
                    collection.sharpness.append(one.report.sharpness)
                    pictures = _picture(one.before), _picture(one.after), kernel_picture(one.blur)
                    seen = Seen(path, one.report, *pictures, capture)
                    _keep(neediest, (-one.report.sharpness, -len(collection.sharpness), seen))
        except GpendError as error:
            collection.failures.append((path, str(error)))
        collection.faces = [seen for _, _, seen in sorted(neediest, reverse=True)]
        yield collection


def _keep(neediest: list[tuple[float, int, Seen]], entry: tuple[float, int, Seen]) -> None:
    if len(neediest) < SHOWN:
        heapq.heappush(neediest, entry)
    else:
        heapq.heappushpop(neediest, entry)


def kernel_picture(blur: Blur | None) -> bytes:
    """A kernel as people look at it, light on black, as PNG; b"" where there is none."""
    if blur is None:
        return b""
    shown = drawing.kernel_pixels(blur, _KERNEL_SIDE)
    return cv2.imencode(".png", cv2.cvtColor(shown, cv2.COLOR_RGB2BGR))[1].tobytes()


def _picture(crop: Plane | None) -> bytes:
    if crop is None:
        return b""
    small = cv2.resize(crop, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    pixels = np.asarray(np.rint(np.clip(small, 0, 1) * 255), np.uint8)
    _, data = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return data.tobytes()
