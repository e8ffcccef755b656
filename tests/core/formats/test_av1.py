"""How coarsely an AVIF was quantised."""

import io
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gpend.core.formats import av1, isobmff
from tests import photos
from tests.core.formats.isobmff.test_items import contents, meta
from tests.core.formats.test_bits import packed

SEQUENCE_HEAD, FRAME_HEAD = 0x0A, 0x32  # of units that tell their length


@cache
def coded(quality: int) -> bytes:
    """The AV1 data of the portrait."""
    return primary(photos.avif(photos.portrait(), quality=quality))


def primary(photo: bytes) -> bytes:
    """The data of a file's picture."""
    return contents(photo)[isobmff.primary(photo, meta(photo))]


def unit(head: int, content: bytes) -> bytes:
    """A short unit."""
    return bytes([head, len(content)]) + content


def test_better_quality_is_quantised_more_finely() -> None:
    steps = [av1.step(coded(quality)) or 0 for quality in (5, 25, 45, 65, 85, 99)]
    assert steps == sorted(steps, reverse=True)
    assert steps[0] > 100
    assert 1 < steps[-1] < 4


@pytest.mark.parametrize(("width", "height"), [(64, 64), (131, 67), (4200, 64), (96, 3000)])
@pytest.mark.parametrize("options", [{}, {"tile_rows": 2, "tile_cols": 2}, {"autotiling": True}])
def test_pictures_of_every_shape_and_division_tell_as_much(width: int, height: int, options: dict[str, Any]) -> None:
    picture = np.full((height, width, 3), 90, np.uint8)
    found = av1.step(primary(photos.avif(picture, quality=40, speed=10, **options)))
    assert found is not None
    assert 20 < found < 80


@pytest.mark.parametrize("subsampling", ["4:0:0", "4:2:0", "4:2:2", "4:4:4"])
def test_colours_of_every_sampling_are_passed_over(subsampling: str) -> None:
    picture = photos.portrait()[..., 0] if subsampling == "4:0:0" else photos.portrait()
    told = av1.step(primary(photos.avif(picture, quality=40, subsampling=subsampling)))
    assert told == pytest.approx(av1.step(coded(40)), rel=0.5)


def test_the_full_header_of_a_sequence_tells_as_much() -> None:
    stream = io.BytesIO()
    first, second = (Image.fromarray(photos.portrait()).rotate(turn) for turn in (0, 90))
    first.save(stream, "AVIF", quality=40, save_all=True, append_images=[second])
    assert av1.step(primary(stream.getvalue())) == pytest.approx(av1.step(coded(40)), rel=0.5)


def test_a_header_is_read_bit_by_bit() -> None:
    # reduced: profile 0, still; level; 7 + 7 bits of size 100, 80; no tools; not scaled; 8 bits, in colour
    sequence = "000110000001100110110001110011110000000000000000"
    # even odds change; no tools for drawn pictures; shown as large as it is; even division, in one column and row
    frame = "000100" + f"{100:08b}"
    data = unit(SEQUENCE_HEAD, packed(sequence)) + unit(FRAME_HEAD, packed(frame))
    assert av1.step(data) == 112 / 8  # at index 100 the table holds 112


def test_what_is_no_shown_key_frame_tells_nothing() -> None:
    assert av1.step(b"") is None
    assert av1.step(unit(FRAME_HEAD, b"\0" * 20)) is None
    assert av1.step(coded(40)[:12]) is None


@given(st.binary(max_size=300))
def test_rubbish_never_raises(data: bytes) -> None:
    for each in (data, unit(SEQUENCE_HEAD, data[:100]) + unit(FRAME_HEAD, data[100:220]), coded(40)[:14] + data):
        found = av1.step(each)
        assert found is None or 0.5 <= found < 256


@given(st.integers(0, 60), st.integers(0, 255))
def test_a_byte_that_is_wrong_never_raises(place: int, value: int) -> None:
    broken = bytearray(coded(40)[:400])
    broken[place] = value
    found = av1.step(bytes(broken))
    assert found is None or 0.5 <= found < 256
