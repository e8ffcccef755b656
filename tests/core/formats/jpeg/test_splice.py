"""Everything around the picture stays: judged by exiftool and byte by byte."""

import re
import struct

import numpy as np
import pytest

from gpend.core.formats import exif, jpeg
from gpend.core.formats.jpeg.segments import CODING, survey
from gpend.core.formats.jpeg.splice import OTHER_VIEWS
from tests.core.formats.jpeg import exiftool
from tests.core.formats.jpeg.material import Coding, Picture, by_opencv, coded, picture, wanted
from tests.photos_jpeg import EXTENDED_NAMESPACE, Maker, PhonePhoto, phone_photo, segment

HISTORY = "gpend: faces restored with gpen-256"
MOVED = {"IFD1:ThumbnailOffset", "MPImage1:MPImageLength", "MPImage2:MPImageStart"}
SEEN = MOVED | {"IFD1:ThumbnailImage", "IFD1:ThumbnailLength"}
SIZE = (240, 320)
PREVIEW = coded(picture(32, 32), Coding())


def patched(photo: bytes, history: str = HISTORY) -> jpeg.Patched:
    pixels = by_opencv(photo)
    changed = np.zeros(pixels.shape[:2], np.bool_)
    changed[60:160, 100:200] = True
    return jpeg.patch(photo, wanted(pixels, changed), changed, history)


def made(maker: Maker, orientation: int = 1, pixels: Picture | None = None, *, progressive: bool = False) -> PhonePhoto:
    shown = picture(*SIZE) if pixels is None else pixels
    return phone_photo(maker, shown, orientation=orientation, progressive=progressive)


@exiftool.needed
@pytest.mark.parametrize(("orientation", "maker"), [*zip(range(1, 9), [*Maker] * 3, strict=False)])
def test_exiftool_finds_nothing_changed_but_the_tags_that_were_added(maker: Maker, orientation: int) -> None:
    phone = made(maker, orientation, progressive=orientation % 2 == 0)
    result = patched(phone.photo)
    before, after = exiftool.tags(phone.photo), exiftool.tags(result.photo)
    assert after.pop("IFD0:ImageHistory") == HISTORY
    assert after.pop("IFD0:ProcessingSoftware") == exif.SOFTWARE
    assert {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)} <= SEEN
    assert before["IFD0:Orientation"] == after["IFD0:Orientation"]
    assert exiftool.warnings(result.photo) == exiftool.warnings(phone.photo)


@pytest.mark.parametrize("maker", Maker)
@pytest.mark.parametrize(("levels", "seen"), [(1, False), (60, True)])
def test_without_a_history_exif_stays_unless_the_change_shows_in_the_thumbnail(
    maker: Maker, levels: int, *, seen: bool
) -> None:
    phone = made(maker)
    pixels = by_opencv(phone.photo)
    brighter = np.minimum(pixels, 255 - levels) + np.uint8(levels)
    changed = np.zeros(SIZE, np.bool_)
    changed[60:160, 100:200] = True
    result = jpeg.patch(phone.photo, np.where(changed[..., None], brighter, pixels), changed, "").photo
    assert (jpeg.read_header(result).exif != jpeg.read_header(phone.photo).exif) is seen


@pytest.mark.parametrize("maker", Maker)
def test_every_other_segment_and_the_trailer_are_the_same_bytes_in_the_same_order(maker: Maker) -> None:
    phone = made(maker)
    before, after = (_carried(photo) for photo in (phone.photo, patched(phone.photo).photo))
    assert len(before[0]) == 9
    assert after[:2] == before[:2]


@exiftool.needed
def test_further_pictures_and_videos_stay_reachable() -> None:
    apple, samsung = made(Maker.APPLE), made(Maker.SAMSUNG)
    assert exiftool.value(patched(apple.photo).photo, "MPImage2") == apple.gain_map
    assert exiftool.value(patched(samsung.photo).photo, "EmbeddedVideoFile") == samsung.video


def test_a_malformed_index_of_further_pictures_is_left_alone_with_a_note() -> None:
    photo = made(Maker.APPLE).photo.replace(b"MPF\0MM\0*", b"MPF\0MM\0!")
    result = patched(photo)
    assert b"MPF\0MM\0!" in result.photo
    assert any("MPF" in note for note in result.notes)


def test_what_xmp_counts_from_the_end_is_found_there() -> None:
    phone = made(Maker.SAMSUNG)
    photo = patched(phone.photo).photo
    offsets = re.findall(rb"(?:MicroVideoOffset|'MotionPhoto' Item:Length)='(\d+)'", photo)
    assert len(offsets) == 2
    for offset in offsets:
        assert photo[-int(offset) :].startswith(phone.video)


@pytest.mark.parametrize("maker", Maker)
def test_profiles_and_extended_xmp_can_be_put_together_again(maker: Maker) -> None:
    phone = made(maker)
    photo = patched(phone.photo).photo
    payloads = [photo[s.payload] for s in survey(photo).segments]
    assert b"".join(p[14:] for p in payloads if p.startswith(b"ICC_PROFILE\0")) == phone.icc
    head = len(EXTENDED_NAMESPACE) + 40
    assert b"".join(p[head:] for p in payloads if p.startswith(EXTENDED_NAMESPACE)) == phone.extended_xmp


