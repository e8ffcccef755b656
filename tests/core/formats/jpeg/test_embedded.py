"""Small pictures beside the one in the EXIF are kept true to the photo, or told of."""

import base64
import io
import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gpend.core.formats import jpeg
from gpend.core.formats.jpeg import container, embedded, mpf
from gpend.core.formats.jpeg.segments import APP0, APP1, APP2, APP13, COM, survey
from gpend.core.formats.jpeg.splice import OTHER_VIEWS
from tests.core import judges
from tests.core.formats.jpeg.material import Coding, Picture, by_pillow, coded, picture
from tests.photos_jpeg import LONG, UNDEFINED, Directory, segment

WHOLE = picture(240, 320)
PLAIN = coded(WHOLE, Coding(quality=92))


def small(side: int = 96, *, quality: int = 85) -> bytes:
    """The photo's own thumbnail."""
    stream = io.BytesIO()
    image = Image.fromarray(WHOLE)
    image.thumbnail((side, side), Image.Resampling.BOX)
    image.save(stream, "JPEG", quality=quality)
    return stream.getvalue()


def resource(number: int, data: bytes, name: bytes = b"") -> bytes:
    """One of Photoshop's."""
    told = bytes([len(name)]) + name
    return (
        b"8BIM"
        + struct.pack(">H", number)
        + told
        + bytes(len(told) % 2)
        + struct.pack(">I", len(data))
        + data
        + bytes(len(data) % 2)
    )


def photoshop(thumbnail: bytes, number: int = 0x040C) -> bytes:
    """Its segment, with a caption before the thumbnail and a number behind it."""
    head = struct.pack(">IIIIIIHH", 1, 96, 72, 288, 20736, len(thumbnail), 24, 1)
    data = head + thumbnail
    parts = [resource(0x0404, b"\x1c\x02\x05\0\4text", b"a name"), resource(number, data)]
    return segment(APP13, b"Photoshop 3.0\0" + b"".join(parts) + resource(0x0414, b"\0\0\0\7"))


def jfxx(extension: int, data: bytes) -> bytes:
    """JFIF's extension."""
    return segment(APP0, b"JFXX\0" + bytes([extension]) + data)


def with_segment(new: bytes) -> bytes:
    """The photo with it, behind JFIF."""
    return PLAIN[:20] + new + PLAIN[20:]


def restored(photo: bytes, levels: int = 40) -> tuple[jpeg.Patched, Picture]:
    """The photo with a brighter part, and what was sought."""
    before = by_pillow(photo)
    changed = np.zeros(before.shape[:2], np.bool_)
    changed[60:180, 80:240] = True
    sought = np.where(changed[..., None], np.minimum(before.astype(int) + levels, 255), before).astype(np.uint8)
    return jpeg.patch(photo, sought, changed, "a history"), sought


def difference(thumbnail: bytes, photo: Picture) -> float:
    """How far a thumbnail is from a photo, in levels."""
    shown = by_pillow(thumbnail)
    shrunk = Image.fromarray(photo).resize((shown.shape[1], shown.shape[0]), Image.Resampling.BOX)
    return float(np.abs(np.asarray(shrunk, np.int16) - shown).mean())


def payload_of(photo: bytes, marker: int, begins: bytes) -> bytes:
    """What the segment with this beginning holds after it."""
    payloads = (photo[one.payload] for one in survey(photo).segments if one.marker == marker)
    return next(each for each in payloads if each.startswith(begins))[len(begins) :]


def test_a_jpeg_in_the_extension_of_jfif_is_refreshed() -> None:
    result, sought = restored(with_segment(jfxx(0x10, small())))
    new = payload_of(result.photo, APP0, b"JFXX\0\x10")
    assert difference(new, sought) < 4 < difference(small(), sought)
    assert result.notes == ()


def test_photoshops_thumbnail_is_refreshed_and_a_judge_reads_it(tmp_path: Path) -> None:
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed")
    result, sought = restored(with_segment(photoshop(small())))
    path = tmp_path / "photo.jpg"
    path.write_bytes(result.photo)
    command = ["exiftool", "-b", "-PhotoshopThumbnail", str(path)]
    found = subprocess.run(command, check=True, capture_output=True).stdout
    assert difference(found, sought) < 4 < difference(small(), sought)
    assert result.notes == ()
    payload = payload_of(result.photo, APP13, b"Photoshop 3.0\0")
    assert payload.startswith(resource(0x0404, b"\x1c\x02\x05\0\4text", b"a name"))
    assert payload.endswith(resource(0x0414, b"\0\0\0\7"))


def cut(whole: bytes, at: int) -> bytes:
    """Photoshop's segment as two."""
    return segment(APP13, whole[4:at]) + segment(APP13, b"Photoshop 3.0\0" + whole[at:])


