"""Pictures, every way of coding them, and decoders other than gpend's to read what it wrote."""

import io
import tempfile
from dataclasses import dataclass, replace
from typing import Any

import cv2
import jpeglib
import numpy as np
import simplejpeg
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from gpend.core.photo import Mask

Picture = NDArray[np.uint8]

MCUS = {"4:4:4": (8, 8), "4:2:2": (8, 16), "4:2:0": (16, 16), "4:4:0": (16, 8), "4:1:1": (8, 32), "grey": (8, 8)}
"""Height and width of an MCU in pixels."""

_FACTORS = {"4:4:4": 0x111111, "4:2:2": 0x211111, "4:2:0": 0x221111, "4:4:0": 0x121111, "4:1:1": 0x411111}


@dataclass(frozen=True)
class Coding:
    """One way to code a picture."""

    sampling: str = "4:2:0"
    quality: int = 85
    progressive: bool = False
    optimize: bool = False
    restart: int = 0  # MCUs between restart markers

    @property
    def mcu(self) -> tuple[int, int]:
        """Height and width of an MCU in pixels."""
        return MCUS[self.sampling]


codings = st.builds(
    Coding,
    sampling=st.sampled_from(sorted(MCUS)),
    quality=st.integers(10, 100),
    progressive=st.booleans(),
    optimize=st.booleans(),
    restart=st.sampled_from([0, 0, 1, 3, 7]),
)
mild = codings.map(lambda coding: replace(coding, quality=max(88, coding.quality)))
"""Such as keep the tables that they have."""

sizes = st.tuples(st.integers(1, 90), st.integers(1, 90))


def picture(height: int, width: int, seed: int = 0, *, grey: bool = False) -> Picture:
    """Soft shapes with some noise, (height, width, 3)."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width] / 20
    waves = [np.sin(rows * random.uniform(0, 2) + columns * random.uniform(0, 2) + random.uniform(0, 6)) for _ in "rgb"]
    whole = np.stack(waves, -1) * 90 + 128 + random.normal(0, 6, (height, width, 3))
    pixels = np.clip(whole, 0, 255).astype(np.uint8)
    return pixels[..., :1].repeat(3, -1) if grey else pixels


@st.composite
def masks(draw: st.DrawFn, height: int, width: int) -> Mask:
    """An ellipse or a rectangle, anywhere; at least one pixel."""
    row, column = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
    tall, wide = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    rows, columns = np.mgrid[:height, :width]
    if draw(st.booleans()):
        return np.asarray(((rows - row) / tall) ** 2 + ((columns - column) / wide) ** 2 < 1)
    return np.asarray((abs(rows - row) < tall) & (abs(columns - column) < wide))


def wanted(pixels: Picture, changed: Mask) -> Picture:
    """The pixels, with more contrast where they are to change."""
    new = pixels.copy()
    new[changed] = np.clip((pixels[changed].astype(np.int16) - 128) * 3 // 2 + 120, 0, 255)
    return new


def coded(pixels: Picture, coding: Coding) -> bytes:
    """The picture as a JPEG, by OpenCV."""
    options = [cv2.IMWRITE_JPEG_QUALITY, coding.quality, cv2.IMWRITE_JPEG_PROGRESSIVE, int(coding.progressive)]
    options += [cv2.IMWRITE_JPEG_OPTIMIZE, int(coding.optimize), cv2.IMWRITE_JPEG_RST_INTERVAL, coding.restart]
    if coding.sampling == "grey":
        return cv2.imencode(".jpg", pixels[..., 0], options)[1].tobytes()
    options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, _FACTORS[coding.sampling]]
    return cv2.imencode(".jpg", np.ascontiguousarray(pixels[..., ::-1]), options)[1].tobytes()


def by_pillow(photo: bytes) -> Picture:
    """The pixels, (h, w, 3) RGB."""
    with Image.open(io.BytesIO(photo)) as image:
        return np.array(image.convert("RGB"))


def by_opencv(photo: bytes) -> Picture:
    """The pixels, (h, w, 3) RGB."""
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    pixels = cv2.imdecode(np.frombuffer(photo, np.uint8), flags)
    assert pixels is not None
    return np.asarray(pixels[..., ::-1], np.uint8)


def by_simplejpeg(photo: bytes) -> Picture:
    """The pixels, (h, w, 3) RGB."""
    return np.asarray(simplejpeg.decode_jpeg(photo), np.uint8)


DECODERS = (by_pillow, by_opencv, by_simplejpeg)


def coefficients(photo: bytes) -> list[NDArray[np.int16]]:
    """Each component's quantised blocks, (rows, columns, 8, 8), as libjpeg 6b reads them."""
    read = _read(photo)
    return [plane for plane in (read.Y, read.Cb, read.Cr) if plane is not None]


def dequantised(photo: bytes) -> list[NDArray[np.int64]]:
    """The same times their steps: what a decoder makes pixels of."""
    read = _read(photo)
    planes = [plane for plane in (read.Y, read.Cb, read.Cr) if plane is not None]
    return [plane.astype(np.int64) * read.qt[read.quant_tbl_no[place]] for place, plane in enumerate(planes)]


def tables(photo: bytes) -> list[list[int]]:
    """The quantisation tables in the order of their slots, row by row, as Pillow reads them."""
    with Image.open(io.BytesIO(photo)) as image:
        found: dict[int, list[int]] = image.quantization  # type: ignore[attr-defined]
    return [list(found[slot]) for slot in sorted(found)]


def _read(photo: bytes) -> Any:  # noqa: ANN401 - jpeglib has no types
    with tempfile.NamedTemporaryFile(suffix=".jpg") as file:
        file.write(photo)
        file.flush()
        return jpeglib.read_dct(file.name)


def touched(changed: Mask, tall: int, wide: int) -> Mask:
    """Which cells of `tall` x `wide` pixels hold a changed one, (rows, columns)."""
    height, width = changed.shape
    filled = np.pad(changed, ((0, -height % tall), (0, -width % wide)))
    return np.asarray(filled.reshape(filled.shape[0] // tall, tall, -1, wide).any((1, 3)))


def covered(changed: Mask, tall: int, wide: int) -> Mask:
    """The pixels of those cells."""
    cells = touched(changed, tall, wide)
    return np.asarray(cells.repeat(tall, 0).repeat(wide, 1)[: changed.shape[0], : changed.shape[1]])


def quality_of(got: Picture, sought: Picture, where: Mask) -> float:
    """PSNR in dB over the pixels `where`."""
    error = ((got[where].astype(np.float64) - sought[where]) ** 2).mean()
    return float(10 * np.log10(255**2 / max(error, 1e-6)))
