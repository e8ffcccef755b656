"""Alignment: landmarks onto a template, crops, and the way back."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core import align
from gpend.core.photo import Landmarks

angles = st.floats(-3.1, 3.1)
sizes = st.floats(0.05, 20)
shifts = st.floats(-3000, 3000)


def turned(landmarks: Landmarks, angle: float, size: float, shift: tuple[float, float]) -> list[tuple[float, float]]:
    turn = size * complex(np.cos(angle), np.sin(angle))
    moved = [complex(x, y) * turn + complex(*shift) for x, y in landmarks]
    return [(point.real, point.imag) for point in moved]


@given(angles, sizes, shifts, shifts)
def test_a_turned_and_scaled_template_is_brought_back_onto_itself(
    angle: float, size: float, x: float, y: float
) -> None:
    target = align.scaled(align.FFHQ_TEMPLATE, 256)
    transform = align.similarity(turned(target, angle, size, (x, y)), target)
    assert np.allclose(align.moved(turned(target, angle, size, (x, y)), transform), target, atol=1e-6)
    assert align.scale_of(transform) == pytest.approx(1 / size)


@given(angles, sizes, shifts, shifts, st.tuples(shifts, shifts))
def test_the_way_back_inverts_the_transform(
    angle: float, size: float, x: float, y: float, point: tuple[float, float]
) -> None:
    target = align.scaled(align.GPEN_TEMPLATE, 512)
    transform = align.similarity(turned(target, angle, size, (x, y)), target)
    there = align.moved([point], transform)
    assert np.allclose(align.moved(there.tolist(), align.inverted(transform)), [point], atol=1e-5)


def test_landmarks_in_one_place_do_not_divide_by_zero() -> None:
    one = (5.0, 5.0)
    transform = align.similarity((one, one, one, one, one), align.scaled(align.FFHQ_TEMPLATE, 64))
    assert np.isfinite(transform).all()


def test_the_crop_of_an_aligned_picture_is_the_picture() -> None:
    random = np.random.default_rng(0)
    picture = cv2.GaussianBlur(random.integers(0, 256, (256, 256, 3), np.uint8), (0, 0), 2)
    target = align.scaled(align.FFHQ_TEMPLATE, 256)
    crop = align.crop(np.asarray(picture, np.uint8), align.similarity(target, target), 256)
    assert np.abs(crop * 255 - picture).max() < 0.51


@pytest.mark.parametrize("factor", [3, 5, 8])
def test_shrinking_does_not_alias(factor: int) -> None:
    side = 64 * factor
    stripes = np.zeros((side, side, 3), np.uint8)
    stripes[:, ::2] = 255
    target = align.scaled(align.FFHQ_TEMPLATE, 64)
    transform = align.similarity(align.scaled(align.FFHQ_TEMPLATE, side), target)
    crop = align.crop(stripes, transform, 64)[4:-4, 4:-4]
    assert float(crop.std()) < 0.05  # of 0.5 in the stripes


def test_shrinking_keeps_landmarks_where_the_template_has_them() -> None:
    side = 1024
    picture = np.zeros((side, side, 3), np.uint8)
    for x, y in align.scaled(align.FFHQ_TEMPLATE, side):
        cv2.circle(picture, (round(x), round(y)), 20, (255, 255, 255), -1)
    target = align.scaled(align.FFHQ_TEMPLATE, 128)
    crop = align.crop(picture, align.similarity(align.scaled(align.FFHQ_TEMPLATE, side), target), 128)
    _, _, _, centres = cv2.connectedComponentsWithStats(np.asarray(crop[..., 0] > 0.5, np.uint8))
    for point in target:
        assert min(np.hypot(*(np.asarray(point) - centre)) for centre in centres[1:]) < 0.4


def test_a_face_at_the_edge_is_cropped_with_the_edge_continued() -> None:
    picture = np.full((100, 100, 3), 77, np.uint8)
    target = align.scaled(align.FFHQ_TEMPLATE, 64)
    landmarks = turned(target, 0.2, 1.0, (80, 70))
    crop = align.crop(picture, align.similarity(landmarks, target), 64)
    assert np.allclose(crop, 77 / 255)


def test_sixteen_bit_pixels_become_the_same_crop() -> None:
    picture = np.full((80, 80, 3), 1000, np.uint16)
    target = align.scaled(align.FFHQ_TEMPLATE, 64)
    assert np.allclose(align.crop(picture, align.similarity(target, target), 64), 1000 / 65535)
