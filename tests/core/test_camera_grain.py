"""What a camera's denoiser left in a dark face is told by what its blur lets nothing through, and not made stronger."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpend.core import camera_grain, deconvolution, evidence, refining, spectrum
from gpend.core.blend import luma
from gpend.core.blur import Blur
from gpend.core.networks import Networks
from gpend.core.noise import PLACES, Noise
from gpend.core.photo import Plane
from gpend.core.seen import Seen
from gpend.core.sharpness import measured_terms
from tests.core.blurs import CLEAN, spoiled

OUT_OF_FOCUS = 5  # pixels, the radius


def disc(radius: int) -> Plane:
    """A lens that is set to another distance: (41, 41), of sum 1."""
    off = np.hypot(*np.mgrid[-20:21, -20:21])
    kernel = np.clip(radius + 0.5 - off, 0, 1)
    return np.asarray(kernel / kernel.sum(), np.float32)


def grain(shape: tuple[int, ...], level: float, seed: int = 3) -> Plane:
    """What a denoiser leaves of white noise: as from a Gaussian of one pixel, grey, of this standard deviation."""
    raw = np.random.default_rng(seed).normal(0, 1, shape[:2])
    smooth = cv2.GaussianBlur(raw, (0, 0), 1.0)
    return np.asarray(np.repeat((smooth / smooth.std() * level)[:, :, None], 3, axis=2), np.float32)


def seen_of(picture: Plane, kernel: Plane, noise: Noise = CLEAN) -> Seen:
    """A face that fills a photo of as many pixels as its crop."""
    transform = np.array([[1.0, 0, 0], [0, 1, 0]])
    clipped = np.asarray(np.clip(picture, 0, 1), np.float32)
    terms = measured_terms(deconvolution.middle(clipped), 1.0, 0.0)
    return Seen(clipped, transform, Blur(kernel, 0.99), noise, terms)


def blurred(padded: Plane, level: float = 0.0) -> Seen:
    soft = spoiled(padded, disc(OUT_OF_FOCUS), 1 / 255)
    return seen_of(soft + grain(soft.shape, level), disc(OUT_OF_FOCUS))


def test_a_face_without_grain_has_none(padded: Plane) -> None:
    assert camera_grain.grain_of(blurred(padded)) == ()
    assert camera_grain.with_grain(blurred(padded)).lost == CLEAN


@pytest.mark.parametrize("level", [6, 9, 14])
def test_grain_is_told_as_strong_as_it_is_at_coarse_and_at_fine_frequencies(padded: Plane, level: int) -> None:
    seen = camera_grain.with_grain(blurred(padded, level / 255))
    told = seen.lost.power(np.asarray(PLACES, np.float32))
    made = grain((512, 512), level / 255)[:, :, 0]
    power = np.abs(np.fft.fft2(made)) ** 2 / made.size
    frequency = np.hypot(np.fft.fftfreq(512)[:, None], np.fft.fftfreq(512)[None])
    for place, one in list(zip(PLACES, told, strict=True))[1:5]:
        true = power[np.abs(frequency - place) < 0.01].mean() + CLEAN.level**2
        assert 0.4 < one / true < 1.6
    assert camera_grain.deviation_of(seen.lost, 1.0) == pytest.approx(level / 255, rel=0.3)


def test_a_sharp_background_without_grain_does_not_hide_that_of_the_face(padded: Plane) -> None:
    soft = spoiled(padded, disc(OUT_OF_FOCUS), 1 / 255)
    dark = spectrum.face_window(soft.shape[0])[:, :, None]
    seen = seen_of(soft + dark * grain(soft.shape, 9 / 255), disc(OUT_OF_FOCUS))
    assert camera_grain.grain_of(seen)
    assert sum(camera_grain.grain_of(seen, around=True)) < sum(camera_grain.grain_of(seen)) / 2


@given(level=st.floats(4 / 255, 20 / 255), seed=st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_power_falls_from_coarse_to_fine_and_is_never_nothing(padded: Plane, level: float, seed: int) -> None:
    soft = spoiled(padded, disc(OUT_OF_FOCUS), 1 / 255)
    found = camera_grain.grain_of(seen_of(soft + grain(soft.shape, level, seed), disc(OUT_OF_FOCUS)))
    assert all(one > 0 for one in found)
    assert list(found) == sorted(found, reverse=True)


def test_a_blur_that_hides_nothing_tells_of_no_grain(padded: Plane) -> None:
    point = np.zeros((41, 41), np.float32)
    point[20, 20] = 1
    assert camera_grain.grain_of(seen_of(padded, point)) == ()


def test_noise_without_grain_deviates_by_its_level() -> None:
    assert camera_grain.deviation_of(Noise(0.02), 1.7) == 0.02
    assert camera_grain.white_of(Noise(0.02), 1.7) == 0


def test_white_noise_as_strong_as_grain_grows_with_the_crop() -> None:
    noise = Noise(0.01, (), (4e-4,) * len(PLACES))
    assert camera_grain.white_of(noise, 1.0) == pytest.approx(0.02)
    assert camera_grain.white_of(noise, 2.0) == pytest.approx(0.04)


def rough(plane: Plane) -> float:
    """How much goes on in what should be skin: standard deviation of what is finer than two pixels."""
    fine = luma(plane) - cv2.GaussianBlur(luma(plane), (0, 0), 2)
    return float(fine[150:200, 90:160].std())


def test_what_is_known_of_grain_keeps_the_filter_from_making_specks_of_it(padded: Plane, networks: Networks) -> None:
    seen = blurred(padded, 9 / 255)
    known = camera_grain.with_grain(seen)
    truth = deconvolution.middle(padded)
    errors, specks = [], []
    for one in (seen, known):
        found = deconvolution.deconvolve(one.padded, one.blur, one.lost, 1.0)
        after = refining.refined(found.restored, one, networks, alone=False)
        errors.append(float(np.sqrt(np.mean((luma(found.restored) - luma(truth)) ** 2))))
        specks.append(rough(after))
    assert specks[1] < specks[0] / 2
    assert errors[1] < errors[0] / 2


def test_grain_all_over_does_not_speak_against_a_blur_and_fine_detail_does(padded: Plane) -> None:
    grained = blurred(padded, 9 / 255)
    told = evidence.explanation(grained)
    assert told.ahead < -0.9
    assert not evidence.is_contradicted(grained, told)
    clean = blurred(padded)
    assert not evidence.is_contradicted(clean, evidence.explanation(clean))


@pytest.mark.parametrize(("deviation", "share"), [(2, 0), (3.75, 0.5), (6, 1)])
def test_noise_as_little_as_the_network_was_trained_with_is_not_white_to_it(deviation: float, share: float) -> None:
    grain = (1e-12,) * len(PLACES)
    noise = Noise(deviation / 255, (), (1e-6, *grain[1:]))
    assert camera_grain.white_of(noise, 1.0) == pytest.approx(share * 1e-3, rel=0.05)


def test_what_only_grain_lets_through_is_contradicted_where_what_was_told_explains_more(padded: Plane) -> None:
    seen = blurred(padded, 5 / 255)
    followed = replace(seen, blur=replace(seen.blur, kernel=disc(8)))
    both = replace(followed, blur=replace(followed.blur, told=seen.blur))
    told = evidence.explanation(followed)
    assert evidence.explanation(seen).ahead > -0.9 > told.ahead
    assert not evidence.is_contradicted(followed, told)
    assert evidence.is_contradicted(both, told)
