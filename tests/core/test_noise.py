"""Noise is measured where it is, and what JPEG took is known from its tables."""

import cv2
import numpy as np
import pytest

from gpend.core import codec
from gpend.core.noise import Noise, noise_level, quantisation_power
from gpend.settings import PhotoSettings

Picture = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


def soft(level: float) -> Picture:
    random = np.random.default_rng(2)
    base = cv2.GaussianBlur(random.uniform(60, 190, (240, 180, 3)), (0, 0), 6)
    return np.asarray(np.clip(np.rint(base + random.normal(0, level, (240, 180, 1))), 0, 255), np.uint8)


@pytest.mark.parametrize("level", [3.0, 8.0, 16.0])
def test_the_level_is_that_of_the_grain(level: float) -> None:
    assert noise_level(soft(level)) * 255 == pytest.approx(level, rel=0.1)


def test_sixteen_bits_are_measured_as_eight() -> None:
    picture = soft(8)
    assert noise_level(picture.astype(np.uint16) * 257) == pytest.approx(noise_level(picture), rel=0.05)


def test_a_picture_without_grain_or_next_to_no_pixels_still_has_the_noise_of_its_bits() -> None:
    assert noise_level(np.full((50, 50, 3), 7, np.uint8)) == noise_level(np.zeros((1, 1, 3), np.uint8)) > 0


def power_of(quality: int) -> tuple[float, ...]:
    _, data = cv2.imencode(".jpg", soft(2), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return quantisation_power(codec.identify(data.tobytes(), PhotoSettings()).quantisation)


def test_a_jpeg_s_own_tables_tell_what_it_took() -> None:
    good, poor = power_of(95), power_of(50)
    assert all(more > less for more, less in zip(poor, good, strict=True))
    assert good[7] > good[0]


def test_power_is_told_at_every_frequency() -> None:
    frequency = np.linspace(0, 1.5, 50, dtype=np.float32)
    plain, jpeg = Noise(0.01).power(frequency), Noise(0.01, power_of(75)).power(frequency)
    assert plain == pytest.approx(1e-4)
    assert (jpeg > plain).all()
    assert np.isfinite(jpeg).all()


@pytest.mark.parametrize(("quality", "is_hard"), [(30, True), (65, True), (80, False), (95, False)])
def test_what_apps_save_is_of_hard_compression_and_what_cameras_save_is_not(quality: int, *, is_hard: bool) -> None:
    data = cv2.imencode(".jpg", np.zeros((64, 64, 3), np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
    table = codec.identify(data, PhotoSettings()).quantisation
    assert Noise(0.005, quantisation_power(table)).is_of_hard_compression == is_hard
    assert not Noise(0.005).is_of_hard_compression
