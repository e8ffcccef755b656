"""What becomes of a PNG's samples where pixels are replaced."""

import numpy as np
import pytest

from gpend.core.formats.png.chunks import walk
from gpend.core.formats.png.edit import WIDENED, Colour, Picture, edited
from gpend.core.formats.png.scanlines import Layout
from gpend.core.photo import Mask, Pixels
from tests.photos import GREY, INDEXED, RGB, chunk, png

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


def test_where_all_is_clear_nothing_changes() -> None:
    samples = np.zeros((4, 4, 1), np.uint8)
    before = picture(samples, Colour(INDEXED), PLTE=bytes(3), tRNS=b"\0")
    assert not edited(before, samples, WHITE, CHANGED).touched.any()
