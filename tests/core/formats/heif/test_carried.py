"""What a JPEG made of a HEIF says of its parts is true, and what it cannot hold is told."""

import io
import struct
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gpend.core import codec
from gpend.core.formats import exif, isobmff, regions
from gpend.core.formats.described import described as described_by_exif
from gpend.core.formats.heif import container
from gpend.core.orientation import upright
from gpend.settings import PhotoSettings
from tests import photos
from tests.core import judges
from tests.core.formats.isobmff.test_items import meta
from tests.photos_heif import (
    MOTION_XMP,
    MPVD,
    SAMSUNG,
    VIDEO,
    VIVO,
    described,
    long_exif,
    motion_photo,
    with_samsungs_part,
)
from tests.photos_jpeg import Maker, phone_photo

pytest.importorskip("pillow_heif", reason="gpend[heif] is not installed")

PLAIN = photos.heif(photos.portrait())


def restored(photo: bytes, history: str = "gpend: restored") -> codec.Encoded:
    """The photo with a brighter middle."""
    header = codec.identify(photo, PhotoSettings())
    pixels = codec.decode(photo, header).pixels
    return codec.encode(photo, header, judges.brightened(pixels), judges.blob(pixels), history)


def test_a_motion_photo_becomes_a_motion_photo(tmp_path: Path) -> None:
    encoded = restored(motion_photo(photos.portrait()))
    assert encoded.photo.endswith(b"\xff\xd9" + VIDEO)
    assert encoded.notes == ()
    found = judges.told(encoded.photo, tmp_path)
    assert found["XMP-Container:DirectoryItemMime"] == ["image/jpeg", "video/mp4"]
    assert found["XMP-Container:DirectoryItemLength"] == ["0", str(len(VIDEO))]
    assert found["XMP-Container:DirectoryItemPadding"] == ["0", "0"]
    assert found["XMP-GCamera:MotionPhoto"] == ["1"]
    judges.require_accepted(encoded.photo)


def test_a_video_that_is_a_file_behind_the_boxes_goes_along_too(tmp_path: Path) -> None:
    encoded = restored(photos.heif(photos.portrait(), xmp=b"") + VIDEO)
    assert encoded.photo.endswith(b"\xff\xd9" + VIDEO)
    assert judges.told(encoded.photo, tmp_path)["XMP-GCamera:MotionPhoto"] == ["1"]


def test_a_video_that_cannot_be_read_as_one_stays_behind_and_is_not_claimed(tmp_path: Path) -> None:
    box = struct.pack(">I", 108) + b"mpvd" + bytes(100)
    encoded = restored(photos.heif(photos.portrait(), xmp=MOTION_XMP) + box)
    assert encoded.notes == ("its video: only the original has it",)
    assert not [tag for tag in judges.told(encoded.photo, tmp_path) if "Motion" in tag or "Container" in tag]


@pytest.mark.parametrize("video", [MPVD, VIDEO])
def test_a_video_that_was_cut_off_keeps_no_picture_from_being_restored_and_is_not_claimed(
    video: bytes, tmp_path: Path
) -> None:
    encoded = restored(photos.heif(photos.portrait(), xmp=MOTION_XMP) + video[:-100])
    assert encoded.notes == (f"what stands behind its picture ({len(video) - 100:,} bytes): only the original has it",)
    assert not [tag for tag in judges.told(encoded.photo, tmp_path) if "Motion" in tag or "Container" in tag]
    judges.require_accepted(encoded.photo)


@pytest.mark.parametrize("trailer", [VIVO, SAMSUNG], ids=["vivo", "Samsung"])
def test_a_trailer_is_told(trailer: bytes) -> None:
    notes = restored(PLAIN + trailer).notes
    assert notes == (f"what stands behind its picture ({len(trailer)} bytes): only the original has it",)
    assert restored(PLAIN + bytes(40)).notes == ()


