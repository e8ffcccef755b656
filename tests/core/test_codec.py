"""Bytes to pixels and back, over every kind of photo."""

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from gpend.core import codec
from gpend.core.codec import Format, Header
from gpend.core.formats.scaling import reduced
from gpend.core.formats.signatures import SIGNATURES
from gpend.core.photo import Mask, Pixels
from gpend.errors import IncompleteError, PhotoError, UnsupportedError
from gpend.settings import PhotoSettings
from tests import photos
from tests.core import judges

SETTINGS = PhotoSettings()
FORMATS = {each.value.lower(): each for each in Format}
COARSE = {"png-grey-1": 255, "png-grey-4": 17, "png-palette": 16, "tiff-palette": 16}
"""How far off, in levels of 255, a pixel may be where the file has few levels or colours."""

CHANGE = {"png-grey-1": 160, "png-grey-4": 20}
"""By how many levels such a file is changed, so that it can tell of it; all others by 6."""

every_kind = pytest.mark.parametrize("name", photos.RESTORABLE)
lossless = pytest.mark.parametrize("name", photos.LOSSLESS)
lossy = pytest.mark.parametrize("name", [name for name in photos.RESTORABLE if name not in photos.LOSSLESS])


def test_every_format_has_its_container_and_is_followed_to_its_end() -> None:
    followed = {each.format for each in SIGNATURES if each.structure} | {Format.AVIF, Format.HEIF}
    assert set(codec.CONTAINERS) == set(Format) == followed - {None}


def made(name: str, width: int = 120, height: int = 150) -> tuple[bytes, Header]:
    """A photo of that kind, and its header."""
    photo = photos.RESTORABLE[name](photos.portrait(width, height))
    return photo, codec.identify(photo, SETTINGS)


def restored(name: str, history: str = "") -> tuple[codec.Decoded, Pixels, Mask, codec.Encoded]:
    """Before, wanted, where, and the new file."""
    photo, header = made(name)
    before = codec.decode(photo, header)
    wanted, changed = judges.brightened(before.pixels, CHANGE.get(name, 6)), judges.blob(before.pixels)
    return before, wanted, changed, codec.encode(photo, header, wanted, changed, history)


@every_kind
def test_a_photo_is_known_by_its_first_bytes(name: str) -> None:
    _, header = made(name)
    assert header.format == FORMATS[name.split("-", maxsplit=1)[0]]
    assert (header.width, header.height) == (120, 150)


@every_kind
def test_the_overview_is_the_photo_in_small(name: str) -> None:
    photo, header = made(name, 500, 400)
    small = codec.overview(photo, header, 100)
    assert small.shape == (80, 100, 3)
    assert small.dtype == np.uint8
    whole = reduced(codec.decode(photo, header).pixels, 100)
    assert np.abs(small.astype(int) - whole).mean() < (
        4 if name.startswith("jpeg") else 2
    )  # libjpeg has a filter of its own


@every_kind
def test_a_small_photo_is_not_enlarged(name: str) -> None:
    photo, header = made(name)
    assert codec.overview(photo, header, 1280).shape == (150, 120, 3)


@every_kind
def test_pixels_are_what_other_decoders_see(name: str) -> None:
    photo, header = made(name)
    decoded = codec.decode(photo, header)
    assert decoded.pixels.dtype == (np.uint16 if "16" in name else np.uint8)
    assert decoded.grey == ("grey" in name or "white" in name) or name == "avif-grey"  # Pillow 11 writes it in colour
    assert decoded.pixels.flags.c_contiguous
    if decoded.grey:
        assert (decoded.pixels == decoded.pixels[..., :1]).all()
    seen = judges.by_pillow(photo) if "16" not in name else judges.by_opencv(photo)
    assert judges.difference(decoded.pixels, seen).max() <= (0 if name in photos.LOSSLESS else 2)


@lossless
def test_lossless_photos_change_under_the_mask_alone(name: str) -> None:
    before, wanted, changed, encoded = restored(name)
    after = codec.decode(encoded.photo, codec.identify(encoded.photo, SETTINGS))
    assert np.array_equal(after.pixels[~changed], before.pixels[~changed])
    assert judges.difference(after.pixels, wanted)[changed].max() <= COARSE.get(name, 0)
    assert after.grey == before.grey
    assert after.pixels.dtype == before.pixels.dtype


@lossy
def test_lossy_photos_come_close(name: str) -> None:
    _, wanted, changed, encoded = restored(name)
    after = codec.decode(encoded.photo, codec.identify(encoded.photo, SETTINGS)).pixels
    assert judges.difference(after, wanted)[changed].mean() < 4


