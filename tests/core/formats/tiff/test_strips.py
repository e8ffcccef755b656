"""A TIFF's strips and tiles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core.formats.tiff import container as tiff
from gpend.core.formats.tiff import strips
from gpend.errors import IncompleteError
from tests import photos
from tests.core import judges

forms = st.builds(
    photos.TiffForm,
    order=st.sampled_from("<>"),
    rows=st.integers(1, 50),
    tile=st.one_of(st.none(), st.tuples(st.sampled_from([16, 32]), st.sampled_from([16, 48]))),
    planar=st.booleans(),
    deflate=st.just(value=True),
    difference=st.booleans(),
)


def layout(photo: bytes) -> strips.Layout:
    """As TIFF's own reader finds it."""
    return tiff._walked(photo).layout  # noqa: SLF001 - the layout of a real file


@given(
    forms, st.integers(1, 60), st.integers(1, 60), st.sampled_from([1, 3, 4]), st.sampled_from([np.uint8, np.uint16])
)
def test_samples_are_read_however_they_lie(
    form: photos.TiffForm, width: int, height: int, channels: int, kind: type[np.uint8 | np.uint16]
) -> None:
    random = np.random.default_rng(width * 100 + height)
    values = photos.samples_of(random.integers(0, 256, (height, width, channels)).astype(kind))
    photo = photos.tiff(values, photos.TiffForm(**(vars(form) | {"photometric": 1 if channels == 1 else 2})))
    assert np.array_equal(strips.samples(photo, layout(photo)), values)


@pytest.mark.parametrize("tile", [None, (32, 32)])
@pytest.mark.parametrize("planar", [True, False])
def test_only_pieces_that_change_are_rewritten(tile: tuple[int, int] | None, *, planar: bool) -> None:
    before = photos.portrait()
    photo = photos.tiff(before, photos.TiffForm(tile=tile, rows=30, planar=planar, deflate=True))
    after = before.copy()
    after[40, 50, 1] ^= 255
    rewritten = dict(strips.rewritten(photo, layout(photo), before, after))
    assert len(rewritten) == 1
    expected = (1 if tile is None else 5) + (len(layout(photo).offsets) // 3 if planar else 0)
    assert list(rewritten) == [expected]


def test_a_strip_beyond_the_file_is_incomplete() -> None:
    photo = photos.tiff(photos.portrait())
    found = layout(photo)
    far = strips.Layout(**(vars(found) | {"offsets": tuple(offset + len(photo) for offset in found.offsets)}))
    with pytest.raises(IncompleteError):
        strips.samples(photo, far)


def test_what_opencv_reads_is_what_is_read_here() -> None:
    photo = photos.RESTORABLE["tiff-16"](photos.portrait())
    assert np.array_equal(strips.samples(photo, layout(photo)), judges.by_opencv(photo))
