"""Pasting: only the face changes, and overlapping faces share."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core import align, paste
from gpend.core.photo import Landmarks, Pixels, Plane


def canvas(height: int, width: int, value: int = 100) -> paste.Canvas:
    return paste.Canvas(np.full((height, width, 3), value, np.uint8), np.zeros((height, width), np.bool_))


def placed(side: int, size: float, x: float, y: float, angle: float = 0.0) -> align.Transform:
    target = align.scaled(align.FFHQ_TEMPLATE, side)
    turn = size * complex(np.cos(angle), np.sin(angle))
    points = [complex(*point) * turn + complex(x, y) for point in target]
    return align.similarity([(point.real, point.imag) for point in points], target)


@pytest.mark.parametrize("template", [align.FFHQ_TEMPLATE, align.GPEN_TEMPLATE])
def test_the_mask_is_whole_on_eyes_nose_and_mouth_and_nothing_at_the_border(template: Landmarks) -> None:
    weight = paste.mask(align.scaled(template, 256), 256)
    for x, y in align.scaled(template, 256):
        assert weight[round(y), round(x)] == pytest.approx(1.0)
    assert weight[0].max() == weight[-1].max() == weight[:, 0].max() == weight[:, -1].max() == 0.0
    assert weight.max() == 1.0


def ellipse(side: int) -> Plane:
    return paste.mask(align.scaled(align.FFHQ_TEMPLATE, side), side)


def face_without_a_hand(side: int) -> Plane:
    """What a parsing network sees: more than the ellipse, but for a hand over its lower right."""
    seen = np.asarray(ellipse(side) > 0.05, np.float32)
    seen[round(0.62 * side) :, round(0.55 * side) :] = 0
    return seen


@pytest.mark.parametrize("side", [128, 256, 512])
def test_a_parsed_mask_leaves_out_what_is_no_face_and_fades_in_proportion_to_the_face(side: int) -> None:
    seen = face_without_a_hand(side)
    weight = paste.parsed(seen, ellipse(side))
    assert weight[seen == 0].max() < 0.06
    assert weight[side // 2, round(0.4 * side)] > 0.98
    across = weight[round(0.7 * side), : round(0.55 * side)]
    fading = np.count_nonzero((across > 0.05) & (across < 0.95)) / side
    assert 0.03 < fading < 0.15  # on both sides together


def test_a_parsing_network_that_sees_no_face_is_not_believed() -> None:
    geometric = ellipse(256)
    assert np.array_equal(paste.parsed(np.zeros((256, 256), np.float32), geometric), geometric)


@given(st.integers(0, 1000))
def test_a_parsed_mask_never_reaches_beyond_the_crop_nor_beyond_what_was_seen(seed: int) -> None:
    random = np.random.default_rng(seed)
    seen = np.asarray(random.random((8, 8)) < 0.8, np.float32).repeat(8, 0).repeat(8, 1)
    weight = paste.parsed(seen, np.full((64, 64), 0.5, np.float32))
    assert 0 <= weight.min() <= weight.max() <= 1
    assert weight[0].max() < 0.01
    assert weight[seen == 0].max(initial=0) < 0.5


@given(st.floats(0.2, 4), st.floats(-200, 300), st.floats(-200, 300), st.floats(-3, 3))
def test_nothing_outside_the_marked_pixels_changes(size: float, x: float, y: float, angle: float) -> None:
    target = canvas(240, 320)
    weight = paste.mask(align.scaled(align.FFHQ_TEMPLATE, 64), 64)
    target.paste(np.full((64, 64, 3), 0.3, np.float32), weight, placed(64, size, x, y, angle))
    assert (target.pixels[~target.changed] == 100).all()
    assert (target.pixels[target.changed] > 100).any(axis=1).all()
    assert target.pixels.max() <= 100 + round(0.3 * 255) + 1


def test_a_difference_of_nothing_changes_nothing() -> None:
    target = canvas(200, 200)
    weight = paste.mask(align.scaled(align.FFHQ_TEMPLATE, 64), 64)
    target.paste(np.zeros((64, 64, 3), np.float32), weight, placed(64, 2, 10, 10))
    assert not target.changed.any()


def test_a_face_larger_than_the_crop_keeps_the_detail_that_the_crop_cannot_hold() -> None:
    random = np.random.default_rng(6)
    before = random.integers(90, 160, (600, 600, 3), np.uint8)  # as fine as pixels can be
    target = paste.Canvas(before.copy(), np.zeros((600, 600), np.bool_))
    change = np.asarray(random.uniform(-0.1, 0.1, (64, 64, 1)).repeat(3, 2), np.float32)
    target.paste(change, ellipse(64), placed(64, 8, 40, 40))
    assert target.changed.mean() > 0.1
    fine = [_finest(one) for one in (before, target.pixels)]
    assert np.abs(fine[1] - fine[0]).mean() < 0.05 * np.abs(fine[0]).mean()


def _finest(picture: Pixels) -> Plane:
    luma = np.asarray(picture, np.float32).mean(2)
    return np.asarray(luma - cv2.GaussianBlur(luma, (0, 0), 1.0), np.float32)


def test_where_two_faces_overlap_the_change_is_not_doubled() -> None:
    target = canvas(200, 200)
    weight = paste.mask(align.scaled(align.FFHQ_TEMPLATE, 64), 64)
    for x in (10, 40):
        target.paste(np.full((64, 64, 3), 0.2, np.float32), weight, placed(64, 2, x, 20))
    assert target.pixels.max() <= 100 + round(0.2 * 255)


def test_sixteen_bit_photos_stay_sixteen_bit() -> None:
    target = paste.Canvas(np.full((100, 100, 3), 30000, np.uint16), np.zeros((100, 100), np.bool_))
    weight = paste.mask(align.scaled(align.FFHQ_TEMPLATE, 64), 64)
    target.paste(np.full((64, 64, 3), 0.1, np.float32), weight, placed(64, 1.4, 2, 2))
    assert target.pixels.dtype == np.uint16
    assert int(target.pixels.max()) == pytest.approx(30000 + 0.1 * 65535, abs=2)


def test_rounding_is_to_nearest_so_that_a_face_does_not_darken() -> None:
    weight = paste.mask(align.scaled(align.FFHQ_TEMPLATE, 64), 64)
    means = []
    for seed in range(8):
        target = canvas(300, 300, 128)
        noise = np.random.default_rng(seed).uniform(-0.1, 0.1, (64, 64, 3)).astype(np.float32)
        target.paste(noise - noise.mean(), weight, placed(64, 4, 5, 5))
        means.append(float(target.pixels[target.changed].mean()))
    assert abs(np.mean(means) - 128) < 0.2


@given(st.floats(0.26, 0.9), st.floats(-20, 20), st.floats(-3, 3), st.integers(0, 1000))
def test_the_photo_becomes_what_was_judged_in_the_crop(size: float, shift: float, angle: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    side, extent = 64, round(64 * size) + 80
    before = np.clip(random.normal(128, 12, (extent, extent, 3)), 60, 200).astype(np.uint8)  # grain in every pixel
    transform = placed(side, size, 40 + shift, 40 - shift, angle)
    crop = align.crop(before, transform, side)
    target = paste.Canvas(before.copy(), np.zeros((extent, extent), np.bool_))
    target.paste(crop.mean() - crop, np.ones((side, side), np.float32), transform)
    left = (align.crop(target.pixels, transform, side) - crop.mean())[12:-12, 12:-12]
    assert left.std() < 0.2 * crop[12:-12, 12:-12].std()  # of grain that was to go


@given(st.floats(0.1, 0.4), st.floats(-3, 3), st.integers(1, 3))
def test_detail_that_is_too_fine_for_the_photo_does_not_come_back_as_steps(size: float, angle: float, way: int) -> None:
    side, extent = 128, round(128 * size) + 60
    rows, columns = np.mgrid[:side, :side]
    stripes = np.where((rows * (way & 1) + columns * (way >> 1)) % 2, 0.2, -0.2).astype(np.float32)[..., None]
    target = canvas(extent, extent)
    target.paste(stripes.repeat(3, 2), paste.whole_crop(side), placed(side, size, 30, 30, angle))
    changed = target.pixels.astype(np.float32) - 100
    assert np.abs(changed).max() < 0.3 * 51  # of their own amplitude


@given(st.floats(0.15, 3), st.floats(-3, 3), st.integers(0, 99))
def test_no_pixel_changes_by_more_than_the_crop_did(size: float, angle: float, seed: int) -> None:
    side, extent = 64, round(64 * size) + 80
    coarse = np.random.default_rng(seed).choice(np.array([-0.3, 0.3], np.float32), (8, 8, 1))
    change = coarse.repeat(8, 0).repeat(8, 1).repeat(3, 2)
    target = canvas(extent, extent, 128)
    target.paste(change, np.ones((side, side), np.float32), placed(side, size, 40, 40, angle))
    assert np.abs(target.pixels.astype(int) - 128).max() <= round(0.3 * 255) + 1
