"""What gpend made is known again in every form, and nothing else is."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core import codec
from gpend.core.formats import exif
from gpend.core.formats.exif.block import Block
from gpend.core.formats.history import names_gpend
from gpend.core.formats.jpeg import read_header
from gpend.settings import PhotoSettings
from tests import photos
from tests.core import judges
from tests.core.formats.jpeg.material import Coding, coded, picture
from tests.photos_jpeg import Directory, Maker, phone_photo, segment

HISTORY = "gpend: faces restored with gpen-256"
PLAIN = coded(picture(120, 160), Coding())
EXIF = read_header(phone_photo(Maker.CANON, picture(120, 160)).photo).exif


def with_segments(*segments: bytes) -> bytes:
    """The plain picture with further segments."""
    return PLAIN[:20] + b"".join(segments) + PLAIN[20:]


def with_exif(*blocks: bytes) -> bytes:
    """The plain picture with EXIF."""
    return with_segments(*(segment(0xE1, b"Exif\0\0" + block) for block in blocks))


def _of_another_program() -> bytes:
    directory = Directory("<")
    directory.add(0x000B, 2, "another program 3")
    return b"II*\0\x08\0\0\0" + directory.packed(8)


def _history_of_another_type() -> bytes:
    directory = Directory("<")
    directory.add(0x000B, 7, b"bytes")
    directory.add(0x9213, 7, b"bytes")
    return b"II*\0\x08\0\0\0" + directory.packed(8)


def _bad_thumbnail() -> bytes:
    block = bytearray(EXIF)
    place = block.index(struct.pack("<HHI", 0x0201, 4, 1)) + 8
    block[place : place + 4] = b"\xff\xff\xff\x00"
    return bytes(block)


def _next_directory(offset: int) -> bytes:
    block = bytearray(EXIF)
    place = 10 + 12 * struct.unpack_from("<H", block, 8)[0]
    struct.pack_into("<I", block, place, offset)
    return bytes(block)


FORMS = {
    "no EXIF": PLAIN,
    "EXIF": with_exif(EXIF),
    "two EXIF segments": with_exif(EXIF, EXIF),
    "full EXIF": with_exif(EXIF.ljust(65_500, b"x")),
    "more than 64 KB of EXIF": with_exif(EXIF.ljust(65_500, b"x"), *[b"more".ljust(65_500, b"y")] * 5),
    "bad thumbnail": with_exif(_bad_thumbnail()),
    "garbage for a next directory": with_exif(_next_directory(0x7FFFFFFF)),
    "next directory just behind the end": with_exif(_next_directory(len(EXIF) + 20)),
    "EXIF cut off": with_exif(EXIF[:60]),
    "malformed EXIF": with_exif(b"no TIFF at all"),
    "another program's name": with_exif(_of_another_program()),
    "a history that is no text": with_exif(_history_of_another_type()),
    "EXIF behind much else": with_segments(*[segment(0xE5, bytes(60_000))] * 9, segment(0xE1, b"Exif\0\0" + EXIF)),
    "comments": with_segments(segment(0xFE, b"one"), segment(0xFE, b"two")),
}


def restored(photo: bytes, history: str = HISTORY, levels: int = 30) -> bytes:
    """The photo after its way through the codec."""
    header = codec.identify(photo, PhotoSettings())
    pixels = codec.decode(photo, header).pixels
    return codec.encode(photo, header, judges.brightened(pixels, levels), judges.blob(pixels), history).photo


@pytest.mark.parametrize("name", FORMS)
def test_a_restored_jpeg_is_known_again_in_every_form(name: str) -> None:
    photo = FORMS[name]
    assert not names_gpend(photo)
    assert names_gpend(restored(photo))


@pytest.mark.parametrize("name", FORMS)
def test_without_a_history_nothing_is_told(name: str) -> None:
    assert not names_gpend(restored(FORMS[name], ""))


@pytest.mark.parametrize("name", ["full EXIF", "malformed EXIF", "two EXIF segments"])
def test_the_comment_is_told_once_and_the_exif_stays(name: str) -> None:
    once = restored(FORMS[name])
    assert restored(once).count(HISTORY.encode()) == once.count(HISTORY.encode()) == 1
    assert read_header(once).exif == read_header(FORMS[name]).exif


@pytest.mark.parametrize("name", FORMS)
def test_a_judge_finds_all_that_was_there(name: str, tmp_path: Path) -> None:
    before, after = judges.told(FORMS[name], tmp_path), judges.told(restored(FORMS[name]), tmp_path)
    for tag in ("IFD0:ProcessingSoftware", "IFD0:ImageHistory", "File:Comment"):
        told = after.pop(tag, [])
        assert [one for one in told if "gpend" not in one] == before.pop(tag, [])
    new = {tag: told for tag, told in after.items() if tag not in before}
    assert set(new) <= {"File:ExifByteOrder"}
    assert {tag: told for tag, told in after.items() if "Thumbnail" not in tag and tag not in new} == {
        tag: told for tag, told in before.items() if "Thumbnail" not in tag
    }


@pytest.mark.parametrize("name", [name for name in photos.RESTORABLE if not name.startswith(("jpeg", "avif"))])
def test_other_formats_are_known_again_too(name: str) -> None:
    photo = photos.RESTORABLE[name](photos.portrait())
    assert not names_gpend(photo)
    assert names_gpend(restored(photo, levels=160 if name == "png-grey-1" else 30))


BAD_PNG = photos.png(picture(120, 160), around=([photos.chunk(b"eXIf", b"no TIFF at all")], []))
FULL_PNG = photos.png(
    picture(120, 160), around=([photos.chunk(b"eXIf", b"rubbish"), photos.chunk(b"tEXt", b"Comment\0mine")], [])
)
BAD_WEBP = photos.saved(picture(120, 160), "WEBP", lossless=True, exif=b"Exif\0\0no TIFF at all")


@pytest.mark.parametrize("photo", [BAD_PNG, FULL_PNG, BAD_WEBP], ids=["PNG", "PNG with a comment", "WebP"])
def test_a_comment_stands_beside_an_exif_that_cannot_be_written(photo: bytes, tmp_path: Path) -> None:
    after = restored(photo)
    assert names_gpend(after)
    assert not names_gpend(restored(photo, ""))
    judges.require_accepted(after)
    kept, told = judges.told(photo, tmp_path), judges.told(after, tmp_path)
    assert HISTORY in str(told)
    assert {tag: value for tag, value in told.items() if "gpend" not in str(value)}.items() >= {
        tag: value for tag, value in kept.items() if tag not in {"PNG:Comment", "RIFF:WebP_Flags", "RIFF:WebPFlags"}
    }.items()


def _avif_with_bad_exif() -> bytes:
    photo = photos.avif(picture(120, 160), metadata=True)
    return photo.replace(b"II*\0", b"XX\0*").replace(b"MM\0*", b"XX\0*")


@pytest.mark.parametrize("photo", [photos.avif(picture(120, 160)), _avif_with_bad_exif()], ids=["no EXIF", "bad EXIF"])
@pytest.mark.parametrize("behind", [b"", b"a trailer of vivo" * 20_000], ids=["nothing", "a long trailer"])
def test_a_box_stands_beside_the_exif_of_an_avif_that_cannot_be_written(photo: bytes, behind: bytes) -> None:
    photo += behind
    after = restored(photo)
    assert names_gpend(after)
    assert after.endswith(behind)
    assert not names_gpend(restored(photo, ""))
    if b"XX\0*" not in photo:  # other readers refuse that one, before and after
        judges.require_accepted(after)


def _with_long_makernote(photo: bytes) -> bytes:
    """A TIFF whose MakerNote is said to reach a little beyond its end."""
    block = Block(photo)
    details = block.directory(block.number(block.first(), 0x8769))
    maker = details.find(0x927C)
    assert maker is not None
    place, count = details.place(0x927C) - 4, len(photo) - block.place(details, maker) + 40
    return photo[:place] + struct.pack("<I", count) + photo[place + 4 :]


def test_words_stand_behind_a_tiff_that_cannot_be_appended_to_and_no_value_reads_them(tmp_path: Path) -> None:
    photo = _with_long_makernote(photos.tiff(picture(120, 160)))
    after = restored(photo)
    assert names_gpend(after)
    assert not names_gpend(restored(photo, ""))
    assert photo[-1000:-8] in after
    assert b"gpend" not in str(judges.told(after, tmp_path)).encode()
    judges.require_accepted(after)


@given(st.data())
def test_whatever_a_file_holds_the_question_has_an_answer(data: st.DataObject) -> None:
    photo = data.draw(st.sampled_from([FORMS["EXIF"], photos.png(picture(8, 8)), photos.tiff(picture(8, 8))]))
    damaged = bytearray(photo)
    for place in data.draw(st.lists(st.integers(0, len(photo) - 1), min_size=1, max_size=6)):
        damaged[place] = data.draw(st.integers(0, 255))
    assert not names_gpend(bytes(damaged[: data.draw(st.integers(0, len(photo)))]))


def test_a_photo_that_only_speaks_of_gpend_is_not_one_of_its_own() -> None:
    assert not names_gpend(with_segments(segment(0xFE, b"to be restored by gpend")))
    assert exif.SOFTWARE.startswith("gpend ")
