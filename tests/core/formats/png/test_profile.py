"""EXIF that stands in a PNG's text is read like any other, and changed where it stands."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gpend.core import codec
from gpend.core.formats import exif
from gpend.core.formats.described import described, remarks
from gpend.core.formats.history import names_gpend
from gpend.core.formats.png import chunks, profile
from gpend.settings import PhotoSettings
from tests import photos
from tests.core import judges
from tests.photos_png import profile_text, text_chunk, with_profile

KINDS = ("tEXt", "zTXt", "iTXt", "iTXt+")
PREFIXED = b"Exif\0\0" + photos.exif(6)
kinds = pytest.mark.parametrize("kind", KINDS)


def restored(photo: bytes, history: str = "gpend: restored") -> codec.Encoded:
    """The photo with a brighter middle."""
    header = codec.identify(photo, PhotoSettings())
    pixels = codec.decode(photo, header).pixels
    return codec.encode(photo, header, judges.brightened(pixels), judges.blob(pixels), history)


def kinds_of(photo: bytes) -> list[bytes]:
    """Its chunks, in order."""
    return [each.kind for each in chunks.walk(photo)]


@kinds
@pytest.mark.parametrize("keyword", [b"Raw profile type exif", b"Raw profile type APP1"])
def test_its_orientation_is_the_photos(kind: str, keyword: bytes) -> None:
    photo = with_profile(photos.portrait(), PREFIXED, kind, keyword)
    assert codec.identify(photo, PhotoSettings()).orientation == 6


@kinds
def test_a_block_without_prefix_is_one_too(kind: str) -> None:
    photo = with_profile(photos.portrait(), photos.exif(8), kind)
    assert codec.identify(photo, PhotoSettings()).orientation == 8


@kinds
def test_the_history_goes_into_the_block_that_exists(kind: str, tmp_path: Path) -> None:
    photo = with_profile(photos.portrait(), PREFIXED, kind)
    before, after = judges.told(photo, tmp_path), judges.told(restored(photo).photo, tmp_path)
    assert kinds_of(restored(photo).photo) == [b"IHDR", kind[:4].encode(), b"IDAT", b"IEND"]
    assert after["IFD0:ImageHistory"] == ["gpend: restored"]
    kept = {tag for tag in before if tag.startswith(("IFD0", "ExifIFD", "GPS", "Canon"))}
    assert len(kept) > 10
    assert {tag: after.get(tag) for tag in kept} == {tag: before[tag] for tag in kept}


def test_pillow_finds_everything_that_it_found_before() -> None:
    photo = with_profile(photos.portrait(), PREFIXED)
    found = []
    for each in (photo, restored(photo).photo):
        with Image.open(io.BytesIO(each)) as image:
            exif = image.getexif()
            found.append((exif[0x0112], exif.get_ifd(0x8769), exif.get_ifd(0x8825)))
    assert found[0] == found[1]
    assert found[0][2]


def test_where_exif_stands_twice_both_are_told() -> None:
    text = text_chunk("zTXt", b"Raw profile type exif", profile_text(b"Exif\0\0" + photos.exif(8)))
    photo = photos.png(photos.portrait(), around=([text], [photos.chunk(b"eXIf", photos.exif(6))]))
    assert codec.identify(photo, PhotoSettings()).orientation == 6
    new = restored(photo).photo
    assert kinds_of(new) == [b"IHDR", b"zTXt", b"IDAT", b"eXIf", b"IEND"]
    blocks = profile.held(new, chunks.walk(new)).values()
    assert [b"gpend: restored" in each.block for each in blocks] == [True, True]


def test_a_photo_without_exif_gets_it_before_its_picture() -> None:
    assert kinds_of(restored(photos.png(photos.portrait())).photo)[:3] == [b"IHDR", b"eXIf", b"IDAT"]


@pytest.mark.parametrize(
    "data",
    [
        b"Raw profile type exif\0\0not packed",
        b"Raw profile type exif\0\1",
        b"Raw profile type exif",
        b"Another keyword\0\0",
        b"",
    ],
)
def test_what_makes_no_sense_is_carried_along(data: bytes) -> None:
    odd = photos.chunk(b"zTXt", data)
    photo = photos.png(photos.portrait(), around=([odd], ()))
    assert profile.held(photo, chunks.walk(photo)) == {}


@pytest.mark.parametrize("text", [b"", b"\nexif\n", b"\nexif\n   4\nxyz\n", b"\nxmp\n 4\n" + b"3c3f78" * 9, b"\n\n\n"])
def test_text_that_is_no_exif_is_left_alone(text: bytes) -> None:
    photo = photos.png(photos.portrait(), around=([text_chunk("tEXt", b"Raw profile type APP1", text)], ()))
    assert profile.held(photo, chunks.walk(photo)) == {}
    assert kinds_of(restored(photo).photo) == [b"IHDR", b"tEXt", b"eXIf", b"IDAT", b"IEND"]


@given(st.binary(max_size=300), st.sampled_from(KINDS), st.integers(1, 40))
def test_another_block_reads_back_as_it_was_written(data: bytes, kind: str, pairs: int) -> None:
    block = b"II*\0" + data
    text = text_chunk(kind, b"Raw profile type exif", profile_text(block, "generic", 2 * pairs))
    photo = photos.png(photos.synthetic(), around=([text], ()))
    walked = chunks.walk(photo)
    ((place, found),) = profile.held(photo, walked).items()
    assert found.block == block
    after = chunks.spliced(photo, walked, {}, {place: found.holding(b"MM\0*" + data)})
    ((_, again),) = profile.held(after, chunks.walk(after)).items()
    assert (again.block, again.name, again.head) == (b"MM\0*" + data, found.name, found.head)


@pytest.mark.parametrize("missing", [1, 12])
def test_what_a_photo_without_its_end_says_of_itself_is_read(missing: int) -> None:
    """As its picture is; packed words cannot be found by looking at the bytes alone."""
    told = exif.with_history(photos.exif(1), "gpend: faces restored with a network")
    photo = with_profile(photos.portrait(), told)[:-missing]
    assert names_gpend(photo)
    assert described(photo) == described(with_profile(photos.portrait(), told))
    assert described(photo).camera
    assert b"gpend: faces restored" in remarks(photo)