@pytest.mark.parametrize("at", [20, 30, 70, 500])
def test_photoshops_thumbnail_is_refreshed_where_its_resources_go_on_in_another_segment(
    at: int, tmp_path: Path
) -> None:
    photo = with_segment(cut(photoshop(small()), at))
    assert judges.told(photo, tmp_path)["Photoshop:PhotoshopThumbnail"]
    result, sought = restored(photo)
    parts = [result.photo[one.payload] for one in survey(result.photo).segments if one.marker == APP13]
    assert [part[:14] for part in parts] == [b"Photoshop 3.0\0"] * 2
    assert len(parts[0]) == at - 4
    joined = b"".join(part[14:] for part in parts)
    assert difference(embedded.kept_by_photoshop(joined), sought) < 4 < difference(small(), sought)
    assert joined.endswith(resource(0x0414, b"\0\0\0\7"))
    assert result.notes == ()
    carried = container.carried_over(photo + b"behind it", result.photo, "a history")
    assert carried == result.photo + b"behind it"


def test_resources_of_which_the_next_segment_tells_nothing_stay_their_own() -> None:
    two = photoshop(small()) + photoshop(small())
    result, sought = restored(with_segment(two))
    parts = [result.photo[one.payload][14:] for one in survey(result.photo).segments if one.marker == APP13]
    assert [difference(embedded.kept_by_photoshop(part), sought) < 4 for part in parts] == [True, True]


def in_xmp(thumbnail: bytes) -> bytes:
    """A segment of XMP with it, as Adobe's programs write it."""
    data = base64.b64encode(thumbnail).decode()
    sides = "<xmpGImg:width>96</xmpGImg:width><xmpGImg:height>72</xmpGImg:height>"
    return segment(APP1, f"http://ns.adobe.com/xap/1.0/\0{sides}<xmpGImg:image>{data}</xmpGImg:image>".encode())


@pytest.mark.parametrize(
    "stale",
    [
        in_xmp(small()),
        jfxx(0x13, bytes([2, 2]) + bytes(12)),
        jfxx(0x11, bytes([2, 2]) + bytes(772)),
        segment(APP0, b"JFIF\0\1\2\0\0\1\0\1\2\2" + bytes(12)),
        photoshop(small(), 0x0409),
        photoshop(b"no JPEG at all"),
        jfxx(0x10, small()[:-300]),
    ],
)
def test_what_cannot_be_refreshed_stays_and_is_told_of(stale: bytes) -> None:
    result, _ = restored(with_segment(stale))
    assert stale in result.photo
    assert result.notes == (embedded.STALE,)


@pytest.mark.parametrize(
    "kept", [jfxx(0x10, small()), jfxx(0x13, bytes([2, 2]) + bytes(12)), photoshop(small()), in_xmp(small())]
)
def test_a_change_that_is_not_seen_at_that_size_changes_nothing_there(kept: bytes) -> None:
    result, _ = restored(with_segment(kept), levels=1)
    assert kept in result.photo
    assert result.notes == ()


def test_a_photo_whose_metadata_changed_gets_the_small_pictures_of_its_restored_self() -> None:
    old = jfxx(0x10, small()) + photoshop(small())
    result, _ = restored(with_segment(old))
    edited = with_segment(old.replace(b"text", b"WORD") + segment(COM, b"a comment"))
    carried = container.carried_over(edited, result.photo, "a history")
    for marker, begins in ((APP0, b"JFXX\0\x10"), (APP13, b"Photoshop 3.0\0")):
        new = payload_of(result.photo, marker, begins)
        assert new != payload_of(edited, marker, begins)
        assert payload_of(carried, marker, begins) == new.replace(b"text", b"WORD")


def test_small_pictures_that_the_restored_photo_does_not_have_stay() -> None:
    result, _ = restored(PLAIN)
    carried = container.carried_over(with_segment(photoshop(small())), result.photo, "")
    assert photoshop(small()) in carried


@pytest.mark.parametrize(("kind", "notes"), [(0x010002, (embedded.STALE,)), (0x020002, (OTHER_VIEWS,)), (0, ())])
def test_previews_behind_the_picture_are_told_of(kind: int, notes: tuple[str, ...]) -> None:
    """Those of the same scene are told as that, and others, as gain maps, not at all."""

    def indexed(size: int) -> bytes:
        entries = struct.pack(">IIIHH", 0x030000, size, 0, 0, 0)
        entries += struct.pack(">IIIHH", kind, len(PLAIN), size - 28, 0, 0)  # counted from behind SOI, JFIF and MPF
        directory = Directory(">")
        directory.add(0xB000, UNDEFINED, b"0100")
        directory.add(0xB001, LONG, 2)
        directory.add(0xB002, UNDEFINED, entries)
        return with_segment(segment(APP2, mpf.MAGIC + b"MM\0*\0\0\0\x08" + directory.packed(8)))

    photo = indexed(len(indexed(1000))) + PLAIN
    result, _ = restored(photo)
    assert result.notes == notes
    assert result.photo.endswith(PLAIN)


def test_an_ordinary_jfif_and_other_resources_are_nothing_to_tell_of() -> None:
    plain = segment(APP13, b"Photoshop 3.0\0" + resource(0x0404, b"text"))
    result, _ = restored(with_segment(plain))
    assert plain in result.photo
    assert result.notes == ()


@given(st.binary(max_size=80), st.sampled_from([b"Photoshop 3.0\0", b"Photoshop 3.0\08BIM\4\x0c\0\0\0\0\0\x20"]))
def test_whatever_a_segment_holds_it_stays_or_is_told_of(data: bytes, head: bytes) -> None:
    crafted = segment(APP13, head + data)
    result, _ = restored(with_segment(crafted))
    assert crafted in result.photo
