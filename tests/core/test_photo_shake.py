"""The shake of a whole photo is read from what lies around its largest shaken face."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gpend.core import camera_shake, light, photo_shake
from gpend.core.blur import Blur
from gpend.core.measured import Measured, measured
from gpend.core.networks import Networks
from gpend.core.photo import Face, Plane
from gpend.core.pixels import PhotoPixels
from tests.core.blurs import spoiled, streak
from tests.core.test_blind_deconvolution import apart
from tests.core.test_blurring import pixels_of
from tests.core.test_direction import hook

_WIDE = np.asarray(camera_shake.carried(hook(20, 0.4), np.eye(2) * 0.6)[0], np.float32)  # in pixels of the photo
_WRONG = Blur(streak(15), 0.95)


@pytest.fixture(scope="module")
def portrait(samples: Path) -> Plane:
    """Two people side by side, the second one smaller and turned over: (h, w, 3), 0 to 1."""
    picture = cv2.imread(str(samples / "portrait-sharp.jpg"))
    assert picture is not None
    large = np.asarray(picture / 255.0, np.float32)
    small = cv2.flip(cv2.resize(large, None, fx=0.8, fy=0.8, interpolation=cv2.INTER_AREA), 1)
    below = large.shape[0] - small.shape[0]
    return np.hstack([large, cv2.copyMakeBorder(small, below, 0, 0, 0, cv2.BORDER_REFLECT_101)])


@pytest.fixture(scope="module")
def faces(networks: Networks, portrait: Plane) -> list[Face]:
    found = networks.detect(np.asarray(np.rint(portrait[..., ::-1] * 255), np.uint8))
    return sorted(found, key=lambda one: -one.width)


def taken(picture: Plane) -> PhotoPixels:
    return pixels_of(np.asarray(np.rint(np.clip(picture, 0, 1) * 255), np.uint8))


def all_of(photo: PhotoPixels, faces: list[Face]) -> dict[Face, Measured]:
    return {face: measured(photo, face) for face in faces}


def true_kernel(one: Measured) -> Plane:
    return camera_shake.carried(_WIDE, one.transform[:, :2])[0]


def errors(blurs: dict[Face, Blur], asked: dict[Face, Measured]) -> NDArray[np.float64]:
    """How far each face's kernel is from the truth, for how far the wrong one is."""
    truths = [true_kernel(one) for one in asked.values()]
    told = [blurs[face].kernel for face in asked]
    return np.array([apart(one, truth) / apart(_WRONG.kernel, truth) for one, truth in zip(told, truths, strict=True)])


def test_a_shake_that_was_told_wrong_is_read_from_the_photo_for_all_its_faces(
    portrait: Plane, faces: list[Face]
) -> None:
    photo = taken(spoiled(portrait, _WIDE))
    asked = all_of(photo, faces)
    found = photo_shake.as_all_of_photo(photo, asked, dict.fromkeys(faces, _WRONG))
    assert errors(found, asked).max() < 0.2
    assert all(one.told is _WRONG for one in found.values())


def test_a_shake_in_light_is_read_as_well(portrait: Plane, faces: list[Face]) -> None:
    photo = taken(light.stored(spoiled(light.light_of(portrait), _WIDE, 0.5 / 255)))
    asked = all_of(photo, faces)
    found = photo_shake.as_all_of_photo(photo, asked, dict.fromkeys(faces, _WRONG))
    assert errors(found, asked)[0] < 0.2


def test_what_is_told_surely_is_not_read_again(portrait: Plane, faces: list[Face]) -> None:
    photo = taken(spoiled(portrait, _WIDE))
    blurs = dict.fromkeys(faces, replace(_WRONG, confidence=0.995))
    assert photo_shake.as_all_of_photo(photo, all_of(photo, faces), blurs) == blurs


def test_what_a_lens_left_is_each_face_s_own(portrait: Plane, faces: list[Face]) -> None:
    photo = taken(spoiled(portrait, _WIDE))
    blurs = dict.fromkeys(faces, Blur(np.asarray(cv2.GaussianBlur(streak(1), (0, 0), 3), np.float32), 0.95))
    assert photo_shake.as_all_of_photo(photo, all_of(photo, faces), blurs) == blurs


def test_who_moved_otherwise_keeps_a_kernel_of_their_own(portrait: Plane, faces: list[Face]) -> None:
    own = np.ascontiguousarray(_WIDE.T[::-1])
    middle = portrait.shape[1] * 5 // 9
    moved = np.hstack([spoiled(portrait, _WIDE)[:, :middle], spoiled(portrait, own)[:, middle:]])
    photo = taken(moved)
    asked = all_of(photo, faces)
    second = Blur(camera_shake.carried(own, asked[faces[1]].transform[:, :2])[0], 0.95)
    found = photo_shake.as_all_of_photo(photo, asked, {faces[0]: _WRONG, faces[1]: second})
    assert found[faces[1]] is second