@lossy
def test_a_lossy_photo_keeps_the_rest(name: str) -> None:
    before, _, changed, encoded = restored(name)
    after = codec.decode(encoded.photo, codec.identify(encoded.photo, SETTINGS)).pixels
    assert judges.difference(after, before.pixels)[~changed].mean() < (1 if name.startswith("jpeg") else 4)


@every_kind
def test_other_decoders_accept_what_is_written(name: str) -> None:
    *_, encoded = restored(name, "restored")
    judges.require_accepted(encoded.photo)
    seen = judges.by_pillow(encoded.photo) if "16" not in name else judges.by_opencv(encoded.photo)
    ours = codec.decode(encoded.photo, codec.identify(encoded.photo, SETTINGS)).pixels
    assert judges.difference(ours, seen).max() <= (0 if name in photos.LOSSLESS else 2)


@pytest.mark.parametrize("name", [name for name in photos.RESTORABLE if "alpha" in name])
def test_transparency_stays_as_it_is(name: str) -> None:
    photo, _ = made(name)
    *_, encoded = restored(name)
    before, after = judges.transparency(photo), judges.transparency(encoded.photo)
    assert len(np.unique(before)) > 50
    assert np.array_equal(before, after)


@every_kind
def test_a_mask_that_is_empty_changes_no_pixel_that_can_be_kept(name: str) -> None:
    photo, header = made(name)
    before = codec.decode(photo, header).pixels
    encoded = codec.encode(photo, header, before, np.zeros(before.shape[:2], np.bool_), "")
    after = codec.decode(encoded.photo, header).pixels
    limit = 0 if name in photos.LOSSLESS or name.startswith("jpeg") else 4
    assert judges.difference(after, before).mean() <= limit


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["jpeg", "png", "webp", "tiff", "avif"])
def test_orientation_is_read_and_kept_and_pixels_stay_as_stored(name: str, orientation: int) -> None:
    picture, block = photos.portrait(), photos.exif(orientation)
    makers: dict[str, Callable[[], bytes]] = {
        "jpeg": lambda: photos.jpeg(picture, exif=b"Exif\0\0" + block),
        "png": lambda: photos.png(picture, around=([photos.chunk(b"eXIf", block)], ())),
        "webp": lambda: photos.webp(picture, lossless=True, exif=block),
        "tiff": lambda: photos.tiff(picture, photos.TiffForm(orientation=orientation)),
        "avif": lambda: photos.avif(picture, exif=block),
    }
    photo = makers[name]()
    header = codec.identify(photo, SETTINGS)
    assert header.orientation == orientation
    before = codec.decode(photo, header).pixels
    assert np.abs(before.astype(int) - picture).mean() < 6
    after = codec.encode(photo, header, before, judges.blob(before), "restored").photo
    assert replace(codec.identify(after, SETTINGS), quantisation=header.quantisation) == header
    with Image.open(io.BytesIO(after)) as image:
        assert image.getexif().get(0x0112, 1) == orientation


@pytest.mark.parametrize("name", photos.KEPT)
def test_what_is_fine_but_not_ours_to_change_is_kept_with_a_reason(name: str) -> None:
    with pytest.raises(UnsupportedError) as caught:
        codec.identify(photos.KEPT[name](), SETTINGS)
    assert "keeps" in str(caught.value) or "left" in str(caught.value)


@pytest.mark.parametrize("name", photos.BOMBS)
def test_a_bomb_is_refused_by_its_header(name: str) -> None:
    photo = photos.BOMBS[name]()
    assert len(photo) < 100_000
    with pytest.raises(PhotoError, match="maximum_megapixels"):
        codec.identify(photo, SETTINGS)


@pytest.mark.parametrize(
    ("size", "limit", "told"),
    [
        ((160, 120), 0.001, r"has 0\.02 megapixels, more than .* \(0\.001\) allows"),
        ((1000, 501), 0.5, r"has 0\.51 megapixels, more than .* \(0\.5\) allows"),
        ((1250, 1201), 1.5, r"has 1\.51 megapixels, more than .* \(1\.5\) allows"),
        ((1250, 1201), 1, r"has 2 megapixels, more than .* \(1\) allows"),
    ],
)
def test_the_limit_is_a_setting(size: tuple[int, int], limit: float, told: str) -> None:
    photo = io.BytesIO()
    Image.new("L", size).save(photo, "PNG")
    with pytest.raises(PhotoError, match=told):
        codec.identify(photo.getvalue(), PhotoSettings(maximum_megapixels=limit))


@pytest.mark.parametrize("name", photos.BROKEN)
def test_what_is_broken_has_a_reason(name: str) -> None:
    with pytest.raises(PhotoError) as caught:
        codec.overview(photos.BROKEN[name](), codec.identify(photos.BROKEN[name](), SETTINGS), 1280)
    assert isinstance(caught.value, IncompleteError) == ("truncated" in name or name == "empty")
    assert not isinstance(caught.value, UnsupportedError)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.98])
