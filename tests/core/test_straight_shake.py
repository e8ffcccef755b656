"""A straight shake is as long, and goes in the direction, as the photo's spectrum says."""

import math
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from gpend.core import straight_shake
from gpend.core.blur import SIDE, Blur
from gpend.core.networks import Networks
from gpend.core.noise import Noise
from gpend.core.photo import Plane
from gpend.core.pipeline import process
from gpend.core.report import Restored, Verdict
from gpend.core.seen import Seen
from gpend.core.sharpness import Terms
from gpend.settings import CoreSettings
from tests.core.blurs import CLEAN, MARGIN, spoiled, streak

TERMS = Terms(*[0.0] * 15)
HERE = np.array([[1.0, 0, 0], [0, 1, 0]])


def shaken(padded: Plane, there: Plane, told: Plane) -> Seen:
    """A face blurred by one kernel, of which the network told another."""
    assert padded.shape[0] == SIDE + 2 * MARGIN
    return Seen(spoiled(padded, there), HERE, Blur(told, 0.98), CLEAN, TERMS)


def decoded(photo: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(BytesIO(photo)).convert("RGB"))


def exactly(seen: Seen) -> Blur:
    (found,) = straight_shake.told_exactly([seen])
    return found


def length_of(blur: Blur) -> float:
    return math.sqrt(12) * blur.axes()[0]


@given(st.floats(1, 90), st.floats(-7, 7))
def test_a_path_is_drawn_as_long_as_it_is_in_its_direction_and_around_its_middle(length: float, turn: float) -> None:
    kernel = straight_shake.drawn((length, turn))
    long, short, (across, down) = Blur(kernel, 1.0).axes()
    assert kernel.sum() == pytest.approx(1, abs=1e-4)
    assert np.allclose(kernel, kernel[::-1, ::-1], atol=1e-4)
    assert math.sqrt(12) * long == pytest.approx(math.hypot(length, math.sqrt(12) * 0.7), rel=0.05, abs=0.4)
    if long > 2 * short:
        assert abs(across * math.sin(turn) - down * math.cos(turn)) < 0.1


@pytest.mark.parametrize(("length", "turn"), [(36, 0.0), (45, 0.6), (55, -0.4)])
def test_a_shake_longer_than_was_told_is_found_by_the_spectrum(padded: Plane, length: int, turn: float) -> None:
    seen = shaken(padded, straight_shake.drawn((length, turn)), straight_shake.drawn((28, turn + 0.05)))
    found = exactly(seen)
    assert length_of(found) == pytest.approx(length, rel=0.05)
    assert (found.confidence, found.told, found.first) == (0.98, None, None)


@pytest.mark.parametrize(("length", "turn", "told"), [(17, 0.3, 18), (27, -0.5, 25), (22, 1.2, 24)])
def test_a_shake_is_told_more_exactly_by_the_spectrum(padded: Plane, length: int, turn: float, told: int) -> None:
    seen = shaken(padded, straight_shake.drawn((length, turn)), straight_shake.drawn((told, turn - 0.06)))
    found = exactly(seen)
    _, _, (across, down) = found.axes()
    assert length_of(found) == pytest.approx(length, rel=0.04)
    assert abs(across * math.sin(turn) - down * math.cos(turn)) < 0.03
    assert (found.told, found.confidence) == (seen.blur, straight_shake.SURE)


@pytest.mark.parametrize("length", [11, 17, 27, 29])
def test_a_shake_that_was_told_rightly_stays_as_it_was_told(padded: Plane, length: int) -> None:
    path = straight_shake.drawn((length, 0.2))
    seen = shaken(padded, path, path)
    assert exactly(seen) is seen.blur


def test_a_lens_that_passes_for_a_long_shake_is_made_no_longer(padded: Plane) -> None:
    line = cv2.getGaussianKernel(41, 4.0).astype(np.float32)
    seen = shaken(padded, np.asarray(line @ line.T, np.float32), streak(27))
    assert length_of(exactly(seen)) < 33


def test_a_longer_path_that_one_face_tells_surely_is_taken_for_another_that_bears_it_out(padded: Plane) -> None:
    there, told = straight_shake.drawn((58, 0.3)), straight_shake.drawn((28, 0.33))
    surely = shaken(padded, there, told)
    noisy = replace(surely, padded=spoiled(surely.padded, streak(1), 5 / 255), noise=Noise(5 / 255))
    alone = exactly(noisy)
    first, second = straight_shake.told_exactly([surely, noisy])
    assert length_of(alone) < 33
    assert length_of(first) == pytest.approx(58, rel=0.05)
    assert length_of(second) == pytest.approx(length_of(first), rel=0.01)


@given(st.integers(1, 20), st.integers(1, 20), st.floats(0, 1))
def test_no_kernel_of_two_spots_however_far_apart_is_too_long_to_be_asked_about(
    across: int, down: int, share: float
) -> None:
    kernel = np.zeros((41, 41), np.float32)
    kernel[20 - down, 20 - across], kernel[20 + down, 20 + across] = share, 1 - share
    flat = np.full((SIDE + 2 * MARGIN, SIDE + 2 * MARGIN, 3), 0.5, np.float32)
    seen = Seen(flat, HERE, Blur(kernel, 0.98), CLEAN, TERMS)
    found = exactly(seen) if straight_shake.is_straight(seen.blur) else seen.blur
    assert np.isfinite(found.kernel).all()


