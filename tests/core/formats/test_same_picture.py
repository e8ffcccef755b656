"""A photo whose metadata were edited: known by its picture, and given the finished picture without decoding."""

import hashlib
import io

import numpy as np
import piexif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gpend.core.formats import exif, history
from gpend.core.formats.jpeg.container import decode, encode, header
from gpend.core.formats.jpeg.parsed import parse
from gpend.core.formats.jpeg.splice import exif_segments, tiff_of
from gpend.core.formats.same_picture import carried_over, digest
from tests.photos import jpeg, png

PIXELS = np.random.default_rng(3).integers(0, 255, (64, 96, 3), np.uint8)
PHOTO = jpeg(PIXELS, quality=90, exif=piexif.dump({"0th": {piexif.ImageIFD.Make: b"Camera"}, "1st": {}}))


def restored_from(photo: bytes, *, tags: bool = True) -> bytes:
    """As gpend restores it: some of its pixels changed, its past told."""
    read = header(photo)
    pixels = decode(photo, read).pixels.copy()
    changed = np.zeros(pixels.shape[:2], np.bool_)
    pixels[8:24, 16:48], changed[8:24, 16:48] = 255 - pixels[8:24, 16:48], True
    told = f"gpend: faces restored with fake 1 from SHA-256 {hashlib.sha256(photo).hexdigest()}" if tags else ""
    return encode(photo, read, pixels, changed, told).photo


def edited(photo: bytes, rating: int = 5) -> bytes:
    """As a gallery rates it."""
    out = io.BytesIO()
    tags = piexif.load(photo)
    tags["0th"][piexif.ImageIFD.Rating] = rating
    piexif.insert(piexif.dump(tags), photo, out)
    return out.getvalue()


def tiff(photo: bytes) -> bytes:
    (segment,) = exif_segments(photo, parse(photo).layout.segments)
    return tiff_of(photo, segment)


def test_edited_metadata_leave_the_digest_as_it_was_and_another_picture_does_not() -> None:
    assert digest(edited(PHOTO)) == digest(PHOTO) != ""
    assert digest(restored_from(PHOTO)) != digest(PHOTO)


def turned(photo: bytes) -> bytes:
    out, tags = io.BytesIO(), piexif.load(photo)
    tags["0th"][piexif.ImageIFD.Orientation] = 6
    piexif.insert(piexif.dump(tags), photo, out)
    return out.getvalue()


def inks() -> bytes:
    out = io.BytesIO()
    Image.new("CMYK", (32, 32)).save(out, "JPEG")
    return out.getvalue()


def test_a_photo_that_is_turned_is_another_picture_in_which_faces_may_be_found() -> None:
    assert digest(turned(PHOTO)) not in {digest(PHOTO), ""}


def test_nothing_is_said_of_inks() -> None:
    assert digest(inks()) == ""
    assert carried_over(inks(), restored_from(PHOTO)) is carried_over(PHOTO, inks()) is None


def test_where_the_picture_cannot_be_told_from_the_rest_nothing_is_said() -> None:
    assert digest(png(PIXELS)) == digest(b"") == digest(PHOTO[:200]) == ""
    assert carried_over(png(PIXELS), restored_from(PHOTO)) is None
    assert carried_over(PHOTO, b"") is None


def test_the_finished_picture_is_put_into_the_edited_file_bit_for_bit_with_its_new_metadata() -> None:
    restored, new = restored_from(PHOTO), edited(PHOTO)
    result = carried_over(new, restored)
    assert result is not None
    assert parse(result).coding == parse(restored).coding
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(result))), np.asarray(Image.open(io.BytesIO(restored))))
    tags = piexif.load(result)["0th"]
    assert (tags[piexif.ImageIFD.Rating], tags[piexif.ImageIFD.Make]) == (5, b"Camera")


def test_it_says_what_it_was_made_from_now() -> None:
    new = edited(PHOTO)
    result = carried_over(new, restored_from(PHOTO))
    assert result is not None
    assert history.names_gpend(result)
    assert history.origins(result) == {hashlib.sha256(new).hexdigest()}


def test_what_was_restored_without_tags_gets_none_now() -> None:
    result = carried_over(edited(PHOTO), restored_from(PHOTO, tags=False))
    assert result is not None
    assert not history.names_gpend(result)


def test_the_thumbnail_of_the_restored_photo_goes_along() -> None:
    small = io.BytesIO()
    Image.fromarray(PIXELS).resize((48, 32)).save(small, "JPEG")
    photo = io.BytesIO()
    block = piexif.dump({"0th": {}, "1st": {piexif.ImageIFD.Compression: 6}, "thumbnail": small.getvalue()})
    piexif.insert(block, jpeg(PIXELS), photo)
    restored = restored_from(photo.getvalue())
    result = carried_over(edited(photo.getvalue()), restored)
    assert result is not None
    assert exif.thumbnail(tiff(result)) == exif.thumbnail(tiff(restored)) != exif.thumbnail(tiff(photo.getvalue()))


@given(data=st.data())
def test_damaged_files_are_never_carried_over_wrongly(data: st.DataObject) -> None:
    restored = bytearray(restored_from(PHOTO))
    for _ in range(data.draw(st.integers(1, 8))):
        restored[data.draw(st.integers(2, len(restored) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(PHOTO)))
    digest(bytes(restored))
    assert carried_over(PHOTO[:end], bytes(restored)) is None or end == len(PHOTO)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_grey_and_colour_keep_their_kind(mode: str) -> None:
    photo = io.BytesIO()
    Image.fromarray(PIXELS).convert(mode).save(photo, "JPEG", progressive=True)
    result = carried_over(photo.getvalue() + b"trailer", restored_from(photo.getvalue()))
    assert result is not None
    assert Image.open(io.BytesIO(result)).mode == mode
    assert result.endswith(b"trailer")
