"""EXIF in containers other than JPEG."""

import numpy as np
import pytest

from gpend.core import codec
from gpend.core.formats import exif, tags
from gpend.core.formats.jpeg.embedded import STALE
from gpend.settings import PhotoSettings
from tests import photos, photos_jpeg
from tests.core import judges

PICTURE = photos.portrait()


def change(levels: int = 0) -> tags.Change:
    """A brighter middle."""
    return tags.Change(lambda: PICTURE, judges.brightened(PICTURE, levels), judges.blob(PICTURE))


def test_the_orientation_is_read_with_and_without_the_prefix_of_jpeg() -> None:
    assert tags.orientation(photos.exif(6)) == 6
    assert tags.orientation(b"Exif\0\0" + photos.exif(8)) == 8
    assert tags.orientation(b"") == 1
    assert tags.orientation(b"rubbish") == 1


def test_a_history_is_appended_and_the_prefix_stays() -> None:
    block = b"Exif\0\0" + photos.exif()
    new, notes = tags.recorded(block, "restored", change())
    assert new[:10] == block[:10]
    assert new[14 : len(block)] == block[14:]
    assert b"restored" in new[len(block) :]
    assert notes == ()


def test_without_exif_a_new_block_is_made() -> None:
    new, notes = tags.recorded(b"", "restored", change())
    assert b"restored" in new
    assert tags.orientation(new) == 1
    assert notes == ()


def test_without_history_nothing_is_written() -> None:
    assert tags.recorded(photos.exif(), "", change()) == (b"", ())
    assert tags.recorded(b"", "", change()) == (b"", ())


def test_what_cannot_be_read_is_left_as_it_is_and_told() -> None:
    assert tags.recorded(b"rubbish", "restored", change()) == (b"", tags.UNREADABLE)
    assert tags.recorded(b"rubbish", "", change()) == (b"", ())


def test_a_thumbnail_in_which_the_change_is_seen_is_refreshed_even_without_a_history() -> None:
    block = photos.exif()
    new, notes = tags.recorded(block, "", change(40))
    assert notes == ()
    old_small, new_small = (decoded(exif.thumbnail(each)) for each in (block, new))
    assert 25 < (new_small.astype(int) - old_small)[judges.blob(old_small)].mean() < 45


def test_a_thumbnail_that_is_no_jpeg_stays_and_is_told_of() -> None:
    block = photos_jpeg.exif_with_raw_thumbnail()
    new, notes = tags.recorded(block, "restored", change(40))
    assert new[8 : len(block)] == block[8:]
    assert notes == tags.STALE


def decoded(small: bytes) -> photos.Picture:
    """A thumbnail's pixels."""
    return np.asarray(judges.by_pillow(small))


def test_a_picture_is_decoded_only_where_there_is_a_thumbnail() -> None:
    def never() -> photos.Picture:
        raise AssertionError("nobody needs it")

    unread = tags.Change(never, PICTURE, judges.blob(PICTURE))
    new, _ = tags.recorded(photos.exif_without_orientation(), "restored", unread)
    assert b"restored" in new


def test_a_small_picture_in_xmp_that_shows_something_else_now_is_told() -> None:
    packet = b'<r xmpGImg:width="96" xmpGImg:height="72"/>'
    assert change(90).outdated(packet) == (STALE,)
    assert change(1).outdated(packet) == ()
    assert change(90).outdated(b"<r/>") == ()


SMALL = photos.XMP.replace(b"</rdf:RDF>", b"<!-- xmpGImg:width='96' xmpGImg:height='72' --></rdf:RDF>")
FORMS = {
    "PNG": lambda: photos.png(PICTURE, around=([photos.chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + SMALL)], ())),
    "WebP": lambda: photos.saved(PICTURE, "WEBP", xmp=SMALL),
    "TIFF": lambda: photos.saved(PICTURE, "TIFF", tiffinfo={700: SMALL}),
    "AVIF": lambda: photos.saved(PICTURE, "AVIF", xmp=SMALL),
    "HEIF": lambda: photos.heif(PICTURE, xmp=SMALL),
}


@pytest.mark.parametrize("form", FORMS)
def test_it_is_told_in_every_format(form: str) -> None:
    if form == "HEIF":
        pytest.importorskip("pillow_heif", reason="gpend[heif] is not installed")
    photo = FORMS[form]()
    assert b"xmpGImg:width" in photo
    header = codec.identify(photo, PhotoSettings())
    pixels = codec.decode(photo, header).pixels
    encoded = codec.encode(photo, header, judges.brightened(pixels, 90), judges.blob(pixels), "")
    assert encoded.notes.count(STALE) == 1
