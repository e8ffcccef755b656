"""What becomes of a PNG's samples where pixels are replaced."""

import numpy as np
import pytest

from gpend.core.formats.png.chunks import walk
from gpend.core.formats.png.edit import WIDENED, Colour, Picture, edited
from gpend.core.formats.png.scanlines import Layout
from gpend.core.photo import Mask, Pixels
from gpend.errors import UnsupportedError
from tests.photos import GREY, GREY_ALPHA, INDEXED, RGB, RGBA, chunk, png

CHANGED: Mask = np.zeros((4, 4), np.bool_)
CHANGED[1:3, 1:3] = True
WHITE: Pixels = np.full((4, 4, 3), 255, np.uint8)


def picture(samples: Pixels, colour: Colour, depth: int = 8, **chunks: bytes) -> Picture:
    photo = png(samples, int(colour), depth, around=([chunk(kind.encode(), data) for kind, data in chunks.items()], []))
    layout = Layout(4, 4, depth, colour.channels, interlaced=False, indexed=colour is Colour.INDEXED)
    return Picture(photo, walk(photo), colour, layout)


@pytest.mark.parametrize(("depth", "top"), [(1, 1), (4, 15), (8, 255), (16, 65_535)])
def test_grey_of_any_depth_takes_the_level_of_the_pixels(depth: int, top: int) -> None:
    samples = np.zeros((4, 4, 1), np.uint16 if depth == 16 else np.uint8)
    edit = edited(picture(samples, Colour(GREY), depth), samples, WHITE, CHANGED)
    assert (edit.samples[CHANGED] == top).all()
    assert not edit.samples[~CHANGED].any()
    assert np.array_equal(edit.touched, CHANGED)


def test_a_colour_that_stands_for_clear_stays_clear_and_nothing_else_becomes_it() -> None:
    samples = np.full((4, 4, 3), 7, np.uint8)
    samples[1, 1] = 255
    edit = edited(picture(samples, Colour(RGB), tRNS=b"\0\xff" * 3), samples, WHITE, CHANGED)
    assert (edit.samples[1, 1] == 255).all()
    assert {tuple(each) for each in edit.samples[CHANGED]} == {(255, 255, 255), (255, 255, 254)}


def test_a_palette_is_kept_where_it_has_colours_near_enough() -> None:
    samples = np.zeros((4, 4, 1), np.uint8)
    before = picture(samples, Colour(INDEXED), PLTE=bytes([0, 0, 0, 254, 255, 255]))
    edit = edited(before, samples, WHITE, CHANGED)
    assert edit.layout == before.layout
    assert (edit.samples[CHANGED] == 1).all()


def test_a_palette_without_such_colours_gives_way_to_full_colour() -> None:
    samples = np.zeros((4, 4, 1), np.uint8)
    edit = edited(picture(samples, Colour(INDEXED), PLTE=bytes([90, 0, 0, 0, 90, 0])), samples, WHITE, CHANGED)
    assert edit.notes == WIDENED
    assert (edit.samples[CHANGED] == 255).all()
    assert (edit.samples[~CHANGED] == [90, 0, 0]).all()
    assert edit.replaced[b"tRNS"] == b""


@pytest.mark.parametrize(
    ("colour", "chunks", "channels"),
    [
        (Colour(INDEXED), (b"\0\0\0", b"\0"), 1),
        (Colour(RGB), (b"", bytes(6)), 3),
        (Colour(RGBA), (b"", b""), 4),
        (Colour(GREY_ALPHA), (b"", b""), 2),
    ],
)
def test_where_all_is_clear_nothing_is_written(colour: Colour, chunks: tuple[bytes, bytes], channels: int) -> None:
    samples = np.zeros((4, 4, channels), np.uint8)
    with pytest.raises(UnsupportedError, match="transparent"):
        edited(picture(samples, colour, PLTE=chunks[0], tRNS=chunks[1]), samples, WHITE, CHANGED)


def test_what_is_clear_keeps_the_colour_that_nobody_sees() -> None:
    samples = np.zeros((4, 4, 4), np.uint8)
    samples[0, 0, 3] = samples[1, 1, 3] = 9
    edit = edited(picture(samples, Colour(RGBA)), samples, WHITE, np.ones((4, 4), np.bool_))
    assert np.array_equal(edit.touched, samples[..., 3] > 0)


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_greys_between_which_the_change_is_lost_are_kept(depth: int) -> None:
    samples = np.zeros((4, 4, 1), np.uint8)
    before = picture(samples, Colour(GREY), depth)
    with pytest.raises(UnsupportedError, match="so few colours"):
        edited(before, samples, np.full((4, 4, 3), 255 // (1 << depth) // 2, np.uint8), CHANGED)
    assert edited(before, samples, WHITE, CHANGED).touched.any()


def test_a_palette_that_holds_nothing_of_a_slight_change_gives_way_to_full_colour() -> None:
    samples, slight = np.zeros((4, 4, 1), np.uint8), np.full((4, 4, 3), 97, np.uint8)
    before = picture(samples, Colour(INDEXED), PLTE=bytes([90] * 3 + [120] * 3 * 16))
    edit = edited(before, samples, slight, CHANGED)
    assert edit.notes == WIDENED
    assert (edit.samples[CHANGED] == 97).all()
    few = picture(samples, Colour(INDEXED), PLTE=bytes([90] * 3 + [120] * 3 * 15))
    with pytest.raises(UnsupportedError, match="so few colours"):
        edited(few, samples, slight, CHANGED)
