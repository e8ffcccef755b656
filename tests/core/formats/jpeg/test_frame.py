"""What the headers say of the picture."""

import numpy as np
import pytest

from gpend.core.formats.jpeg import frame
from gpend.core.formats.jpeg.blocks import table_of
from gpend.core.formats.jpeg.frame import ZIGZAG, Colour
from gpend.core.formats.jpeg.segments import SOS, survey
from gpend.errors import PhotoError, UnsupportedError
from tests.core.formats.jpeg.material import MCUS, Coding, coded, coefficients, picture
from tests.photos_jpeg import segment


def read(photo: bytes) -> frame.Frame:
    return frame.read(photo, survey(photo).segments)


def test_the_zigzag_walks_the_diagonals() -> None:
    assert ZIGZAG[:10].tolist() == [0, 1, 8, 16, 9, 2, 3, 10, 17, 24]
    assert sorted(ZIGZAG.tolist()) == list(range(64))
    assert ZIGZAG[-3:].tolist() == [55, 62, 63]


@pytest.mark.parametrize(("sampling", "mcu"), MCUS.items())
def test_blocks_are_counted_as_other_readers_count_them(sampling: str, mcu: tuple[int, int]) -> None:
    photo = coded(picture(61, 43, grey=sampling == "grey"), Coding(sampling))
    told = read(photo)
    assert (8 * told.down, 8 * told.across) == mcu
    assert [told.blocks(c) for c in told.components] == [plane.shape[:2] for plane in coefficients(photo)]


def test_colours_are_told_as_libjpeg_tells_them() -> None:
    photo = coded(picture(16, 16), Coding("4:4:4"))
    bare = photo[:2] + photo[20:]
    named = bare.replace(b"\x03\x01\x11\x00\x02\x11\x01\x03\x11\x01", b"\x03R\x11\x00G\x11\x01B\x11\x01")
    assert named != bare
    adobe = [segment(0xEE, b"Adobe\0d\0\0\0\0" + bytes((transform,))) for transform in (0, 1)]
    assert read(photo).colour is Colour.YCC
    assert read(bare).colour is Colour.YCC
    assert read(bare[:2] + adobe[0] + bare[2:]).colour is Colour.RGB
    assert read(bare[:2] + adobe[1] + bare[2:]).colour is Colour.YCC
    assert read(photo[:20] + adobe[0] + photo[20:]).colour is Colour.YCC  # JFIF has the last word


def test_a_table_that_changes_between_scans_does_not_change_what_was_coded() -> None:
    photo = coded(picture(16, 16), Coding())
    other = segment(0xDB, b"\0" + bytes([9]) * 64)
    before, after = (table_of(read(one).components[0]) for one in (photo, photo[:-2] + other + photo[-2:]))
    assert np.array_equal(before, after)
    with_two_frames = photo[:-2] + photo[photo.index(b"\xff\xc0") : photo.index(b"\xff\xc0") + 19] + photo[-2:]
    with pytest.raises(UnsupportedError, match="more than one frame"):
        read(with_two_frames)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"\xff\xc0\x00\x11\x08\x00\x10\x00\x10", b"\xff\xc0\x00\x11\x08\x00\x10\x00\x00", "no width"),
        (b"\x03\x01\x22\x00", b"\x03\x01\x02\x00", "sampling factor"),
        (b"\x03\x01\x22\x00", b"\x03\x01\x25\x00", "sampling factor"),
        (b"\x00\x10\x03\x01\x22\x00", b"\x00\x10\x09\x01\x22\x00", "cut off"),
        (b"\xff\xdb\x00\x43\x00", b"\xff\xdb\x00\x43\x10", "quantisation table"),
        (b"\xff\xc0\x00\x11", b"\xff\xe9\x00\x11", "before the frame"),
    ],
)
def test_corrupt_headers_are_named(old: bytes, new: bytes, reason: str) -> None:
    photo = coded(picture(16, 16), Coding())
    assert old in photo
    with pytest.raises(PhotoError, match=reason):
        read(photo.replace(old, new))


def test_a_height_that_comes_later_is_refused() -> None:
    photo = coded(picture(16, 16), Coding())
    with pytest.raises(UnsupportedError, match="height"):
        frame.refuse_unpatchable(read(photo.replace(b"\x08\x00\x10\x00\x10", b"\x08\x00\x00\x00\x10")))


def test_a_flood_of_scans_is_refused() -> None:
    photo = coded(picture(16, 16), Coding(progressive=True))
    scan = survey(photo).segments[-1]
    flood = photo[:-2] + photo[scan.start : scan.scan_end] * 100 + photo[-2:]
    with pytest.raises(UnsupportedError, match="scans"):
        frame.refuse_unpatchable(read(flood))


@pytest.mark.parametrize("missing", [1, 4, 9])
def test_scans_in_whose_place_readers_guess_are_missed(missing: int) -> None:
    """Decoders smooth what they do not know, and would no longer once all coefficients are written."""
    photo = coded(picture(16, 16), Coding(progressive=True))
    scans = [one for one in survey(photo).segments if one.marker == SOS]
    assert len(scans) == 10
    frame.refuse_unpatchable(read(photo))
    with pytest.raises(UnsupportedError, match="without all of its scans"):
        frame.refuse_unpatchable(read(photo[: scans[missing].start] + photo[-2:]))


def test_scans_that_no_reader_guesses_are_not_missed() -> None:
    photo = coded(picture(16, 16), Coding(progressive=True))
    *_, last = survey(photo).segments
    assert photo[last.payload] == b"\1\1\0\1\x3f\x10"  # the last bits of luma
    for told, guessed in ((8, True), (9, False)):
        short = photo[: last.end - 2] + bytes([told]) + photo[last.end - 1 :]
        assert read(short).is_guessed is guessed
    assert not frame.read(photo, [one for one in survey(photo).segments if one.marker != SOS]).is_guessed


def test_fractions_of_a_pixel_are_refused() -> None:
    photo = coded(picture(16, 16), Coding())
    uneven = photo.replace(b"\x01\x22\x00\x02\x11\x01", b"\x01\x32\x00\x02\x21\x01")
    with pytest.raises(UnsupportedError, match="unusual"):
        frame.refuse_unpatchable(read(uneven))
