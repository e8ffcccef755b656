"""A photo whose metadata were edited: known by its picture, and given the finished picture without decoding."""

import hashlib
import io
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import piexif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from gpend.core import codec
from gpend.core.formats import exif, history
from gpend.core.formats.jpeg.container import decode, encode, header
from gpend.core.formats.jpeg.parsed import EOI_BYTES, parse
from gpend.core.formats.jpeg.splice import exif_segments, tiff_of
from gpend.core.same_picture import carried_over, digest
from gpend.settings import PhotoSettings
from tests.core.formats.jpeg import exiftool
from tests.photos import RESTORABLE, Picture, heif, jpeg, png, portrait
from tests.photos_jpeg import SHORT, Directory
from tests.waiting import PATIENCE

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
    assert digest(png(PIXELS)[:200]) == digest(b"") == digest(PHOTO[:200]) == ""
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
    assert carried_over(PHOTO[:end], bytes(restored)) is None or end >= len(PHOTO) - len(EOI_BYTES)


@pytest.mark.parametrize("missing", [3, 4, 60, 600, 5500])
def test_what_lacks_more_than_the_mark_of_its_end_is_not_known_by_its_picture(missing: int) -> None:
    assert digest(PHOTO[:-missing]) == ""
    assert carried_over(PHOTO[:-missing], restored_from(PHOTO)) is None


@pytest.mark.parametrize("missing", [1, 2])
def test_what_lacks_nothing_but_that_is_the_same_picture(missing: int) -> None:
    assert digest(PHOTO[:-missing]) == digest(PHOTO)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_grey_and_colour_keep_their_kind(mode: str) -> None:
    photo = io.BytesIO()
    Image.fromarray(PIXELS).convert(mode).save(photo, "JPEG", progressive=True)
    result = carried_over(photo.getvalue() + b"trailer", restored_from(photo.getvalue()))
    assert result is not None
    assert Image.open(io.BytesIO(result)).mode == mode
    assert result.endswith(b"trailer")


def restored_anew(photo: bytes) -> bytes:
    """As gpend restores a photo of any format: a bright patch in it, its past told."""
    read = codec.identify(photo, PhotoSettings())
    pixels = codec.decode(photo, read).pixels.copy()
    changed = np.zeros(pixels.shape[:2], np.bool_)
    changed[8:24, 16:48] = True
    pixels[changed] = np.iinfo(pixels.dtype).max
    told = f"gpend: faces restored with fake 1 from SHA-256 {hashlib.sha256(photo).hexdigest()}"
    return codec.encode(photo, read, pixels, changed, told).photo


def seen_in(photo: bytes) -> NDArray[np.uint8] | NDArray[np.uint16]:
    return codec.decode(photo, codec.identify(photo, PhotoSettings())).pixels


def described(photo: bytes, folder: Path, *tags: str) -> bytes:
    """A photo of any format after a person has edited its metadata."""
    path = folder / "edited"
    path.write_bytes(photo)
    command = ["exiftool", "-overwrite_original", "-q", *(tags or ("-Rating=5", "-ImageDescription=a lake")), str(path)]
    subprocess.run(command, check=True, timeout=PATIENCE)
    return path.read_bytes()


FORMATS: dict[str, Callable[[Picture], bytes]] = {**RESTORABLE, "heic": heif}


@exiftool.needed
@pytest.mark.parametrize("kind", FORMATS)
def test_in_every_format_the_finished_picture_comes_out_with_the_new_metadata(kind: str, tmp_path: Path) -> None:
    if kind == "heic":
        pytest.importorskip("pillow_heif")
    photo = FORMATS[kind](portrait())
    restored, new = restored_anew(photo), described(photo, tmp_path)
    assert new != photo
    assert digest(new) == digest(photo) != ""
    result = carried_over(new, restored)
    assert result is not None
    assert np.array_equal(seen_in(result), seen_in(restored))
    tags = exiftool.tags(result)
    assert any(name.endswith(":Rating") and value == 5 for name, value in tags.items())
    assert any(name.endswith(("ImageDescription", ":Description")) for name in tags)
    assert not exiftool.warnings(result) - exiftool.warnings(new) - exiftool.warnings(restored)
    if history.names_gpend(restored):
        assert history.origins(result) == {hashlib.sha256(new).hexdigest()}


def test_a_heic_that_lies_on_its_side_needs_no_thumbnail_for_that() -> None:
    """As iPhones write them: their EXIF tells the orientation, and holds no thumbnail."""
    pytest.importorskip("pillow_heif")
    first = Directory("<")
    first.add(0x0112, SHORT, 6)
    photo = heif(portrait(), exif=b"Exif\0\0II*\0\x08\0\0\0" + first.packed(8), xmp=b"")
    restored = restored_anew(photo)
    result = carried_over(photo, restored)
    assert result is not None
    assert np.array_equal(seen_in(result), seen_in(restored))
    assert exif.orientation(tiff(result)) == 1


@exiftool.needed
@pytest.mark.parametrize("kind", ["png", "webp-lossless", "tiff"])
def test_in_every_format_a_photo_that_is_turned_is_another_picture(kind: str, tmp_path: Path) -> None:
    photo = FORMATS[kind](portrait())
    assert digest(described(photo, tmp_path, "-Orientation#=8")) != digest(photo)


@pytest.mark.parametrize("kind", FORMATS)
def test_in_every_format_another_picture_is_told_from_this_one(kind: str) -> None:
    if kind == "heic":
        pytest.importorskip("pillow_heif")
    one, other = FORMATS[kind](portrait()), FORMATS[kind](portrait()[::-1])
    assert digest(one) != digest(other)
    assert digest(restored_anew(one)) != digest(one)


def test_a_palette_that_had_to_be_widened_stays_so(tmp_path: Path) -> None:
    photo = FORMATS["png-palette"](portrait() // 4)
    restored = restored_anew(photo)
    new = described(photo, tmp_path) if shutil.which("exiftool") else photo
    result = carried_over(new, restored)
    assert result is not None
    assert np.array_equal(seen_in(result), seen_in(restored))


def test_nothing_is_put_into_a_file_of_another_format_or_form() -> None:
    pixels = portrait()
    made = {kind: restored_anew(FORMATS[kind](pixels)) for kind in ("png", "webp-lossless", "tiff", "avif")}
    for kind in made:
        for other, finished in made.items():
            assert kind == other or carried_over(FORMATS[kind](pixels), finished) is None
    assert carried_over(FORMATS["tiff-tiles"](pixels), made["tiff"]) is None
