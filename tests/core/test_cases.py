"""Small files that gpend once got wrong, where they are at hand: what is in them comes out as it went in."""

import shutil
import subprocess
from pathlib import Path

import pytest

from gpend.core import codec
from gpend.core.formats.jpeg import embedded, parsed
from gpend.settings import PhotoSettings
from tests.core import judges

TOLD = {
    "IFD0:Make": ["ACME"],
    "IFD0:Model": ["Phone 9"],
    "ExifIFD:DateTimeOriginal": ["2023:07:08 09:10:11"],
    "GPS:GPSLatitude": ["48 deg 8' 30.00\""],
    "IFD0:ImageHistory": ["gpend: restored"],
}


@pytest.fixture(scope="module")
def cases(beside: Path) -> Path:
    """Their folder."""
    folder = beside / "cases"
    if not folder.is_dir():
        pytest.skip("there are no cases in the local material")
    return folder


def restored(photo: bytes) -> codec.Encoded:
    """The photo with a brighter middle."""
    header = codec.identify(photo, PhotoSettings())
    pixels = codec.decode(photo, header).pixels
    return codec.encode(photo, header, judges.brightened(pixels), judges.blob(pixels), "gpend: restored")


@pytest.mark.parametrize(
    ("name", "notes"),
    [
        ("raw-profile-exif.png", ()),
        ("raw-profile-orientation.png", ()),
        ("samsung-motion.heic", ()),
        ("vivo-trailer.heic", ("what stands behind its picture (27 bytes): only the original has it",)),
        ("exif-90k.heic", ("its MakerNote is too long for a JPEG: only the original has it",)),
    ],
)
def test_date_place_and_camera_come_along_and_what_does_not_is_told(
    name: str, notes: tuple[str, ...], cases: Path, tmp_path: Path
) -> None:
    if name.endswith(".heic"):
        pytest.importorskip("pillow_heif", reason="gpend[heif] is not installed")
    encoded = restored((cases / name).read_bytes())
    assert encoded.notes == notes
    found = judges.told(encoded.photo, tmp_path)
    assert {tag: found.get(tag) for tag in TOLD} == TOLD
    judges.require_accepted(encoded.photo)


def test_the_turn_that_a_raw_profile_tells_is_the_photos(cases: Path) -> None:
    photo = (cases / "raw-profile-orientation.png").read_bytes()
    assert codec.identify(photo, PhotoSettings()).orientation == 6


def test_the_video_of_a_motion_photo_is_where_its_xmp_says(cases: Path, tmp_path: Path) -> None:
    pytest.importorskip("pillow_heif", reason="gpend[heif] is not installed")
    photo = (cases / "samsung-motion.heic").read_bytes()
    encoded = restored(photo)
    found = judges.told(encoded.photo, tmp_path)
    assert found["XMP-Container:DirectoryItemMime"] == ["image/jpeg", "video/mp4"]
    length = int(found["XMP-Container:DirectoryItemLength"][1])
    assert encoded.photo[-length:] == photo[-length:]
    assert encoded.photo[-length:][4:8] == b"ftyp"


@pytest.mark.parametrize(
    ("name", "notes"),
    [
        ("samsung-scan-header.jpg", (parsed.SCAN_HEADER,)),
        ("bytes-before-end.jpg", ()),
        ("orientation-without-next-ifd.jpg", ()),
        ("makernote-preview-behind-picture.jpg", (embedded.STALE,)),
    ],
)
def test_a_jpeg_that_every_other_reader_opens_is_restored_with_all_that_it_tells(
    name: str, notes: tuple[str, ...], cases: Path, tmp_path: Path
) -> None:
    photo = (cases / name).read_bytes()
    encoded = restored(photo)
    assert encoded.notes == notes
    before, after = judges.told(photo, tmp_path), judges.told(encoded.photo, tmp_path)
    told_anew = {"IFD0:ImageHistory", "IFD0:ProcessingSoftware"}
    moved = {"IFD1:ThumbnailOffset"}
    assert set(after) - set(before) == told_anew
    assert {tag: value for tag, value in after.items() if tag not in told_anew | moved} == {
        tag: value for tag, value in before.items() if tag not in moved
    }


def test_the_turn_that_a_block_without_its_last_offset_tells_is_the_photos(cases: Path) -> None:
    photo = (cases / "orientation-without-next-ifd.jpg").read_bytes()
    assert codec.identify(photo, PhotoSettings()).orientation == 6


def test_the_preview_behind_the_picture_is_found_where_the_makernote_tells(cases: Path, tmp_path: Path) -> None:
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed")
    photo = (cases / "makernote-preview-behind-picture.jpg").read_bytes()
    found = []
    for number, each in enumerate((photo, restored(photo).photo)):
        path = tmp_path / f"{number}.jpg"
        path.write_bytes(each)
        command = ["exiftool", "-b", "-PreviewImage", str(path)]
        found.append(subprocess.run(command, check=True, capture_output=True).stdout)
    assert found[0]
    assert found[0] == found[1]