def test_a_makers_own_box_is_told() -> None:
    box = struct.pack(">I", 20) + b"sefd" + bytes(12)
    assert restored(PLAIN + box).notes == ("its box sefd: only the original has it",)


def test_where_samsung_says_the_video_is_in_the_heic_is_not_said_of_the_jpeg(tmp_path: Path) -> None:
    photo = with_samsungs_part(photos.heif(photos.portrait(), xmp=MOTION_XMP))
    encoded = restored(photo)
    assert encoded.photo.endswith(b"\xff\xd9" + VIDEO)
    assert encoded.notes == ("its box sefd: only the original has it",)
    found = judges.told(encoded.photo, tmp_path)
    assert found["XMP-Container:DirectoryItemLength"] == ["0", str(len(VIDEO))]
    assert not [tag for tag in found if tag.startswith("Samsung")]
    again = container.carried_over(photo, encoded.photo, "gpend: restored")
    assert again.endswith(b"\xff\xd9" + VIDEO)


VENDORS = {
    "Xiaomi": ("http://ns.xiaomi.com/photos/1.0/camera/", "XMPMeta", "&lt;subimage offset=&quot;5000&quot;/&gt;"),
    "OPPO": ("http://ns.oplus.com/photos/1.0/camera/", "VideoLength", "30032"),
}


@pytest.mark.parametrize("maker", VENDORS)
def test_what_a_maker_claims_of_other_parts_of_the_file_goes_too(maker: str) -> None:
    vocabulary, name, value = VENDORS[maker]
    packet = described(f'xmlns:V="{vocabulary}" V:{name}="{value}" dc:source="a lake"')
    new = restored(photos.heif(photos.portrait(), xmp=packet)).photo
    assert f"V:{name}".encode() not in new
    assert b'dc:source="a lake"' in new


def test_of_a_picture_with_more_metadata_than_one_block_and_one_packet_that_is_told() -> None:
    assert restored(PLAIN).notes == ()
    kinds = isobmff.kinds(PLAIN, meta(PLAIN))
    (item,) = (item for item, kind in kinds.items() if kind == b"mime")
    told = struct.pack(">HH4s", item, 0, b"mime")
    for kind in (b"Exif", b"uri "):  # instead of the XMP, which they are not long enough to be
        photo = PLAIN.replace(told, told[:4] + kind)
        assert restored(photo).notes == ("its further metadata: only the original has it",)


@pytest.mark.parametrize("video", [b"", MPVD])
def test_long_xmp_goes_along_as_a_jpeg_has_it_and_is_true(video: bytes, tmp_path: Path) -> None:
    long = MOTION_XMP.replace(b'dc:source="a lake"', b'dc:source="a lake" dc:rights="%s"' % (b"r" * 150_000))
    encoded = restored(photos.heif(photos.portrait(), xmp=long) + video)
    assert encoded.notes == ()
    found = judges.told(encoded.photo, tmp_path)
    assert found["XMP-dc:Source"] == ["a lake"]
    assert len(found["XMP-dc:Rights"][0]) > 1000
    assert found.get("XMP-GCamera:MotionPhoto") == (["1"] if video else None)
    assert found.get("XMP-GCamera:MotionPhotoPresentationTimestampUs") == (["500000"] if video else None)
    assert encoded.photo.count(b"http://ns.adobe.com/xmp/extension/") == 3