def test_what_stands_still_tells_nothing_of_somebody_who_moved(portrait: Plane, faces: list[Face]) -> None:
    x0, y0, x1, y1 = (round(edge) for edge in faces[0].box)
    inside = np.s_[max(0, y0 - 20) : y1 + 20, max(0, x0 - 15) : x1 + 15]
    moved = portrait.copy()
    moved[inside] = spoiled(portrait, _WIDE)[inside]
    photo = taken(moved)
    asked = all_of(photo, faces[:1])
    blurs = {faces[0]: Blur(true_kernel(asked[faces[0]]), 0.95)}
    assert photo_shake.as_all_of_photo(photo, asked, blurs) == blurs


def test_a_true_kernel_is_not_made_worse(portrait: Plane, faces: list[Face]) -> None:
    photo = taken(spoiled(portrait, _WIDE))
    asked = all_of(photo, faces)
    found = photo_shake.as_all_of_photo(
        photo, asked, {face: Blur(true_kernel(one), 0.95) for face, one in asked.items()}
    )
    assert errors(found, asked).max() < 0.2


def test_of_a_small_photo_nothing_is_read(portrait: Plane, faces: list[Face]) -> None:
    photo = taken(spoiled(portrait, _WIDE)[:150, :150])
    asked = {face: measured(taken(portrait), face) for face in faces}
    blurs = dict.fromkeys(faces, _WRONG)
    assert photo_shake.as_all_of_photo(photo, asked, blurs) == blurs


@pytest.mark.parametrize("times", [3, 4, 9, 20])
def test_of_a_face_in_which_the_path_would_be_too_long_nothing_changes(
    portrait: Plane, faces: list[Face], times: float
) -> None:
    photo = taken(spoiled(portrait, _WIDE))
    asked = all_of(photo, faces)
    small = asked[faces[1]]
    asked[faces[1]] = replace(small, transform=small.transform * times)
    blurs = dict.fromkeys(faces, _WRONG)
    found = photo_shake.as_all_of_photo(photo, asked, blurs)
    assert found[faces[0]] is not _WRONG
    assert found[faces[1]] is _WRONG


def test_in_much_noise_nothing_is_read(portrait: Plane, faces: list[Face]) -> None:
    photo = taken(spoiled(portrait, _WIDE, 8 / 255))
    blurs = dict.fromkeys(faces, _WRONG)
    assert photo_shake.as_all_of_photo(photo, all_of(photo, faces), blurs) == blurs


def test_a_line_that_is_told_well_is_not_read_again(portrait: Plane, faces: list[Face]) -> None:
    photo = taken(spoiled(portrait, _WIDE))
    blurs = dict.fromkeys(faces, replace(_WRONG, confidence=0.985))
    assert photo_shake.as_all_of_photo(photo, all_of(photo, faces), blurs) == blurs


def rolled(portrait: Plane, degrees: float) -> Plane:
    """A camera that rolled by so much as it shook, so that every place has a path of its own."""
    down, across = np.nonzero(0.02 * _WIDE.max() < _WIDE)
    weights = _WIDE[down, across] / _WIDE[down, across].sum()
    height, width = portrait.shape[:2]
    whole = np.zeros_like(portrait)
    for place, (y, x, weight) in enumerate(zip(down - 20, across - 20, weights, strict=True)):
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees * (place / len(weights) - 0.5), 1.0)
        turn[:, 2] += (x, y)
        whole += np.float32(weight) * cv2.warpAffine(portrait, turn, (width, height), borderMode=cv2.BORDER_REFLECT_101)
    return spoiled(whole, streak(1))


def test_where_the_camera_rolled_too_each_face_keeps_what_it_was_told(portrait: Plane, faces: list[Face]) -> None:
    photo = taken(rolled(portrait, 3.0))
    blurs = dict.fromkeys(faces, _WRONG)
    assert photo_shake.as_all_of_photo(photo, all_of(photo, faces), blurs) == blurs


def test_a_camera_that_hardly_rolled_tells_its_shake(portrait: Plane, faces: list[Face]) -> None:
    photo = taken(rolled(portrait, 0.1))
    asked = all_of(photo, faces)
    found = photo_shake.as_all_of_photo(photo, asked, dict.fromkeys(faces, _WRONG))
    assert errors(found, asked).max() < 0.3
