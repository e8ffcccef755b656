"""Readers other than gpend's own, to judge what it wrote: Pillow and OpenCV for pixels, exiftool for metadata."""

import io
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gpend.core.photo import Mask, Pixels
from tests.photos import Samples, samples_of, saved


def by_pillow(photo: bytes) -> NDArray[np.uint8]:
    """(h, w, 3), stored orientation, transparency dropped."""
    with Image.open(io.BytesIO(photo)) as image:
        image.load()
        return np.array(image.convert("RGBA").convert("RGB") if image.mode != "RGB" else image)


def by_opencv(photo: bytes) -> Samples:
    """(h, w, 3) RGB of 8 or 16 bits, stored orientation."""
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH | cv2.IMREAD_IGNORE_ORIENTATION
    decoded = cv2.imdecode(np.frombuffer(photo, np.uint8), flags)
    assert decoded is not None, "OpenCV rejects the file"
    return samples_of(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB))


def transparency(photo: bytes) -> NDArray[np.uint8]:
    """(h, w): alpha as Pillow reads it."""
    with Image.open(io.BytesIO(photo)) as image:
        assert image.has_transparency_data
        return np.array(image.convert("RGBA").getchannel("A"))


def require_accepted(photo: bytes) -> None:
    """Fail unless both decoders take the file."""
    with Image.open(io.BytesIO(photo)) as image:
        image.load()
    if photo[4:12] == b"ftypavif" and not opencv_reads_avif():
        return
    assert cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_UNCHANGED) is not None


@cache
def opencv_reads_avif() -> bool:
    """Whether this OpenCV was built to."""
    photo = saved(np.zeros((16, 16, 3), np.uint8), "AVIF")
    return cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_UNCHANGED) is not None


def told(photo: bytes, folder: Path) -> dict[str, list[str]]:
    """Everything that exiftool finds, by group and tag, but for what depends on the file system."""
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed")
    path = folder / "photo"
    path.write_bytes(photo)
    command = ["exiftool", "-a", "-u", "-G1", "-s", "-ee", str(path)]
    lines = subprocess.run(command, check=True, capture_output=True).stdout.decode("utf-8", "replace").splitlines()
    found: dict[str, list[str]] = {}
    for line in lines:
        matched = re.match(r"\[(\S+)\s*\]\s+(\S+)\s*: (.*)", line)
        if matched and matched[1] not in ("System", "ExifTool"):
            found.setdefault(f"{matched[1]}:{matched[2]}", []).append(matched[3])
    return found


def blob(pixels: Pixels) -> Mask:
    """An oval in the middle, as a face would be."""
    height, width = pixels.shape[:2]
    rows, columns = np.mgrid[:height, :width]
    oval: Mask = ((rows / height - 0.5) / 0.25) ** 2 + ((columns / width - 0.45) / 0.2) ** 2 < 1
    return oval


def brightened(pixels: Pixels, levels: int = 6) -> Pixels:
    """A change as small as a restoration makes, in levels of 255; grey stays grey."""
    top = int(np.iinfo(pixels.dtype).max)
    return samples_of(np.minimum(pixels.astype(np.int64) + levels * top // 255, top).astype(pixels.dtype))


def difference(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.float64]:
    """(h, w): the largest difference of a channel, in levels of 255."""
    scale = np.iinfo(one.dtype).max / 255
    largest: NDArray[np.float64] = np.abs(one.astype(np.float64) - other).max(axis=2) / scale
    return largest
