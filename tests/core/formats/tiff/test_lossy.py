"""A TIFF whose strips or tiles are JPEGs: what the faces do not touch stays, bit for bit, as three readers see it."""

import io
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from PIL import Image

from gpend.core import codec
from gpend.core.formats.exif.block import Block
from gpend.core.formats.jpeg import turbo
from gpend.core.formats.tiff import container as tiff
from gpend.core.formats.tiff import ifd, strips
from gpend.core.photo import Pixels
from gpend.errors import PhotoError, UnsupportedError
from gpend.settings import PhotoSettings
from tests import photos
from tests.core import judges
from tests.photos import TiffForm
from tests.pictures import Samples

pytestmark = pytest.mark.skipif(turbo.load() is None, reason="libturbojpeg is not installed here")

DQT, DHT = 0xDB, 0xC4
PICTURE = photos.portrait(190, 250)
GREY = PICTURE[..., 1:2]


def by_libtiff(samples: Samples, **options: object) -> bytes:
    """One as Pillow writes it, in strips that share their tables."""
    stream = io.BytesIO()
    image = Image.fromarray(samples[..., 0] if samples.shape[2] == 1 else samples)
    image.save(stream, "TIFF", compression="jpeg", quality=60, tiffinfo={278: 32}, **options)
    return stream.getvalue()


PHOTOS = {
    "libtiff": by_libtiff(PICTURE),
    "libtiff in grey": by_libtiff(GREY),
    "strips": photos.tiff(PICTURE, TiffForm(jpeg=True, photometric=6, rows=48)),
    "big-endian": photos.tiff(PICTURE, TiffForm(order=">", jpeg=True, photometric=6, rows=48)),
    "tiles": photos.tiff(PICTURE, TiffForm(jpeg=True, photometric=6, tile=(64, 96))),
    "grey tiles": photos.tiff(GREY, TiffForm(jpeg=True, photometric=1, tile=(64, 96))),
    "negative": photos.tiff(GREY, TiffForm(jpeg=True, photometric=0, rows=190)),
    "planes": photos.tiff(PICTURE, TiffForm(jpeg=True, photometric=2, planar=True, rows=64)),
    "shared": photos.tiff(PICTURE, TiffForm(jpeg=True, photometric=6, rows=48, shared=(DQT, DHT))),
    "shared steps": photos.tiff(
        PICTURE, TiffForm(jpeg=True, photometric=6, tile=(64, 96), shared=(DQT,), optimized=True)
    ),
}
every_photo = pytest.mark.parametrize("name", PHOTOS)


def by_pillow(photo: bytes) -> Pixels:
    with Image.open(io.BytesIO(photo)) as image:
        return np.asarray(image.convert("RGB"))


def by_opencv(photo: bytes) -> Pixels:
    found = cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)
    assert found is not None
    return np.asarray(found, np.uint8)


def edited(photo: bytes, history: str = "") -> codec.Encoded:
    """The photo with a brighter middle."""
    header = codec.identify(photo, PhotoSettings())
    pixels = codec.decode(photo, header).pixels
    return codec.encode(photo, header, judges.brightened(pixels), judges.blob(pixels), history)


@every_photo
def test_it_is_decoded_as_others_decode_it(name: str) -> None:
    photo = PHOTOS[name]
    pixels = codec.decode(photo, codec.identify(photo, PhotoSettings())).pixels
    assert np.array_equal(pixels, by_pillow(photo))
    assert np.array_equal(pixels, by_opencv(photo))


@every_photo
def test_what_changes_is_where_it_was_to_change(name: str) -> None:
    photo = PHOTOS[name]
    encoded = edited(photo, "a history")
    before = by_pillow(photo)
    inside = judges.blob(before)
    near = cv2.dilate(inside.astype(np.uint8), np.ones((49, 49), np.uint8)).astype(bool)  # MCUs and those beside
    for read in (by_pillow, by_opencv):
        after = read(encoded.photo)
        assert np.array_equal(after[~near], before[~near])
        assert np.abs(after[inside].astype(int) - judges.brightened(before)[inside]).mean() < 6
    assert encoded.notes == ()
    assert len(encoded.photo) < 2 * len(photo)


@every_photo
def test_strips_without_a_face_stay_as_they_are(name: str) -> None:
    old, new = (tiff._walked(each) for each in (PHOTOS[name], edited(PHOTOS[name]).photo))  # noqa: SLF001 - the fact in question
    pairs = [(bytes(tiff._strip(old, one)), bytes(tiff._strip(new, one))) for one in range(len(old.layout.offsets))]  # noqa: SLF001 - the same
    assert any(before != after for before, after in pairs)
    untouched = [number for number, (before, after) in enumerate(pairs) if before == after]
    assert untouched or len(pairs) < 4
    assert old.block.data[8:200] == new.block.data[8:200] or 0 not in untouched