@pytest.mark.parametrize("xmp", [b"<no XMP", b"<no XMP" + bytes(70_000)])
def test_xmp_that_cannot_be_followed_never_claims_a_video_that_is_not_there(xmp: bytes) -> None:
    encoded = restored(photos.heif(photos.portrait(), xmp=xmp + b"http://ns.google.com/photos/1.0/camera/"))
    assert len(encoded.notes) == 1
    assert "XMP" in encoded.notes[0]
    assert b"ns.google.com" not in encoded.photo


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("maker", [b"unknown", b"Apple iOS\0\0\1MM", b""])
@pytest.mark.parametrize("thumbnail", [0, 9_000, 80_000])
@pytest.mark.parametrize("is_last", [True, False])
def test_long_exif_keeps_date_place_and_camera_for_every_reader(
    order: str, maker: bytes, thumbnail: int, *, is_last: bool, tmp_path: Path
) -> None:
    """Pillow reads all segments as one block, exiftool too; a reader of the first alone finds the same in it."""
    block = long_exif(order, maker.ljust(80_000, b"m") if maker else b"", thumbnail, is_last=is_last)
    encoded = restored(photos.heif(photos.portrait(), exif=b"Exif\0\0" + block))
    found = judges.told(encoded.photo, tmp_path)
    assert found["ExifIFD:DateTimeOriginal"] == ["2023:07:08 09:10:11"]
    assert found["IFD0:Make"] == ["ACME"]
    assert found["GPS:GPSLatitude"] == ["48 deg 8' 30.00\""]
    assert b"gpend: restored" in encoded.photo
    for photo in (encoded.photo, first_segment_alone(encoded.photo)):
        with Image.open(io.BytesIO(photo)) as image, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a MakerNote that goes on in the next segment
            tags = image.getexif()
            assert tags[0x010F] == "ACME"
            assert tags.get_ifd(0x8769)[0x9003] == "2023:07:08 09:10:11"
            assert tags.get_ifd(0x8825)[2] == (48.0, 8.0, 30.0)


def first_segment_alone(photo: bytes) -> bytes:
    """The JPEG with the second and later EXIF segments made unknown."""
    first = photo.index(b"Exif\0\0") + 6
    return photo[:first] + photo[first:].replace(b"Exif\0\0", b"Else\0\0")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_size_and_thumbnail_are_those_of_the_upright_picture(orientation: int) -> None:
    """A phone writes them of the picture as its sensor saw it."""
    back = {6: 8, 8: 6}.get(orientation, orientation)
    stored = np.ascontiguousarray(upright(photos.portrait(), back), np.uint8)
    told = jpeg_exif(phone_photo(Maker.APPLE, stored, orientation=orientation).photo)
    encoded = restored(photos.heif(stored, exif=b"Exif\0\0" + told), history="").photo
    small = exif.thumbnail(jpeg_exif(encoded))
    with Image.open(io.BytesIO(encoded)) as image, Image.open(io.BytesIO(small)) as thumbnail:
        details = image.getexif().get_ifd(0x8769)
        assert (details[0xA002], details[0xA003]) == image.size == (120, 150)
        assert image.getexif()[0x0112] == 1
        shown = np.asarray(image.convert("RGB").resize(thumbnail.size, Image.Resampling.BOX), int)
        assert np.abs(np.asarray(thumbnail.convert("RGB"), int) - shown).mean() < 8


def with_orientation(photo: bytes, old: int, new: int) -> bytes:
    """The photo with another orientation in its EXIF."""
    entries = [struct.pack(f"{order}HHIH", 0x0112, 3, 1, old) for order in "<>"]
    entry = next(each for each in entries if each in photo)
    order = "<>"[entries.index(entry)]
    return photo.replace(entry, struct.pack(f"{order}HHIH", 0x0112, 3, 1, new))