@every_kind
def test_a_truncated_photo_never_gives_half_a_picture(name: str, share: float) -> None:
    photo, _ = made(name)
    cut = photo[: int(len(photo) * share)]
    if share > {"jpeg-phone": 0.3, "png-metadata": 0.6}.get(name, 1):
        pytest.skip("what is cut off is behind the picture")
    with pytest.raises(PhotoError):
        codec.overview(cut, codec.identify(cut, SETTINGS), 1280)


@every_kind
def test_nothing_is_printed_and_no_global_of_pillow_changes(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    limit = Image.MAX_IMAGE_PIXELS
    photo, header = made(name)
    restored(name, "restored")
    broken = bytearray(photo)
    broken[len(photo) // 2 : len(photo) // 2 + 40] = bytes(40)
    try:
        codec.decode(bytes(broken), header)
    except PhotoError as error:
        assert str(error)  # noqa: PT017 - some damage goes unnoticed, as in a plain TIFF
    printed = capfd.readouterr()
    assert printed.out == ""
    assert printed.err == "" or name in ("tiff-lzw", "tiff-packbits")  # libtiff's own complaint of corrupt data
    assert limit == Image.MAX_IMAGE_PIXELS
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


def test_a_photo_of_ninety_five_megapixels_brings_no_warning() -> None:
    width, height = 10_000, 9_500
    header = struct.pack(">IIBBBBB", width, height, 1, photos.GREY, 0, 0, 0)
    data = zlib.compress(bytes((width // 8 + 1) * height))
    chunks = photos.chunk(b"IHDR", header) + photos.chunk(b"IDAT", data) + photos.chunk(b"IEND", b"")
    photo = b"\x89PNG\r\n\x1a\n" + chunks
    assert codec.overview(photo, codec.identify(photo, SETTINGS), 640).shape == (608, 640, 3)


VOLATILE = {
    "IFD0:StripOffsets",
    "IFD0:StripByteCounts",
    "IFD0:TileOffsets",
    "IFD0:TileByteCounts",
    "QuickTime:MediaDataSize",
    "QuickTime:MediaDataOffset",
    "QuickTime:MediaData",
    "IFD1:ThumbnailOffset",
    "IFD1:ThumbnailImage",  # brought up to date, in a place of the same length
}
"""Where the picture lies, which may change, is not what it is."""

EXTENDED = {"File:FileType", "File:ExifByteOrder", "RIFF:WebP_Flags", "RIFF:ImageWidth", "RIFF:ImageHeight"}
"""What changes in a photo that had no EXIF to hold the history: a WebP then tells its size twice."""

ADDED = {"IFD0:ProcessingSoftware", "IFD0:ImageHistory", "ExifIFD:ExifVersion"}


@pytest.mark.parametrize("name", [name for name in photos.RESTORABLE if not name.startswith("jpeg")])
def test_exiftool_finds_the_same_and_the_history(name: str, tmp_path: Path) -> None:
    photo, _ = made(name)
    *_, encoded = restored(name, "gpend: faces restored with a network")
    before, after = judges.told(photo, tmp_path), judges.told(encoded.photo, tmp_path)
    ignored = VOLATILE | (EXTENDED if "File:ExifByteOrder" not in before else set())
    assert {tag: before[tag] for tag in before if tag not in ignored} == {
        tag: after.get(tag) for tag in before if tag not in ignored
    }
    added = ADDED | ({"QuickTime:Free"} if name.startswith("avif") else set())  # where no EXIF can be written
    assert set(after) - set(before) - ignored <= added
    if not name.startswith("avif-"):
        assert after["IFD0:ImageHistory"] == ["gpend: faces restored with a network"]


@pytest.mark.parametrize("name", [name for name in photos.RESTORABLE if not name.startswith("jpeg")])
def test_without_a_history_no_tag_is_added(name: str, tmp_path: Path) -> None:
    photo, _ = made(name)
    *_, encoded = restored(name)
    assert set(judges.told(encoded.photo, tmp_path)) == set(judges.told(photo, tmp_path))


def test_a_result_of_another_size_is_never_given_out(monkeypatch: pytest.MonkeyPatch) -> None:
    photo, header = made("png")
    other, _ = made("png", 60, 60)

    def wrong(*_: object) -> codec.Encoded:
        return codec.Encoded(other, "", ())

    monkeypatch.setattr(codec.CONTAINERS[Format.PNG], "encode", wrong)
    with pytest.raises(PhotoError, match="did not read back"):
        codec.encode(photo, header, codec.decode(photo, header).pixels, np.ones((150, 120), np.bool_), "")
