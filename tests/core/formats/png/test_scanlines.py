"""A PNG's scanlines are filtered anew only where pixels changed."""

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core.formats.png import scanlines
from gpend.core.formats.png.scanlines import Layout
from gpend.errors import IncompleteError, PhotoError
from tests import photos
from tests.core import judges

KINDS = [(1, 1), (1, 2), (1, 4), (1, 8), (1, 16), (2, 8), (2, 16), (3, 8), (3, 16), (4, 8), (4, 16)]
COLOURS = {1: photos.GREY, 2: photos.GREY_ALPHA, 3: photos.RGB, 4: photos.RGBA}

layouts = st.builds(
    lambda width, height, kind, interlaced: Layout(width, height, kind[1], kind[0], interlaced, indexed=False),
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from(KINDS),
    st.booleans(),
)


def samples(layout: Layout, seed: int) -> photos.Samples:
    """Anything that the layout can hold."""
    random = np.random.default_rng(seed)
    shape = (layout.height, layout.width, layout.channels)
    steps = random.integers(0, 1 << layout.depth, shape).cumsum(axis=1) // 7 % (1 << layout.depth)
    return photos.samples_of(steps.astype(np.uint16 if layout.depth == 16 else np.uint8))


@given(layouts, st.integers(0, 99), st.integers(0, 99))
def test_what_is_filtered_anew_reads_back(layout: Layout, seed: int, other: int) -> None:
    before, new = samples(layout, seed), samples(layout, other + 1000)
    touched = np.random.default_rng(other).random((layout.height, layout.width)) < 0.05
    after = photos.samples_of(np.where(touched[..., None], new, before))
    filtered = bytearray(photos.scanlines(before, layout.depth, interlaced=layout.interlaced))
    rows = scanlines.refiltered(filtered, layout, after, touched)
    assert len(rows) == len(filtered) == layout.size
    photo = photos.png(before, COLOURS[layout.channels], layout.depth, interlaced=layout.interlaced)
    head, tail = photo[:33], photo[-12:]
    whole = head + photos.chunk(b"IDAT", zlib.compress(rows)) + tail
    expected = photos.png(after, COLOURS[layout.channels], layout.depth, interlaced=layout.interlaced)
    assert np.array_equal(judges.by_opencv(whole), judges.by_opencv(expected))


def test_rows_that_no_change_reaches_keep_their_bytes() -> None:
    layout = Layout(30, 20, 8, 3, interlaced=False, indexed=False)
    before = samples(layout, 1)
    rows = scanlines.refiltered(bytearray(layout.size), layout, before, np.ones((20, 30), np.bool_))
    after = before.copy()
    after[7, 3] += 1
    touched = (after != before).any(axis=2)
    changed = np.frombuffer(scanlines.refiltered(rows, layout, after, touched), np.uint8) != np.frombuffer(
        rows, np.uint8
    )
    assert set(np.flatnonzero(changed.reshape(20, -1).any(axis=1))) <= {7, 8}
    assert changed.any()


def test_filters_earn_their_keep() -> None:
    picture = photos.portrait()
    layout = Layout(120, 150, 8, 3, interlaced=False, indexed=False)
    rows = scanlines.refiltered(bytearray(layout.size), layout, picture, np.ones((150, 120), np.bool_))
    assert {rows[number * 361] for number in range(150)} >= {1, 2, 4}
    assert len(zlib.compress(rows)) < 0.8 * len(zlib.compress(picture.tobytes()))


def test_palette_indices_are_not_filtered() -> None:
    layout = Layout(30, 20, 8, 1, interlaced=False, indexed=True)
    rows = scanlines.refiltered(bytearray(layout.size), layout, samples(layout, 1), np.ones((20, 30), np.bool_))
    assert {rows[number * 31] for number in range(20)} == {0}


LAYOUT = Layout(300, 200, 8, 3, interlaced=False, indexed=False)


@pytest.mark.parametrize("pieces", [1, 3, 1000])
def test_a_whole_stream_is_found_whole_however_it_is_cut(pieces: int) -> None:
    stream = zlib.compress(bytes(LAYOUT.size))
    cut = [
        memoryview(stream)[at : at + max(1, len(stream) // pieces)]
        for at in range(0, len(stream), max(1, len(stream) // pieces))
    ]
    scanlines.require_whole(cut, LAYOUT)
    assert scanlines.inflated(cut, LAYOUT) == bytes(LAYOUT.size)


def test_more_than_the_header_promises_is_not_read() -> None:
    stream = zlib.compress(bytes(50 * LAYOUT.size))
    scanlines.require_whole([memoryview(stream)], LAYOUT)
    assert len(scanlines.inflated([memoryview(stream)], LAYOUT)) == LAYOUT.size


def test_less_than_the_header_promises_is_incomplete() -> None:
    with pytest.raises(IncompleteError):
        scanlines.require_whole([memoryview(zlib.compress(bytes(LAYOUT.size - 1)))], LAYOUT)
    with pytest.raises(IncompleteError, match="too little"):
        scanlines.require_whole([memoryview(bytes(100))], LAYOUT)


def test_a_stream_with_a_wrong_checksum_is_an_error() -> None:
    stream = bytearray(zlib.compress(bytes(LAYOUT.size)))
    stream[-1] ^= 1
    with pytest.raises(zlib.error):
        scanlines.require_whole([memoryview(stream)], LAYOUT)


@pytest.mark.parametrize("row", [0, 100, 199])
@pytest.mark.parametrize("interlaced", [False, True])
def test_a_filter_that_does_not_exist_is_corruption(row: int, *, interlaced: bool) -> None:
    layout = Layout(300, 200, 8, 3, interlaced=interlaced, indexed=False)
    rows = bytearray(layout.size)
    places = [one.at + number * (one.row + 1) for one in layout.passes() for number in range(one.height)]
    rows[places[row]] = 5
    with pytest.raises(PhotoError, match="filtered"):
        scanlines.require_whole([memoryview(zlib.compress(rows))], layout)
    scanlines.require_whole([memoryview(zlib.compress(bytes(layout.size)))], layout)


@pytest.mark.parametrize(("level", "size"), [(1, 1), (6, 6), (9, 9)])
def test_the_effort_of_the_source_is_kept(level: int, size: int) -> None:
    rows = bytearray(photos.portrait().tobytes())
    before = [memoryview(zlib.compress(rows, level))]
    assert scanlines.deflated(rows, before) == zlib.compress(rows, size)
