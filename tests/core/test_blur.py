"""What a kernel is called: in pixels of the photo, in the picture as it is shown."""

import math

import cv2
import numpy as np
import pytest

from gpend.core import align, blur
from gpend.core.blur import Blur
from gpend.core.photo import Plane

UPRIGHT = np.array([[1.0, 0, 0], [0, 1.0, 0]])


def moved(length: float, degrees: float) -> Blur:
    """Light along a line, `degrees` counter-clockwise from the right."""
    kernel = np.zeros((41, 41), np.float32)
    for along in np.linspace(-length / 2, length / 2, 400):
        x, y = 20 + along * math.cos(math.radians(degrees)), 20 - along * math.sin(math.radians(degrees))
        kernel[round(y), round(x)] += 1
    return Blur(np.asarray(kernel / kernel.sum(), np.float32), 1.0)


def disc(radius: float) -> Blur:
    down, across = np.mgrid[-20:21, -20:21]
    kernel: Plane = np.asarray(np.hypot(down, across) <= radius, np.float32)
    return Blur(np.asarray(kernel / kernel.sum(), np.float32), 1.0)


@pytest.mark.parametrize(
    ("degrees", "words"), [(0, "right"), (45, "upper right"), (90, "top"), (135, "upper left"), (170, "right")]
)
def test_a_motion_is_told_by_its_length_and_direction(degrees: float, words: str) -> None:
    assert blur.described(moved(14, degrees), UPRIGHT, 1) == f"shaken by about 14 px, towards the {words}"


def test_lengths_are_those_of_the_photo() -> None:
    half = align.similarity([(0, 0), (20, 0), (10, 10)], [(0, 0), (10, 0), (5, 5)])
    assert "about 28 px" in blur.described(moved(14, 0), half, 1)


@pytest.mark.parametrize(("turn", "words"), [(1, "right"), (3, "right"), (6, "top"), (8, "top")])
def test_directions_are_those_of_the_picture_as_it_is_shown(turn: int, words: str) -> None:
    assert blur.described(moved(14, 0), UPRIGHT, turn).endswith(f"towards the {words}")


def test_a_tilted_head_does_not_turn_the_direction() -> None:
    tilted = np.asarray(cv2.getRotationMatrix2D((0, 0), 30, 1.0), np.float64)
    seen = moved(14, 30)  # in the crop, whose transform turns by 30 degrees
    assert blur.described(seen, tilted, 1).endswith("towards the right")


def test_what_has_no_direction_is_out_of_focus() -> None:
    assert blur.described(disc(6), UPRIGHT, 1) == "out of focus by about 6 px"


def test_the_spread_grows_with_the_blur() -> None:
    assert disc(2).spread < disc(4).spread < moved(30, 10).spread
