"""An AVIF of more than 8 bits a sample is restored, and stays so."""

import struct
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gpend.core import codec
from gpend.core.formats import av1, avif, isobmff
from gpend.core.formats.av1_coder import Coding, decoded, encoded
from gpend.core.photo import Pixels
from gpend.errors import PhotoError, UnsupportedError
from gpend.settings import PhotoSettings
from tests import photos
from tests.core import judges


def deep(picture: NDArray[np.uint8], bits: int) -> bytes:
    """An AVIF of so many bits, as OpenCV writes it, with levels between those of 8 bits."""
    samples = picture.astype(np.uint16) << bits - 8 | picture.astype(np.uint16) * 7 % (1 << bits - 8)
    shown = samples[..., 0] if picture.shape[2] == 1 else samples[..., ::-1]
    asked = (cv2.IMWRITE_AVIF_DEPTH, bits, cv2.IMWRITE_AVIF_QUALITY, 80, cv2.IMWRITE_AVIF_SPEED, 9)
    is_written, found = cv2.imencode(".avif", shown, asked)
    assert is_written
    return found.tobytes()


PICTURE = photos.portrait(200, 264)
FORMS = {"10 bits": (PICTURE, 10), "12 bits": (PICTURE, 12), "grey": (PICTURE[..., 1:2], 10)}
LIMITED = ("10 bits", "grey")  # forms that are there in limited range, too


def limited(photo: bytes) -> bytes:
    """The same samples, told to be in limited range."""
    place = photo.index(b"nclx") + 10
    return photo[:place] + b"\0" + photo[place + 1 :]


if cv2.haveImageWriter(".avif"):
    PHOTOS = {name: deep(*form) for name, form in FORMS.items()}
    PHOTOS |= {f"{name} in limited range": limited(PHOTOS[name]) for name in LIMITED}
else:
    PHOTOS = dict.fromkeys((*FORMS, *(f"{name} in limited range" for name in LIMITED)), b"")
pytestmark = pytest.mark.skipif(not cv2.haveImageWriter(".avif"), reason="OpenCV was built without AVIF")
every_photo = pytest.mark.parametrize("name", PHOTOS)


def coding(photo: bytes) -> Coding:
    at = photo.index(b"av1C") + 4
    return Coding(photo[at : at + 4])


def brighter(pixels: Pixels) -> Pixels:
    return np.minimum(pixels.astype(np.uint32) + 60 * 257, 65535).astype(np.uint16)


@every_photo
def test_a_deep_picture_is_restored_and_stays_deep(name: str) -> None:
    photo = PHOTOS[name]
    header = codec.identify(photo, PhotoSettings())
    assert header.depth == 48
    assert header.quantisation
    found = codec.decode(photo, header)
    before, inside = found.pixels, judges.blob(found.pixels)
    assert before.dtype == np.uint16
    assert found.grey is name.startswith("grey")
    assert np.abs((before >> 8).astype(int) - judges.by_pillow(photo)).max() < 8
    wanted = brighter(before)
    result = codec.encode(photo, header, wanted, inside, "restored")
    assert coding(result.photo).content[2] == coding(photo).content[2]
    after = codec.decode(result.photo, codec.identify(result.photo, PhotoSettings())).pixels
    assert np.abs(after[inside].astype(int) - wanted[inside]).mean() < 3 * 257
    far = cv2.dilate(inside.astype(np.uint8), np.ones((33, 33), np.uint8)) == 0
    error = (after[far].astype(float) - before[far]) / 65535
    assert -10 * np.log10((error**2).mean()) > 43
    judges.require_accepted(result.photo)
    assert np.abs(judges.by_pillow(result.photo)[inside].astype(int) - (wanted[inside] >> 8)).mean() < 4
    assert np.array_equal(avif.carried_over(photo, result.photo, "restored"), result.photo)


