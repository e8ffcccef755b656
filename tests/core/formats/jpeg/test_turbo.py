"""libturbojpeg, where it is found and where it is not."""

import numpy as np
import pytest

from gpend.core.formats.jpeg import blocks, frame, turbo
from gpend.core.formats.jpeg.segments import survey
from tests.core.formats.jpeg.material import Coding, coded, picture


def test_a_missing_library_is_no_error() -> None:
    assert turbo.load(("libno-such-library.so.7",)) is None


def test_a_library_without_the_functions_counts_as_missing() -> None:
    assert turbo.load(("libc.so.6",)) is None


@pytest.mark.skipif(turbo.load() is None, reason="libturbojpeg is not installed here")
def test_what_fails_inside_of_the_library_is_raised_outside() -> None:
    photo = coded(picture(32, 32), Coding())
    pictured = frame.read(photo, survey(photo).segments)
    made = blocks.quantised(pictured, picture(32, 32), np.ones((32, 32), np.bool_))
    made[0].columns[:] = 99
    library = turbo.load()
    assert library is not None
    with pytest.raises(IndexError):
        library.replace(photo, made, progressive=False, optimize=False)


@pytest.mark.skipif(turbo.load() is None, reason="libturbojpeg is not installed here")
def test_the_blocks_of_the_old_photo_are_told() -> None:
    photo = coded(picture(32, 32), Coding("4:4:4", 90))
    pictured = frame.read(photo, survey(photo).segments)
    everything = np.ones((32, 32), np.bool_)
    first = blocks.quantised(pictured, picture(32, 32, seed=3), everything)
    library = turbo.load()
    assert library is not None
    once = library.replace(photo, first, progressive=False, optimize=False)
    second = blocks.quantised(pictured, picture(32, 32, seed=4), everything)
    library.replace(once, second, progressive=False, optimize=False)
    for old, new in zip(first, second, strict=True):
        assert np.array_equal(old.wanted, new.previous)