def test_the_path_of_a_large_face_is_not_asked_of_one_in_whose_crop_it_has_no_room(padded: Plane) -> None:
    surely = shaken(padded, straight_shake.drawn((50, 0.3)), straight_shake.drawn((28, 0.32)))
    tiny = replace(surely, transform=HERE * 13)
    assert length_of(straight_shake.told_exactly([surely, tiny])[0]) == pytest.approx(50, rel=0.05)


def test_of_a_path_too_long_for_the_crop_hardly_anything_is_taken_out(padded: Plane) -> None:
    seen = shaken(padded, straight_shake.drawn((68, 0.0)), straight_shake.drawn((28, 0.02)))
    found = exactly(seen)
    assert length_of(found) == pytest.approx(68, rel=0.05)
    assert found.confidence == 0


def test_a_path_that_one_face_tells_exactly_is_taken_for_another_that_bears_it_out(padded: Plane) -> None:
    there = straight_shake.drawn((20, 0.3))
    surely = shaken(padded, there, straight_shake.drawn((22, 0.36)))
    hazy = cv2.GaussianBlur(straight_shake.drawn((21, 0.33)), (0, 0), 0.9)
    noisy = shaken(padded, there, np.asarray(hazy, np.float32))
    noisy = replace(noisy, padded=spoiled(noisy.padded, streak(1), 12 / 255), noise=Noise(12 / 255))
    first, second = straight_shake.told_exactly([surely, noisy])
    assert exactly(noisy) is noisy.blur
    assert length_of(second) == pytest.approx(length_of(first), rel=0.05)
    assert second.told is noisy.blur
    assert second.confidence == straight_shake.SURE


def test_who_moved_a_little_farther_than_the_camera_keeps_a_path_of_their_own(padded: Plane) -> None:
    there, own = straight_shake.drawn((20, 0.3)), straight_shake.drawn((24, 0.3))
    surely = shaken(padded, there, straight_shake.drawn((22, 0.36)))
    moved = shaken(padded, own, own)
    assert straight_shake.told_exactly([surely, moved])[1] is moved.blur


def test_who_moved_by_themselves_keeps_a_path_of_their_own(padded: Plane) -> None:
    long, short = straight_shake.drawn((45, 0.3)), straight_shake.drawn((27, -0.9))
    shaken_far = shaken(padded, long, straight_shake.drawn((28, 0.33)))
    moved = shaken(padded, short, short)
    assert straight_shake.told_exactly([shaken_far, moved])[1] is moved.blur


@pytest.mark.parametrize("length", [18, 26, 44])
def test_a_hand_that_slowed_down_is_not_taken_for_one_that_moved_evenly(padded: Plane, length: int) -> None:
    slowing = straight_shake.drawn((length, 0.4), slant=0.9)
    seen = shaken(padded, slowing, straight_shake.drawn((min(length, 27), 0.42), slant=0.7))
    assert exactly(seen) is seen.blur


def test_a_path_with_a_pause_is_not_taken_for_a_longer_one(padded: Plane) -> None:
    paused = streak(25) * 0.5
    paused[20, 20] += 0.5
    seen = shaken(padded, paused, streak(25))
    assert length_of(exactly(seen)) < 30


@pytest.mark.parametrize("kernel", [streak(27), streak(13), np.asarray(np.eye(41, dtype=np.float32) / 41)])
def test_straight_shakes_are_asked_about(kernel: Plane) -> None:
    assert straight_shake.is_straight(Blur(kernel, 0.98))


def test_what_the_network_is_not_sure_of_is_not() -> None:
    assert not straight_shake.is_straight(Blur(streak(27), 0.5))


def test_shakes_that_are_short_or_bent_are_not() -> None:
    bent = np.zeros((41, 41), np.float32)
    bent[8:33, 8] = bent[32, 8:33] = 1 / 50
    assert not straight_shake.is_straight(Blur(bent, 0.98))
    assert not straight_shake.is_straight(Blur(streak(7), 0.98))


def test_a_portrait_shaken_farther_than_the_network_learnt_is_restored_by_its_true_path(
    samples: Path, networks: Networks
) -> None:
    picture = decoded((samples / "portrait-sharp.jpg").read_bytes())
    face = max(networks.detect(picture), key=lambda one: one.width)
    length = 42 * face.width / 133  # of a face 133 wide, as one of a crop of 256 is
    kernel = straight_shake.drawn((length, 0.3))
    moved = np.asarray(cv2.filter2D(picture, -1, kernel[::-1, ::-1], borderType=cv2.BORDER_REFLECT_101), np.uint8)
    photo = cv2.imencode(".jpg", moved[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
    outcome = process(photo, networks, CoreSettings())
    assert isinstance(outcome, Restored), [one.reason for one in outcome.faces]
    best = next(one for one in outcome.faces if one.verdict is Verdict.RESTORED)
    told = float(best.reason.split("shaken by about ")[1].split(" px")[0])
    assert told == pytest.approx(length, rel=0.08)
    after = decoded(outcome.photo)
    x0, y0, x1, y1 = (round(edge) for edge in best.box)
    place = np.s_[max(0, y0) : y1, max(0, x0) : x1]
    assert cv2.PSNR(after[place], picture[place]) > cv2.PSNR(moved[place], picture[place]) + 2