@every_photo
def test_the_overview_is_that_of_other_readers(name: str) -> None:
    photo = PHOTOS[name]
    seen = codec.overview(photo, codec.identify(photo, PhotoSettings()), 132)
    sought = cv2.resize(judges.by_pillow(photo), seen.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(seen.astype(int) - sought).max() < 4


@pytest.mark.parametrize("bits", [10, 12])
def test_samples_keep_all_their_levels(bits: int) -> None:
    """Of an even picture nothing is lost, as it is written and read."""
    for level in (0, 1, (1 << bits) // 3, (1 << bits) - 1):
        whole = np.full((64, 64, 3), level << 16 - bits | level >> 2 * bits - 16, np.uint16)
        form = Coding(bytes((0x81, 0, 0x4C | (0x20 if bits == 12 else 0), 0)))
        assert form.bits == bits
        again = decoded(encoded(whole, form, 100, limited=False), form, 64, 64)
        assert np.abs(again.astype(int) - whole).max() <= 2 << 16 - bits
        assert level or again.max() <= 2 << 16 - bits


def test_what_is_of_another_size_than_its_header_says_is_corrupt() -> None:
    for photo in (PHOTOS["10 bits"], photos.avif(PICTURE)):
        with pytest.raises(PhotoError, match="corrupt"):
            decoded(photo, coding(photo), 100, 100)


def test_finer_colours_than_can_be_written_are_kept() -> None:
    photo = bytearray(photos.avif(PICTURE))
    photo[photo.index(b"av1C") + 6] = 0x40
    with pytest.raises(UnsupportedError, match="colours are finer"):
        avif.header(bytes(photo))


EXIF = photos.exif_without_orientation()


def with_data_far_away(photo: bytes) -> bytes:
    """The same, with nothing in between."""
    meta = next(box for box in isobmff.boxes(photo, 0, len(photo)) if box.kind == b"meta")
    result, gap = bytearray(photo), (600).to_bytes(4, "big") + b"free" + bytes(592)
    for _, base, offset, _ in isobmff.extents(photo, meta):
        assert not base
        result[offset.place : offset.place + offset.size] = (offset.value + len(gap)).to_bytes(offset.size, "big")
    return bytes(result[: meta.end] + gap + result[meta.end :])


def deepened(photo: bytes) -> bytes:
    """An AVIF with the picture of one of 10 bits in place of its own."""
    other = avif._walked(PHOTOS["10 bits"])  # noqa: SLF001 - where its data lie
    photo = photo.replace(b"av1C" + coding(photo).content, b"av1C" + coding(other.photo).content)
    photo = photo.replace(b"\x03\x08\x08\x08", b"\x03\x0a\x0a\x0a")
    before, new = avif._walked(photo), other.photo[other.coded[0].data]  # noqa: SLF001 - the same
    return isobmff.exchanged(photo, before.layout.boxes, before.meta, {before.coded[0]: new})


@pytest.mark.parametrize("metadata", [{"exif": EXIF}, {"xmp": photos.XMP}])
@pytest.mark.parametrize("bits", [8, 10])
def test_metadata_that_lie_far_behind_what_tells_of_them_make_no_picture_corrupt(
    bits: int, metadata: dict[str, Any]
) -> None:
    """OpenCV looks for them in the first 500 bytes."""
    photo = photos.avif(PICTURE, **metadata)
    photo = with_data_far_away(deepened(photo) if bits > 8 else photo)
    header = codec.identify(photo, PhotoSettings())
    before = codec.decode(photo, header).pixels
    assert before.dtype == (np.uint16 if bits > 8 else np.uint8)
    inside = judges.blob(before)
    wanted = before.copy()
    wanted[inside] //= 2
    result = codec.encode(photo, header, wanted, inside, "restored").photo
    levels = 257 if bits > 8 else 1
    assert np.abs(judges.by_pillow(result)[inside].astype(int) - (wanted[inside] // levels)).mean() < 4


@pytest.mark.parametrize("transfer", [16, 18])
def test_brightness_made_for_hdr_is_kept(transfer: int) -> None:
    photo = bytearray(PHOTOS["10 bits"])
    place = photo.index(b"nclx") + 6
    photo[place : place + 2] = struct.pack(">H", transfer)
    with pytest.raises(UnsupportedError, match="HDR"):
        avif.header(bytes(photo))


def told_within(photo: bytes, primaries: int, transfer: int) -> bytes:
    """The same, of whose colours its coded data alone tell, and tell so."""
    picture = avif._walked(photo)  # noqa: SLF001 - where its data lie
    place, length = picture.coded[0].data.start, 24
    bits = f"{int.from_bytes(photo[place : place + length], 'big'):0{8 * length}b}"
    before, after = (f"{one:08b}{other:08b}" for one, other in ((1, 13), (primaries, transfer)))
    assert bits.count(before) == 1
    new = int(bits.replace(before, after), 2).to_bytes(length, "big")
    return (photo[:place] + new + photo[place + length :]).replace(b"colrnclx", b"freenclx")


@pytest.mark.parametrize(
    ("name", "colours", "why"),
    [
        ("10 bits", (9, 16), "HDR"),
        ("10 bits", (1, 18), "HDR"),
        ("10 bits", (9, 1), "coded data alone"),
        ("8 bits", (9, 16), "coded data alone"),
        ("8 bits", (12, 13), "coded data alone"),
    ],
)
def test_colours_that_would_be_lost_with_the_data_that_tell_of_them_are_kept(
    name: str, colours: tuple[int, int], why: str
) -> None:
    photo = {**PHOTOS, "8 bits": photos.avif(PICTURE)}[name]
    with pytest.raises(UnsupportedError, match=why):
        avif.header(told_within(photo, *colours))


@pytest.mark.parametrize("name", ["10 bits", "12 bits", "8 bits"])
def test_ordinary_colours_need_not_be_told_in_a_box(name: str) -> None:
    photo = {**PHOTOS, "8 bits": photos.avif(PICTURE)}[name]
    for colours in ((1, 13), (1, 1), (2, 2)):
        avif.header(told_within(photo, *colours))


@pytest.mark.parametrize("subsampling", ["4:0:0", "4:2:0", "4:4:4"])
@pytest.mark.parametrize("span", ["full", "limited"])
def test_the_range_of_samples_is_read_from_the_coded_data_where_no_box_tells_it(subsampling: str, span: str) -> None:
    photo = photos.avif(PICTURE, subsampling=subsampling, range=span).replace(b"colrnclx", b"freenclx")
    assert avif._walked(photo).colours == (1, 13, span == "limited")  # noqa: SLF001 - the fact in question


def test_data_that_tell_nothing_of_colours_say_so() -> None:
    for data in (b"", b"\x0a\x01\x18", b"\x32\x02ab", b"\xff" * 9):
        assert av1.colours(data) == av1.UNTOLD


def test_a_deep_picture_that_would_take_too_much_memory_is_kept() -> None:
    with pytest.raises(UnsupportedError, match="50 megapixels"):
        codec.overview(b"", codec.Header(codec.Format.AVIF, 8_000, 7_000, 1, 48), 100)
