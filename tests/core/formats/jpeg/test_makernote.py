"""Previews that makers keep behind the picture are found there after it has changed its length."""

import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core.formats import jpeg
from gpend.core.formats.exif import makernote
from gpend.core.formats.exif.makernote import Behind
from gpend.core.formats.jpeg import embedded
from gpend.core.formats.jpeg.segments import survey
from tests.core.formats.jpeg.material import Coding, by_pillow, coded, picture
from tests.photos_jpeg import ASCII, LONG, SHORT, UNDEFINED, Directory, encoded, segment

HISTORY = "gpend: faces restored with gpen-256"
PLAIN = coded(picture(96, 128), Coding(quality=90))
HEAD = bytes(32)  # of Sony's previews
PREVIEW = b"\xff\xd8" + encoded(picture(40, 56))[20:]

Note = Callable[[int, int], bytes]
"""Given where the note stands in the block, and where the preview lies, counted from the block's start."""


def sony(_at: int, preview: int) -> bytes:
    """A preview whose place counts from the block's start."""
    directory = Directory("<")
    directory.add(0x0102, LONG, 2)
    directory.refer(0x2001, UNDEFINED, len(HEAD + PREVIEW), preview - len(HEAD))
    return b"SONY DSC \0\0\0" + directory.packed(0)


def canon(at: int, preview: int) -> bytes:
    """Its place is the sixth of a table of numbers."""
    directory = Directory("<")
    directory.add(0x0006, ASCII, "IMG:Model 7 JPEG")
    directory.add(0x00B6, LONG, [12, 2, len(PREVIEW), 56, 40, preview])
    return directory.packed(at)


def olympus(at: int, preview: int) -> bytes:
    """Settings in a directory of their own, and all counts from the note's start."""
    settings = Directory("<")
    settings.add(0x0000, UNDEFINED, b"0100")
    settings.add(0x0100, LONG, 1)
    settings.add(0x0101, LONG, preview - at)
    settings.add(0x0102, LONG, len(PREVIEW))
    first = Directory("<")
    first.add(0x2020, LONG, 12 + 18)
    return b"OLYMPUS\0II\x03\0" + first.packed(12) + settings.packed(12 + 18)


def old_olympus(at: int, preview: int) -> bytes:
    """The same without a head of its own kind: all counts from the block's start."""
    directory = Directory("<")
    directory.add(0x0088, LONG, preview)
    directory.add(0x0089, LONG, len(PREVIEW))
    return b"OLYMP\0\1\0" + directory.packed(at + 8)


def pentax(_at: int, preview: int) -> bytes:
    """All counts from the note's start, but the preview from the block's."""
    directory = Directory("<")
    directory.add(0x0003, LONG, len(PREVIEW))
    directory.add(0x0004, LONG, preview)
    return b"PENTAX \0II" + directory.packed(10)


def unknown(_at: int, preview: int) -> bytes:
    """Nothing that anybody can follow."""
    return b"A maker's secret\xff\xff" + struct.pack(">I", preview ^ 0x5A5A5A5A)


MAKERS: dict[str, tuple[str, Note]] = {
    "Sony": ("SONY", sony),
    "Canon": ("Canon", canon),
    "Olympus": ("OLYMPUS IMAGING CORP.", olympus),
    "Pentax": ("PENTAX", pentax),
    "old Olympus": ("OLYMPUS OPTICAL CO.,LTD", old_olympus),
}


def made(make: str, note: Note, *, padding: int = 0, listed: bool = False, plain: bytes = PLAIN) -> bytes:
    """A photo of this maker with its preview behind it, after some padding; with an MPF that lists it if `listed`."""

    def block(preview: int) -> bytes:
        main, details = Directory("<"), Directory("<")
        main.add(0x010F, ASCII, make)
        main.add(0x0112, SHORT, 1)
        main.add(0x8769, LONG, 100)
        at = 100 + 2 + 12 + 4
        details.refer(0x927C, UNDEFINED, len(note(at, preview)), at)
        return b"II*\0\x08\0\0\0" + main.packed(8).ljust(92, b"\0") + details.packed(100) + note(at, preview)

    def whole(preview: int, offset: int) -> bytes:
        index = segment(0xE2, _mpf(len(PREVIEW), offset)) if listed else b""
        return plain[:20] + segment(0xE1, b"Exif\0\0" + block(preview)) + index + plain[20:]

    length = len(whole(1000, 0))
    begin = length + padding + len(HEAD)
    index = whole(1000, 0).find(b"MPF\0") + 4
    return whole(begin - 30, begin - index) + bytes(padding) + HEAD + PREVIEW


def _mpf(size: int, offset: int) -> bytes:
    directory = Directory("<")
    directory.add(0xB000, UNDEFINED, b"0100")
    directory.add(0xB001, LONG, 2)
    entries = struct.pack("<IIIHH", 0x030000, 0, 0, 0, 0) + struct.pack("<IIIHH", 0x010001, size, offset, 0, 0)
    directory.add(0xB002, UNDEFINED, entries)
    return b"MPF\0II*\0\x08\0\0\0" + directory.packed(8)


