"""HEIF: the original stays, a JPEG is written."""

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gpend.core import codec
from gpend.core.formats.heif import container as heif
from gpend.core.formats.jpeg import read_header
from gpend.errors import IncompleteError, UnsupportedError
from gpend.settings import PhotoSettings
from tests import photos
from tests.core import judges

pytest.importorskip("pillow_heif", reason="gpend[heif] is not installed")


def edited(photo: bytes, history: str = "") -> codec.Encoded:
    """The photo with a brighter middle."""
    header = codec.identify(photo, PhotoSettings())
    pixels = codec.decode(photo, header).pixels
    return codec.encode(photo, header, judges.brightened(pixels), judges.blob(pixels), history)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_picture_is_upright_and_its_orientation_told_exactly_once(orientation: int) -> None:
    photo = photos.heif(photos.portrait(), orientation=orientation)
    header = codec.identify(photo, PhotoSettings())
    upright = (150, 120) if orientation < 5 else (120, 150)
    assert (header.height, header.width, header.orientation) == (*upright, 1)
    encoded = edited(photo)
    assert encoded.suffix == ".jpg"
    assert read_header(encoded.photo).orientation == 1
    with Image.open(io.BytesIO(encoded.photo)) as image:
        assert image.format == "JPEG"
        assert image.size == (header.width, header.height)
        shown = np.array(image)
    assert np.abs(shown.astype(int) - codec.decode(photo, header).pixels).mean() < 4


def test_metadata_goes_along(tmp_path: Path) -> None:
    encoded = edited(photos.heif(photos.portrait(), orientation=6), "gpend: restored")
    with Image.open(io.BytesIO(encoded.photo)) as image:
        assert image.info["icc_profile"] == photos.icc()
        assert image.info["xmp"] == photos.XMP
    found = judges.told(encoded.photo, tmp_path)
    before = judges.told(photos.jpeg(photos.portrait(), exif=b"Exif\0\0" + photos.exif()), tmp_path)
    turned = {"ExifIFD:ExifImageWidth": ["150"], "ExifIFD:ExifImageHeight": ["120"]}
    assert turned.items() <= found.items()
    kept = {tag for tag in before if tag.startswith(("IFD0", "ExifIFD", "GPS", "Canon"))} - turned.keys()
    assert {tag: found.get(tag) for tag in kept} == {tag: before[tag] for tag in kept}
    assert found["IFD0:ImageHistory"] == ["gpend: restored"]


def test_what_a_jpeg_cannot_hold_is_told() -> None:
    deep = photos.heif(photos.deep(photos.portrait()))
    assert edited(deep).notes == ("its 10 bits a sample: only the original has it",)
    assert edited(photos.heif(photos.portrait())).notes == ()


def test_pictures_that_a_jpeg_cannot_hold_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a stereo pair, and in a portrait with mattes."""
    import pillow_heif  # noqa: PLC0415 - an extra

    file = pillow_heif.from_pillow(Image.fromarray(photos.portrait()))
    file.add_from_pillow(Image.fromarray(photos.portrait()[:, ::-1].copy()))
    stream = io.BytesIO()
    file.save(stream, quality=90)
    assert edited(stream.getvalue()).notes == ("its further pictures: only the original has it",)
    opened = heif._file  # noqa: SLF001 - wrapped

    def with_auxiliary(data: bytes) -> object:
        file = opened(data)
        file[file.primary_index].info["aux"] = {
            f"urn:com:apple:photo:2020:aux:{kind}": [2] for kind in ("hdrgainmap", "semanticskymatte")
        }
        return file

    monkeypatch.setattr(heif, "_file", with_auxiliary)
    assert edited(photos.heif(photos.portrait())).notes == (
        "its HDR gain map: only the original has it",
        "its auxiliary pictures, such as masks of people: only the original has it",
    )


def test_without_the_extra_the_reason_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = photos.heif(photos.portrait())
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(UnsupportedError, match="pillow-heif"):
        codec.identify(photo, PhotoSettings())


def test_brightness_that_a_jpeg_cannot_tell_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = photos.heif(photos.portrait(), metadata=False)
    opened = heif._opened  # noqa: SLF001 - wrapped

    def with_profile(profile: dict[str, int]) -> None:
        def reopened(data: bytes) -> object:
            picture = opened(data)
            picture.info["nclx_profile"] = profile
            return picture

        monkeypatch.setattr(heif, "_opened", reopened)

    with_profile({"transfer_characteristics": 16, "color_primaries": 9})
    with pytest.raises(UnsupportedError, match="HDR"):
        codec.identify(photo, PhotoSettings())
    with_profile({"transfer_characteristics": 13, "color_primaries": 11})
    with pytest.raises(UnsupportedError, match="wide colours"):
        codec.identify(photo, PhotoSettings())


@pytest.mark.parametrize("kind", [b"jpeg", b"avc1", b"j2k1", b"unci"])
def test_a_picture_in_another_coding_is_kept_with_that_reason(kind: bytes) -> None:
    photo = photos.heif(photos.portrait()).replace(b"hvc1", kind)
    with pytest.raises(UnsupportedError, match="how it is coded"):
        codec.identify(photo, PhotoSettings())


def test_a_file_that_ends_early_is_incomplete() -> None:
    with pytest.raises(IncompleteError):
        codec.identify(photos.heif(photos.portrait())[:-10], PhotoSettings())


def test_an_animation_is_kept() -> None:
    with pytest.raises(UnsupportedError, match="animated"):
        heif.header(photos.heif(photos.portrait()) + b"\0\0\0\x08moov")


def test_the_overview_is_the_whole_photo_in_small() -> None:
    photo = photos.heif(photos.portrait(400, 500))
    small = codec.overview(photo, codec.identify(photo, PhotoSettings()), 100)
    assert small.shape == (100, 80, 3)
    assert np.abs(small.astype(int) - photos.portrait(80, 100)).mean() < 8