@every_photo
def test_under_other_metadata_it_has_the_same_picture(name: str) -> None:
    photo = PHOTOS[name]
    after = edited(photo, "a history").photo
    again = tiff.carried_over(photo, after, "a history")
    assert np.array_equal(by_pillow(again), by_pillow(after))
    assert [bytes(each) for each in tiff.coded(photo)] != [bytes(each) for each in tiff.coded(after)]


def test_how_coarse_it_is_is_told() -> None:
    assert len(codec.identify(PHOTOS["libtiff"], PhotoSettings()).quantisation) == 64
    assert codec.identify(photos.tiff(PICTURE), PhotoSettings()).quantisation == ()


def test_strips_that_share_huffman_tables_made_for_them_are_kept() -> None:
    photo = photos.tiff(PICTURE, TiffForm(jpeg=True, photometric=6, rows=256, shared=(DQT, DHT), optimized=True))
    with pytest.raises(UnsupportedError, match="share"):
        edited(photo)


def with_value(photo: bytes, tag: int, value: int) -> bytes:
    block = Block(photo)
    ifd.renumber(block, block.first(), tag, [value])
    return bytes(block.data)


@pytest.mark.parametrize(
    ("photo", "reason"),
    [
        (photos.tiff(PICTURE, TiffForm(photometric=6)), "luminance"),
        (with_value(PHOTOS["strips"], ifd.PHOTOMETRIC, 2), "size or kind"),
        (with_value(PHOTOS["grey tiles"], ifd.PHOTOMETRIC, 3), "unusual"),
        (with_value(PHOTOS["grey tiles"], ifd.WIDTH, 90), "where each part"),
        (with_value(PHOTOS["strips"], ifd.WIDTH, 249), "size or kind"),
        (photos.tiff(photos.alpha(PICTURE), TiffForm(photometric=6)), "luminance"),
        (with_value(photos.tiff(photos.alpha(PICTURE)), ifd.COMPRESSION, 7), "many channels"),
        (with_value(photos.tiff(PICTURE), ifd.COMPRESSION, 7), "no JPEG"),
    ],
)
def test_other_kinds_are_kept_with_their_reason(photo: bytes, reason: str) -> None:
    with pytest.raises(PhotoError, match=reason):
        edited(photo)


def test_a_damaged_strip_is_refused() -> None:
    photo = bytearray(PHOTOS["strips"])
    scan = photo.index(b"\xff\xda")
    photo[scan + 60 : scan + 160] = b"\xff\x00" * 50
    with pytest.raises(PhotoError):
        edited(bytes(photo))


def test_zstandard_is_written_as_it_was() -> None:
    stream = io.BytesIO()
    try:
        Image.fromarray(PICTURE).save(stream, "TIFF", compression="zstd")
    except OSError:
        pytest.skip("this Pillow has no Zstandard")
    photo = stream.getvalue()
    before, after = by_pillow(photo), by_pillow(edited(photo).photo)
    inside = judges.blob(before)
    assert np.array_equal(after[~inside], before[~inside])
    assert np.array_equal(after[inside], judges.brightened(before)[inside])


@pytest.mark.parametrize("place", [(70, 100), (300, 400)])
def test_a_tile_that_reads_back_otherwise_is_never_given_out(
    place: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = photos.tiff(photos.portrait(480, 480), TiffForm(jpeg=True, photometric=6, tile=(64, 96)))
    rewritten, (top, left) = strips.rewritten, place

    def write(photo: bytes, layout: strips.Layout, before: Pixels, after: Pixels) -> Iterator[tuple[int, bytes]]:
        other = after.copy()
        other[top : top + 40, left : left + 40] ^= 0x30
        return rewritten(photo, layout, before, other)

    monkeypatch.setattr(strips, "rewritten", write)
    with pytest.raises(PhotoError, match="did not read back"):
        edited(photo)


@pytest.mark.parametrize(("quality", "is_kept"), [(3, True), (60, False)])
def test_strips_so_hard_compressed_that_nothing_of_the_change_is_left_are_kept(quality: int, *, is_kept: bool) -> None:
    stream = io.BytesIO()
    Image.fromarray(PICTURE).save(stream, "TIFF", compression="jpeg", quality=quality, tiffinfo={278: 32})
    photo = stream.getvalue()
    header = codec.identify(photo, PhotoSettings())
    pixels = codec.decode(photo, header).pixels
    wanted, changed = judges.brightened(pixels), judges.blob(pixels)
    if is_kept:
        with pytest.raises(UnsupportedError, match="compressed so strongly"):
            codec.encode(photo, header, wanted, changed, "a history")
    else:
        assert codec.encode(photo, header, wanted, changed, "a history").photo != photo
