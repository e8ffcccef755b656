"""Small files that gpend once got wrong, where they are at hand: what is in them comes out as it went in."""

from pathlib import Path

import pytest

from gpend.core import codec
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