@pytest.mark.parametrize("in_exif", [True, False])
@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_face_that_a_phone_told_of_is_told_where_it_is_in_the_upright_picture(
    orientation: int, tmp_path: Path, *, in_exif: bool
) -> None:
    """IPhones write faces and subject as their sensor saw them; what turns the picture need not stand in its EXIF."""
    faces = described(
        f'xmlns:mwg-rs="{regions.REGIONS}" xmlns:stArea="{regions.AREA}" xmlns:stDim="{regions.DIMENSIONS}"',
        '<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:AppliedToDimensions stDim:w="150" stDim:h="120"/>'
        '<mwg-rs:RegionList><rdf:Seq><rdf:li rdf:parseType="Resource"><mwg-rs:Area stArea:x="0.2" stArea:y="0.4"'
        ' stArea:w="0.1" stArea:h="0.3"/></rdf:li></rdf:Seq></mwg-rs:RegionList></mwg-rs:Regions>',
    )
    photo = photos.heif(np.full((120, 150, 3), 128, np.uint8), orientation=orientation, xmp=faces)
    photo = photo if in_exif else with_orientation(photo, orientation, 1)
    found = judges.told(restored(photo).photo, tmp_path)
    told = {3: ("0.8", "0.6", "0.1", "0.3"), 6: ("0.6", "0.2", "0.3", "0.1"), 8: ("0.4", "0.8", "0.3", "0.1")}
    assert tuple(found[f"XMP-mwg-rs:RegionArea{side}"][0] for side in "XYWH") == told[orientation]
    sides = ("150", "120") if orientation == 3 else ("120", "150")
    assert tuple(found[f"XMP-mwg-rs:RegionAppliedToDimensions{side}"][0] for side in "WH") == sides


def test_an_orientation_in_exif_that_turns_no_picture_turns_neither_thumbnail_nor_places() -> None:
    """Pixels of a HEIC are turned by its properties alone; some encoders leave the JPEG's orientation in its EXIF."""
    stored = photos.portrait()
    told = jpeg_exif(phone_photo(Maker.APPLE, stored, orientation=6).photo)
    photo = photos.heif(stored, exif=b"Exif\0\0" + told)
    assert photo.count(b"irot\3") == 1
    encoded = restored(photo.replace(b"irot\3", b"irot\0"), history="").photo
    with Image.open(io.BytesIO(encoded)) as image, Image.open(io.BytesIO(exif.thumbnail(told))) as thumbnail:
        assert image.size == (120, 150)
        assert image.getexif()[0x0112] == 1
        new = Image.open(io.BytesIO(exif.thumbnail(jpeg_exif(encoded))))
        assert new.size == thumbnail.size


def test_a_thumbnail_that_stands_upright_already_stays() -> None:
    stored = np.ascontiguousarray(upright(photos.portrait(), 8), np.uint8)
    told = jpeg_exif(phone_photo(Maker.APPLE, photos.portrait(), orientation=6).photo)
    encoded = restored(photos.heif(stored, exif=b"Exif\0\0" + told), history="").photo
    new = Image.open(io.BytesIO(exif.thumbnail(jpeg_exif(encoded))))
    assert new.size == Image.open(io.BytesIO(exif.thumbnail(told))).size


def jpeg_exif(photo: bytes) -> bytes:
    """The TIFF block in its first segment."""
    start = photo.index(b"Exif\0\0")
    return photo[start + 6 : start - 2 + int.from_bytes(photo[start - 2 : start])]


def of_two() -> bytes:
    """A HEIC of two pictures with an EXIF of their own each, of which the second is the one that is shown."""
    import pillow_heif  # noqa: PLC0415 - an extra, which the project works without

    file = pillow_heif.HeifFile()
    for model in ("another", "its own"):
        told = Image.Exif()
        told[0x0110] = model
        image = Image.fromarray(photos.portrait())
        image.info["exif"] = told.tobytes()
        file.add_from_pillow(image)
    stream = io.BytesIO()
    file.save(stream, quality=90, primary_index=1)
    return stream.getvalue()


def test_of_several_pictures_the_exif_is_that_of_the_one_that_is_shown() -> None:
    """Also where only metadata changed since it was restored, and where the ledger is told of camera and date."""
    photo = of_two()
    encoded = restored(photo).photo
    again = container.carried_over(photo, encoded, "gpend: restored")
    for jpeg in (encoded, again):
        with Image.open(io.BytesIO(jpeg)) as image:
            assert image.getexif()[0x0110] == "its own"
    assert described_by_exif(photo).camera == "its own"
