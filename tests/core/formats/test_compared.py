"""A fault of one part of a picture shows as one of the whole."""

import io
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gpend.core import codec
from gpend.core.formats.compared import CELL, apart
from gpend.settings import PhotoSettings


@pytest.mark.parametrize("shape", [(1, 1, 3), (31, 33, 1), (64, 64, 3), (100, 70, 4)])
def test_a_picture_is_no_levels_apart_from_itself_and_all_of_them_from_its_opposite(
    shape: tuple[int, int, int],
) -> None:
    black = np.zeros(shape, np.uint8)
    assert apart(black, black) == 0
    assert apart(black, black + np.uint8(255)) == apart(black + np.uint8(255), black) == 255


@pytest.mark.parametrize("place", [(0, 0), (64, 128)])
def test_one_cell_is_enough(place: tuple[int, int]) -> None:
    before = np.full((150, 210, 3), 90, np.uint8)
    after, (top, left) = before.copy(), place
    after[top : top + CELL, left : left + CELL, 1] += 17
    assert apart(after, before) == 17


def test_a_sliver_at_the_edge_is_no_cell_of_its_own() -> None:
    before = np.full((65, 97, 3), 90, np.uint8)
    after = before.copy()
    after[:, 96] += 99
    after[64] += 99
    assert apart(after, before) < 10


def test_noise_that_leaves_the_mean_does_not_count() -> None:
    before = np.full((64, 64, 3), 90, np.uint8)
    after = before + np.indices(before.shape).sum(0).astype(np.uint8) % 2 * np.uint8(2) - np.uint8(1)
    assert apart(after, before) < 1


FINE = {
    "stripes": lambda y, x: (x + 0 * y) % 2 == 0,
    "checks": lambda y, x: (x + y) % 2 == 0,
    "bricks": lambda y, x: (x // 3 + y // 5) % 2 == 0,
}
COLOURS = {
    "red and white": ((255, 0, 0), (255, 255, 255)),
    "red and green": ((255, 0, 0), (0, 255, 0)),
    "white and magenta": ((255, 255, 255), (255, 0, 255)),
}


def woven(fine: str, colours: str) -> NDArray[np.uint8]:
    first, second = (np.array(each, np.uint8) for each in COLOURS[colours])
    return np.where(FINE[fine](*np.indices((161, 131)))[..., None], first, second)


def as_avif(pixels: NDArray[np.uint8]) -> bytes:
    return saved(pixels, "AVIF", quality=60, speed=9)


def as_deep_avif(pixels: NDArray[np.uint8]) -> bytes:
    samples = pixels[..., ::-1].astype(np.uint16) << 2
    return cv2.imencode(".avif", samples, (cv2.IMWRITE_AVIF_DEPTH, 10, cv2.IMWRITE_AVIF_SPEED, 9))[1].tobytes()


def as_webp(pixels: NDArray[np.uint8]) -> bytes:
    return saved(pixels, "WEBP", quality=60)


def as_tiff(pixels: NDArray[np.uint8]) -> bytes:
    return saved(pixels, "TIFF", compression="jpeg", quality=60)


def saved(pixels: NDArray[np.uint8], kind: str, **options: int | str) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, kind, **options)
    return stream.getvalue()


@pytest.mark.parametrize("colours", COLOURS)
@pytest.mark.parametrize("fine", FINE)
@pytest.mark.parametrize("write", [as_avif, as_deep_avif, as_webp, as_tiff])
def test_fine_patterns_in_full_colours_are_written_as_well_as_pixels_that_share_colours_can(
    write: Callable[[NDArray[np.uint8]], bytes], fine: str, colours: str
) -> None:
    if write is as_deep_avif and not cv2.haveImageWriter(".avif"):
        pytest.skip("OpenCV was built without AVIF")
    photo = write(woven(fine, colours))
    header = codec.identify(photo, PhotoSettings())
    pixels = codec.decode(photo, header).pixels.copy()
    changed = np.zeros(pixels.shape[:2], bool)
    changed[50:90, 40:80] = True
    pixels[changed] //= 2
    codec.encode(photo, header, pixels, changed, "")


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("fine", FINE)
def test_a_cell_of_fine_patterns_that_is_another_shows(fine: str, channels: int) -> None:
    wanted = woven(fine, "red and white")
    wanted = np.dstack([wanted, wanted[..., 0]])[..., :channels]
    written = wanted.copy()
    written[64:96, 32:64, :3] = (255, 80, 80)
    assert apart(written, wanted) > 20
