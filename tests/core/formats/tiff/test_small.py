"""Small pictures in a TIFF are kept true to it, or told of; a TIFF that holds others is kept as it is."""

import io
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gpend.core import codec
from gpend.core.formats.exif.block import Block
from gpend.core.formats.jpeg import embedded
from gpend.core.formats.tiff import container as tiff
from gpend.core.formats.tiff import ifd, small
from gpend.errors import UnsupportedError
from gpend.settings import PhotoSettings
from tests import photos
from tests.core import judges
from tests.photos import TiffForm
from tests.photos_jpeg import LONG, SHORT, Directory

Put = Callable[[bytes, str], bytes]

SMALL = photos.portrait(48, 60)
PLAIN = photos.tiff(photos.portrait(), TiffForm(deflate=True))


def jpeg(quality: int = 85) -> bytes:
    """Of the small picture."""
    return photos.saved(SMALL, "JPEG", quality=quality)


def directory(at: int, data: bytes, kind: str, sides: tuple[int, int] = (48, 60), *, reduced: bool = True) -> bytes:
    """One that stands at `at` and tells of a small picture's data, which follow."""

    def laid(place: int) -> bytes:
        result = Directory("<")
        if reduced:
            result.add(ifd.SUBFILE, LONG, 1)
        if kind == "thumbnail":
            result.add(ifd.COMPRESSION, SHORT, 6)
            result.add(ifd.JPEG, LONG, place)
            result.add(ifd.JPEG_LENGTH, LONG, len(data))
            return result.packed(at)
        for tag, value in zip((ifd.WIDTH, ifd.HEIGHT), sides, strict=True):
            result.add(tag, SHORT, value)
        result.add(ifd.BITS, SHORT, [8, 8, 8])
        result.add(ifd.COMPRESSION, SHORT, 7 if kind == "jpeg" else 1)
        result.add(ifd.PHOTOMETRIC, SHORT, 6 if kind == "jpeg" else 2)
        result.add(ifd.STRIP_OFFSETS, LONG, place)
        result.add(ifd.CHANNELS, SHORT, 3)
        result.add(ifd.STRIP_ROWS, SHORT, sides[1])
        result.add(ifd.STRIP_LENGTHS, LONG, len(data))
        return result.packed(at)

    return laid(at + len(laid(0))) + data


def as_page(data: bytes, kind: str, sides: tuple[int, int] = (48, 60), *, reduced: bool = True) -> bytes:
    """The photo with a second page."""
    block = Block(PLAIN)
    at = block.append(b"")
    block.data += directory(at, data, kind, sides, reduced=reduced)
    block.aim(block.first().end - 4, at)
    return bytes(block.data)


def as_sub_directory(data: bytes, kind: str, count: int = 1) -> bytes:
    """The photo with a directory that its own leads to, in place of its private tag."""
    block = Block(PLAIN)
    field, at = block.first().place(65000), block.append(b"")
    block.data += directory(at, data, kind)
    struct.pack_into("<HHII", block.data, field - 8, ifd.SUB_DIRECTORIES, ifd.DIRECTORY, count, at)
    return bytes(block.data)


def restored(photo: bytes) -> codec.Encoded:
    """The photo with a much brighter middle."""
    header = codec.identify(photo, PhotoSettings())
    pixels = codec.decode(photo, header).pixels
    return codec.encode(photo, header, judges.brightened(pixels, 60), judges.blob(pixels), "restored")


def shown(photo: bytes) -> bytes:
    """The JPEG of the one small picture beside Photoshop's."""
    block = Block(photo)
    return small.held(block, block.first())[1]


def change(before: bytes, after: bytes) -> float:
    """By how many levels the middle of a small picture is brighter; its edge stays."""
    old, new = (np.asarray(Image.open(io.BytesIO(one)).convert("RGB")).astype(int) for one in (before, after))
    assert np.abs(new[:4] - old[:4]).max() <= 4
    return float((new - old)[judges.blob(SMALL)].mean())


@pytest.mark.parametrize("quality", [40, 97])
@pytest.mark.parametrize("kind", ["thumbnail", "jpeg"])
@pytest.mark.parametrize("put", [as_page, as_sub_directory])
def test_a_small_picture_is_kept_true_to_the_photo(put: Put, kind: str, quality: int) -> None:
    photo = put(jpeg(quality), kind)
    encoded = restored(photo)
    assert encoded.notes == ()
    assert shown(photo) == jpeg(quality)
    assert change(jpeg(quality), shown(encoded.photo)) > 30
    assert np.array_equal(judges.by_pillow(encoded.photo), judges.by_opencv(encoded.photo))
    touched = photo.replace(b"a scanner", b"A scanner")
    assert shown(tiff.carried_over(touched, encoded.photo, "")) == shown(encoded.photo)


def test_exiftool_finds_the_new_small_picture(tmp_path: Path) -> None:
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed")
    path = tmp_path / "photo.tif"
    path.write_bytes(restored(as_page(jpeg(), "thumbnail", reduced=False)).photo)
    command = ["exiftool", "-b", "-ThumbnailImage", str(path)]
    found = subprocess.run(command, check=True, capture_output=True).stdout
    assert found == shown(path.read_bytes())
    assert change(jpeg(), found) > 30


@pytest.mark.parametrize("put", [as_page, as_sub_directory])
def test_one_that_is_no_jpeg_stays_and_is_told_of(put: Put) -> None:
    photo = put(SMALL.tobytes(), "raw")
    encoded = restored(photo)
    assert encoded.notes == (embedded.STALE,)
    assert SMALL.tobytes() in encoded.photo
    assert tiff.header(tiff.carried_over(photo, encoded.photo, "")) == tiff.header(photo)


def test_a_jpeg_that_is_none_stays_and_is_told_of() -> None:
    photo = as_page(b"no JPEG at all", "thumbnail")
    encoded = restored(photo)
    assert encoded.notes == (embedded.STALE,)
    assert shown(encoded.photo) == b"no JPEG at all"


@pytest.mark.parametrize(
    "photo",
    [as_page(SMALL.tobytes(), "raw", reduced=False), as_page(bytes(3 * 400 * 500), "raw", (400, 500))],
)
def test_a_further_picture_that_is_no_smaller_version_or_not_small_is_one_of_its_own(photo: bytes) -> None:
    with pytest.raises(UnsupportedError, match="several pages"):
        tiff.header(photo)


def test_more_directories_than_are_followed_are_left_alone() -> None:
    with pytest.raises(UnsupportedError, match="further pictures"):
        tiff.header(as_sub_directory(jpeg(), "thumbnail", count=17))


def test_a_further_directory_that_cannot_be_followed_is_left_alone() -> None:
    block = Block(as_sub_directory(jpeg(), "thumbnail"))
    block.aim(block.first().place(ifd.SUB_DIRECTORIES), block.size + 9)
    with pytest.raises(UnsupportedError, match="further pictures"):
        tiff.header(bytes(block.data))
