"""The trace of JPEG blocks: seen where they did harm, whatever was done to the photo since."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from gpend.core.blockiness import blockiness
from gpend.core.networks import Networks

Picture = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
CLEAR = 1.5
"""More than chance shows, in standard errors."""


@pytest.fixture(scope="session")
def face(networks: Networks, samples: Path) -> Picture:
    portrait = np.asarray(Image.open(samples / "portrait-sharp.jpg").convert("RGB"))
    x0, y0, x1, y1 = (round(edge) for edge in max(networks.detect(portrait), key=lambda one: one.score).box)
    return np.ascontiguousarray(portrait[y0:y1, x0:x1])


def squeezed(picture: Picture, quality: int) -> Picture:
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def scaled(picture: Picture, size: float) -> Picture:
    way = cv2.INTER_AREA if size < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, None, fx=size, fy=size, interpolation=way), np.uint8)


def test_blocks_are_seen_in_a_squeezed_photo_and_not_in_a_good_one(face: Picture) -> None:
    assert blockiness(squeezed(face, 10)) > CLEAR
    assert blockiness(squeezed(face, 95)) < CLEAR
    assert blockiness(face) < CLEAR


@pytest.mark.parametrize("size", [0.85, 1.3, 1.5, 2.2, 2.6])
def test_blocks_are_seen_after_the_photo_was_scaled_and_saved_well(face: Picture, size: float) -> None:
    assert blockiness(squeezed(scaled(squeezed(face, 8), size), 92)) > CLEAR
    assert blockiness(squeezed(scaled(face, size), 92)) < CLEAR


@pytest.mark.parametrize("shift", [(0, 0), (3, 5), (7, 1)])
def test_it_does_not_matter_where_the_blocks_begin(face: Picture, shift: tuple[int, int]) -> None:
    x, y = shift
    assert blockiness(np.ascontiguousarray(squeezed(face, 10)[y:, x:])) > CLEAR


def test_sixteen_bits_are_judged_as_eight(face: Picture) -> None:
    spoiled = squeezed(face, 10)
    assert blockiness(spoiled.astype(np.uint16) * 257) == pytest.approx(blockiness(spoiled), abs=0.05)


@given(
    arrays.arrays(np.uint8, st.tuples(st.integers(1, 60), st.integers(1, 60), st.just(3)), elements=st.integers(0, 255))
)
def test_any_pixels_have_a_trace(pixels: Picture) -> None:
    assert np.isfinite(blockiness(pixels))


@pytest.mark.parametrize("side", [150, 180, 192, 200, 240, 280, 300, 330, 500])
def test_grain_is_not_taken_for_blocks_however_large_the_face_is(side: int) -> None:
    grain = np.random.default_rng(side).normal(120, 20, (side, side * 3 // 4, 3))
    assert blockiness(np.asarray(np.clip(grain, 0, 255), np.uint8)) < CLEAR


@pytest.mark.parametrize("size", [2.0, 2.5, 3.1])
def test_blocks_are_seen_under_a_large_face(face: Picture, size: float) -> None:
    large = scaled(face, size)
    assert blockiness(squeezed(large, 5)) > blockiness(squeezed(large, 95)) + 1
    assert blockiness(scaled(squeezed(face, 10), size)) > CLEAR


def test_a_picture_without_anything_in_it_shows_no_blocks() -> None:
    assert blockiness(np.full((200, 150, 3), 90, np.uint8)) < CLEAR
