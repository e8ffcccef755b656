"""Orientation: seen upright, stored as it was."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from gpend.core import orientation
from gpend.core.photo import Face


def picture() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.arange(6 * 4 * 3, dtype=np.uint8).reshape(4, 6, 3)


@pytest.mark.parametrize("turn", range(1, 9))
def test_upright_is_what_a_viewer_shows(turn: int) -> None:
    image = Image.fromarray(picture())
    image.getexif()[0x0112] = turn
    shown = np.asarray(ImageOps.exif_transpose(image))
    assert np.array_equal(orientation.upright(picture(), turn), shown)


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_pixel_found_upright_is_the_same_pixel_in_the_stored_picture(turn: int) -> None:
    stored = picture()
    shown = orientation.upright(stored, turn)
    for y in range(shown.shape[0]):
        for x in range(shown.shape[1]):
            face = Face((x, y, x + 1, y + 1), ((x, y), (x, y), (x, y), (x, y), (x, y)), 0.9)
            back = orientation.stored(face, turn, (stored.shape[1], stored.shape[0]))
            column, row = back.landmarks[0]
            assert np.array_equal(stored[int(row), int(column)], shown[y, x])
            assert back.box == (column, row, column + 1, row + 1)


def test_an_orientation_nobody_defined_is_taken_as_upright() -> None:
    assert np.array_equal(orientation.upright(picture(), 9), picture())
