"""Pictures in small."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gpend.core.formats import scaling
from tests import photos


@given(st.integers(1, 700), st.integers(1, 700), st.integers(1, 200))
def test_the_long_side_is_as_long_as_asked_for_and_never_longer_than_it_was(width: int, height: int, long: int) -> None:
    small = scaling.reduced(np.full((height, width, 3), 77, np.uint8), long)
    assert max(small.shape[:2]) == min(long, max(width, height))
    assert (small == 77).all()


@pytest.mark.parametrize("height", [255, 256, 257, 600])
def test_every_pixel_is_the_mean_of_its_area(height: int) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (height * 4, 80, 3)).astype(np.uint8)
    small = scaling.reduced(picture, height)
    means = picture.reshape(height, 4, 20, 4, 3).mean(axis=(1, 3))
    assert np.abs(small - means).max() <= 1.01


def test_grey_becomes_three_channels_deep_becomes_eight_bits_and_alpha_goes() -> None:
    picture = photos.portrait()
    assert np.array_equal(scaling.reduced(photos.alpha(picture), 9999), picture)
    assert np.array_equal(scaling.reduced(photos.deep(picture), 9999), picture)
    grey = photos.grey(picture)
    for form in (grey, grey[..., 0], photos.alpha(grey)):
        assert np.array_equal(scaling.reduced(photos.samples_of(form), 9999), grey.repeat(3, axis=2))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1"])
def test_pillows_images_are_reduced_without_being_copied_as_a_whole(mode: str) -> None:
    image = Image.fromarray(photos.portrait(400, 600)).convert(mode)
    whole = np.asarray(image.convert("RGB"))
    assert np.array_equal(scaling.reduced_by_bands(scaling.rows_of(image), 400, 600, 100), scaling.reduced(whole, 100))


def test_deep_grey_of_pillows_is_read_too() -> None:
    stream = io.BytesIO(photos.png(photos.deep(photos.grey(photos.portrait())), photos.GREY, 16))
    with Image.open(stream) as image:
        small = scaling.reduced_by_bands(scaling.rows_of(image), 120, 150, 999)
    assert np.array_equal(small, photos.grey(photos.portrait()).repeat(3, axis=2))