@pytest.mark.parametrize(("maker", "order"), [(Maker.CANON, "<I"), (Maker.SAMSUNG, "<I")])
@pytest.mark.parametrize("history", ["", HISTORY])
def test_a_preview_behind_the_picture_that_only_the_maker_note_knows_is_followed(
    maker: Maker, order: str, history: str
) -> None:
    whole = made(maker).photo
    whole = whole[: survey(whole).end]
    start, place = whole.index(b"Exif\0\0") + 6, whole.index(b"irmware")
    photo = whole[:place] + struct.pack(order, len(whole) - start) + whole[place + 4 :] + PREVIEW
    result = patched(photo, history).photo
    (told,) = struct.unpack_from(order, result, place)
    assert result[start + told :] == PREVIEW


def test_a_pointer_that_stands_twice_is_left_alone() -> None:
    twice = b"MM\0*\0\0\x12\x34 \0\0\x12\x34"
    assert exif.with_preview(twice, 0x1234, 5) == twice
    assert exif.with_preview(twice[:8], 0x1234, 5) == b"MM\0*\0\0\0\x05"


def test_a_signature_that_no_longer_matches_is_mentioned() -> None:
    assert any("C2PA" in note for note in patched(made(Maker.APPLE).photo).notes)
    assert patched(coded(picture(*SIZE), Coding())).notes == ()


def test_a_photo_without_exif_gets_some_only_for_a_history() -> None:
    photo = coded(picture(*SIZE), Coding())
    assert jpeg.read_header(patched(photo, "").photo).exif == b""
    told = patched(photo).photo
    assert jpeg.read_header(told).exif == exif.minimal(HISTORY)
    assert [s.marker for s in survey(told).segments[:2]] == [0xE0, 0xE1]


def test_a_photo_that_begins_without_jfif_gets_exif_first() -> None:
    photo = coded(picture(*SIZE), Coding())
    bare = photo[:2] + photo[20:]
    assert survey(patched(bare).photo).segments[0].marker == 0xE1


def test_full_exif_is_left_alone_with_a_note() -> None:
    whole = jpeg.read_header(made(Maker.CANON).photo).exif
    photo = _with_exif(whole.ljust(65_500, b"x"))
    result = patched(photo)
    assert jpeg.read_header(result.photo).exif == jpeg.read_header(photo).exif
    assert any("no room" in note for note in result.notes)


def test_exif_that_has_room_for_tags_but_not_for_a_thumbnail_gets_the_tags() -> None:
    whole = jpeg.read_header(made(Maker.CANON).photo).exif
    result = patched(_with_exif(whole.ljust(65_000, b"x")))
    assert exif.thumbnail(jpeg.read_header(result.photo).exif) == exif.thumbnail(whole)
    assert HISTORY.encode() in jpeg.read_header(result.photo).exif
    assert any("thumbnail" in note for note in result.notes)


@pytest.mark.parametrize("block", [b"", b"II*\0", b"II*\0\xff\xff\xff\x7f", b"no TIFF at all"])
def test_malformed_exif_is_left_alone_with_a_note(block: bytes) -> None:
    photo = _with_exif(block)
    result = patched(photo)
    assert jpeg.read_header(result.photo).exif == block
    assert any("malformed" in note for note in result.notes)


def test_exif_in_several_segments_is_left_alone_with_a_note() -> None:
    plain = coded(picture(*SIZE), Coding())
    exif_segment = segment(0xE1, b"Exif\0\0" + jpeg.read_header(made(Maker.CANON).photo).exif)
    photo = plain[:20] + exif_segment * 2 + plain[20:]
    result = patched(photo)
    assert _carried(result.photo)[2] == _carried(photo)[2]
    assert any("several segments" in note for note in result.notes)


def test_fill_bytes_and_late_segments_are_carried_along() -> None:
    plain = coded(picture(*SIZE), Coding())
    comment = segment(0xFE, b"between the tables")
    late = plain.index(b"\xff\xda")
    photo = (
        plain[:20]
        + b"\xff\xff\xff"
        + segment(0xE5, b"filled")
        + plain[20:late]
        + comment
        + plain[late:]
        + b"junk \xff\xd8"
    )
    result = patched(photo, "").photo
    assert b"\xff\xff\xff\xff\xe5" in result
    assert comment in result
    assert result.endswith(b"\xff\xd9junk \xff\xd8")


def _with_exif(block: bytes) -> bytes:
    plain = coded(picture(*SIZE), Coding())
    return plain[:20] + segment(0xE1, b"Exif\0\0" + block) + plain[20:]


def _carried(photo: bytes) -> tuple[list[bytes], bytes, list[bytes]]:
    """All that does not code the picture: segments other than EXIF and MPF, the trailer, and the EXIF segments."""
    layout = survey(photo)
    kept = [photo[s.start : s.end] for s in layout.segments if s.marker not in CODING]
    others = [one for one in kept if one[4:8] not in {b"Exif", b"MPF\0"}]
    return others, photo[layout.end :], [one for one in kept if one[4:8] == b"Exif"]


def test_further_pictures_of_the_same_scene_are_told() -> None:
    photo = bytearray(made(Maker.APPLE).photo)
    at = photo.index(b"MPF\0") + 4
    (count,) = struct.unpack_from(">H", photo, at + 8)
    entries = dict(struct.iter_unpack(">H6xI", photo[at + 10 : at + 10 + 12 * count]))
    second = at + entries[0xB002] + 16
    struct.pack_into(">I", photo, second, 0x020002)  # for 3D
    assert OTHER_VIEWS in patched(bytes(photo)).notes
    assert OTHER_VIEWS not in patched(made(Maker.APPLE).photo).notes
