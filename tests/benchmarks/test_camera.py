"""A camera's noise is stronger in the dark, and smooth from pixel to pixel where it was denoised."""

import numpy as np
import pytest

from tests.benchmarks import camera, photos


def flat(*colour: float) -> np.ndarray:
    return np.broadcast_to(np.asarray(colour, np.float32), (96, 96, 3)).copy()


def taken(light: np.ndarray, dark: float) -> np.ndarray:
    tones = photos._stored(camera.mosaic(light, dark, np.random.default_rng(1)))  # noqa: SLF001 - the same curve
    return np.asarray(np.rint(tones), np.uint8)


@pytest.mark.parametrize("colour", [(0.2, 0.2, 0.2), (0.5, 0.1, 0.05), (0.1, 0.3, 0.6)])
def test_by_day_colours_stay_what_they_are(colour: tuple[float, float, float]) -> None:
    light = flat(*colour)
    wanted = photos._stored(light).mean((0, 1))  # noqa: SLF001
    assert camera.finished(taken(light, 0.0)).mean((0, 1)) == pytest.approx(wanted, abs=2)


def test_noise_is_stronger_in_the_dark_and_with_less_light() -> None:
    room, night = (taken(flat(0.02, 0.02, 0.02), dark).std() for dark in (0.7, 0.95))
    bright = taken(flat(0.7, 0.7, 0.7), 0.7).std()
    assert night > 2 * room
    assert room > 1.5 * bright


def test_what_the_denoiser_leaves_is_less_and_smooth_from_pixel_to_pixel() -> None:
    raw = taken(flat(0.05, 0.05, 0.05), 0.93)
    after = camera.finished(raw)

    def alike(picture: np.ndarray) -> float:
        grey = picture.mean(2) - picture.mean()
        return float((grey[:, 1:] * grey[:, :-1]).mean() / grey.var())

    assert after.std() < raw.std()
    assert alike(after) > 0.4  # white noise: 0