def restored(photo: bytes, history: str = HISTORY) -> jpeg.Patched:
    """The photo with a noisy oval in it, so that its length changes."""
    pixels = by_pillow(photo)
    changed = np.zeros(pixels.shape[:2], np.bool_)
    changed[20:70, 30:100] = True
    noise = np.random.default_rng(3).integers(0, 90, pixels.shape, np.uint8)
    return jpeg.patch(
        photo, np.where(changed[..., None], pixels // 2 + noise, pixels).astype(np.uint8), changed, history
    )


def preview_of(photo: bytes, folder: Path) -> bytes:
    """The preview that exiftool finds."""
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed")
    path = folder / "photo.jpg"
    path.write_bytes(photo)
    command = ["exiftool", "-b", "-MakerNotes:PreviewImage", str(path)]
    found = subprocess.run(command, check=True, capture_output=True).stdout
    if found:
        return found
    command = ["exiftool", "-n", "-s3", "-PreviewImageStart", "-PreviewImageLength", str(path)]
    start, length = map(int, subprocess.run(command, check=True, capture_output=True).stdout.split())
    return photo[start : start + length]


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("padding", [0, 500])
@pytest.mark.parametrize("listed", [False, True])
@pytest.mark.parametrize("history", ["", HISTORY])
def test_a_judge_finds_the_preview_where_the_note_says(
    maker: str, padding: int, history: str, tmp_path: Path, *, listed: bool
) -> None:
    photo = made(*MAKERS[maker], padding=padding, listed=listed)
    assert preview_of(photo, tmp_path) == PREVIEW
    result = restored(photo, history)
    assert len(result.photo) != len(photo)
    assert result.notes == (embedded.STALE,)
    assert preview_of(result.photo, tmp_path) == PREVIEW
    assert result.photo.endswith(PREVIEW)


def test_behind_an_unknown_makers_note_the_length_is_kept() -> None:
    noisy = picture(96, 128).copy()
    noisy[20:70, 30:100] = np.random.default_rng(3).integers(0, 256, (50, 70, 3), np.uint8)
    photo = made("Nobody", unknown, plain=coded(noisy, Coding(quality=97)))
    pixels = by_pillow(photo)
    changed = np.zeros(pixels.shape[:2], np.bool_)
    changed[16:80, 16:112] = True
    result = jpeg.patch(photo, np.full_like(pixels, 90), changed, "")
    assert survey(result.photo).end == survey(photo).end
    assert len(result.photo) == len(photo)
    assert result.notes == ()
    assert (by_pillow(result.photo)[40:60, 40:90] - 90 < 9).all()


def test_where_the_length_cannot_be_kept_it_is_told() -> None:
    assert any("MakerNote" in note for note in restored(made("Nobody", unknown)).notes)


def test_where_canons_recipe_is_stays_true() -> None:
    def canon_developed(at: int, preview: int) -> bytes:
        directory = Directory("<")
        directory.add(0x0006, ASCII, "IMG:Model 7 JPEG")
        directory.add(0x00D0, LONG, preview)
        return directory.packed(at)

    recipe = b"CANON OPTIONAL DATA\0\0\1\0\0" + bytes(len(PREVIEW) - 24)
    photo = made("Canon", canon_developed, padding=40).replace(PREVIEW, recipe)
    result = restored(photo)
    assert len(result.photo) != len(photo)
    assert result.notes == ()
    for each in (photo, result.photo):
        at = each.index(struct.pack("<HHI", 0x00D0, LONG, 1)) + 8
        (place,) = struct.unpack_from("<I", each, at)
        assert each[each.index(b"II*\0") + place :].startswith(recipe)


def test_a_number_that_only_looks_like_a_place_stays() -> None:
    def serial(_at: int, preview: int) -> bytes:
        directory = Directory("<")
        directory.add(0x0102, LONG, preview + 7)
        return b"SONY DSC \0\0\0" + directory.packed(0)

    photo = made("SONY", serial, padding=20)
    note = photo[photo.index(b"SONY DSC") :][:30]
    assert note in restored(photo).photo


@given(st.binary(max_size=120), st.sampled_from([b"SONY DSC \0\0\0", b"OLYMPUS\0II\x03\0", b"Nikon\0\2\0\0\0", b""]))
def test_whatever_a_note_holds_it_is_followed_or_left(data: bytes, head: bytes) -> None:
    tiff = made("SONY", lambda _at, _preview: head + data + b"\0\0\0\0\0")
    tiff = tiff[tiff.index(b"II*\0") :][:300]
    found = makernote.pointers(tiff, Behind(0, 1 << 32, frozenset(range(64))))
    for pointer in found or ():
        assert 0 <= pointer.place <= len(tiff) - 4
    assert len(makernote.moved(tiff, found or (), 5)) == len(tiff)
