"""Noise is measured where it is, and what saving took is known from the file's own quantisation."""

import cv2
import numpy as np
import pytest

from gpend.core import codec
from gpend.core.noise import Noise, noise_level, quantisation_power
from gpend.settings import PhotoSettings
from tests import photos

FORMATS = ("JPEG", "WEBP", "AVIF", "HEIF")
Picture = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


def soft(level: float) -> Picture:
    random = np.random.default_rng(2)
    base = cv2.GaussianBlur(random.uniform(60, 190, (240, 180, 3)), (0, 0), 6)
    return np.asarray(np.clip(np.rint(base + random.normal(0, level, (240, 180, 1))), 0, 255), np.uint8)


@pytest.mark.parametrize("level", [3.0, 8.0, 16.0])
def test_the_level_is_that_of_the_grain(level: float) -> None:
    assert noise_level(soft(level)) * 255 == pytest.approx(level, rel=0.1)


@pytest.mark.parametrize("size", [(31, 27), (30, 28), (9, 12)])
def test_the_level_is_by_the_median_of_second_differences_exactly(size: tuple[int, int]) -> None:
    picture = soft(9)[: size[0], : size[1]]
    plane = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float64)
    across = plane[:, 2:] - 2 * plane[:, 1:-1] + plane[:, :-2]
    change = across[2:] - 2 * across[1:-1] + across[:-2]
    assert noise_level(picture) * 255 == pytest.approx(float(np.median(np.abs(change))) / (0.6745 * 6))


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


def saved(picture: Picture, kind: str, quality: int) -> bytes:
    if kind == "HEIF":
        pytest.importorskip("pillow_heif", reason="gpend[heif] is not installed")
        return photos.heif(picture, metadata=False, quality=quality)
    return photos.saved(picture, kind, quality=quality)


def taken(photo: bytes) -> tuple[float, ...]:
    return quantisation_power(codec.identify(photo, PhotoSettings()).quantisation)


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_that_loses_tells_how_much(kind: str) -> None:
    good, fair, poor = (taken(saved(photos.portrait(), kind, quality)) for quality in (95, 60, 20))
    assert all(less < some < more for less, some, more in zip(good, fair, poor, strict=True))
    assert Noise(0.005, poor).is_of_hard_compression
    assert not Noise(0.005, good).is_of_hard_compression


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("quality", [25, 50])
def test_what_is_told_is_near_to_what_a_blurred_photo_lost(kind: str, quality: int) -> None:
    picture = np.asarray(cv2.GaussianBlur(photos.portrait(512, 512), (0, 0), 2.5), np.uint8)
    photo = saved(picture, kind, quality)
    after = codec.decode(photo, codec.identify(photo, PhotoSettings())).pixels
    lost = np.subtract(*(cv2.cvtColor(each, cv2.COLOR_RGB2GRAY) / 255 for each in (after, picture)))
    spectrum = np.abs(np.fft.fft2(lost)) ** 2 / lost.size
    frequency = np.hypot(np.fft.fftfreq(512)[:, None], np.fft.fftfreq(512)[None])
    low = (frequency > 0.01) & (frequency < 0.1)
    told = Noise(0.0, taken(photo)).power(frequency.astype(np.float32))
    assert 0.3 < np.sqrt(told[low].mean() / spectrum[low].mean()) < 3


def test_what_loses_nothing_tells_nothing() -> None:
    for photo in (photos.png(photos.portrait()), photos.webp(photos.portrait(), lossless=True)):
        assert codec.identify(photo, PhotoSettings()).quantisation == ()
