"""TIFF: nothing moves."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gpend.core import codec
from gpend.core.formats import SIGNED, tags
from gpend.core.formats.exif.block import LONG, Block
from gpend.core.formats.jpeg import embedded
from gpend.core.formats.tiff import container as tiff
from gpend.core.formats.tiff import ifd
from gpend.core.photo import Mask, Pixels
from gpend.errors import IncompleteError, PhotoError, UnsupportedError
from gpend.settings import PhotoSettings
from tests import photos
from tests.core import judges
from tests.photos import TiffForm

FORMS = {
    "strips": TiffForm(),
    "big-endian": TiffForm(order=">"),
    "tiles": TiffForm(tile=(32, 48)),
    "planes": TiffForm(planar=True),
    "deflate": TiffForm(deflate=True, difference=True),
    "short": TiffForm(rows=40, deflate=True, short=True),
}
every_form = pytest.mark.parametrize("name", FORMS)


def edited(photo: bytes, history: str = "") -> codec.Encoded:
    """The photo with a brighter middle."""
    header = codec.identify(photo, PhotoSettings())
    pixels = codec.decode(photo, header).pixels
    return codec.encode(photo, header, judges.brightened(pixels), judges.blob(pixels), history)


@every_form
def test_every_tag_but_the_places_of_the_picture_stays(name: str) -> None:
    picture = photos.portrait() if name != "short" else photos.portrait(60, 75)
    photo = photos.tiff(picture, FORMS[name])
    old, new = Block(photo).first(), Block(edited(photo).photo).first()
    places = {ifd.STRIP_OFFSETS, ifd.STRIP_LENGTHS, ifd.TILE_OFFSETS, ifd.TILE_LENGTHS}
    assert old.offset == new.offset
    assert [one for one in old.entries if one.tag not in places] == [
        one for one in new.entries if one.tag not in places
    ]


def test_an_uncompressed_photo_changes_where_its_pixels_stand_and_nowhere_else() -> None:
    photo = photos.tiff(photos.portrait())
    after = edited(photo).photo
    assert len(after) == len(photo)
    changed = np.flatnonzero(np.frombuffer(after, np.uint8) != np.frombuffer(photo, np.uint8))
    inside = judges.blob(photos.portrait()).reshape(-1).repeat(3)
    assert inside[changed - 8].all()
    assert len(changed) > 0.9 * inside.sum()


def test_a_compressed_photo_keeps_every_strip_that_no_face_touches() -> None:
    photo = photos.tiff(photos.portrait(), TiffForm(deflate=True))
    after = edited(photo).photo
    old, new = (tiff._walked(each).layout for each in (photo, after))  # noqa: SLF001 - the layout of a real file
    same = [one == other for one, other in zip(old.offsets, new.offsets, strict=True)]
    rows: Mask = np.asarray(judges.blob(photos.portrait()).any(axis=1))
    touched = [rows[number * 7 : number * 7 + 7].any() for number in range(len(same))]
    assert all(kept or is_touched for kept, is_touched in zip(same, touched, strict=True))
    assert photo[8 : old.offsets[4]] == after[8 : new.offsets[4]]


@every_form
def test_the_history_is_appended(name: str) -> None:
    photo = photos.tiff(photos.portrait(60, 75), FORMS[name])
    after = edited(photo, "restored").photo
    with Image.open(io.BytesIO(after)) as image:
        assert image.getexif()[0x9213] == "restored"
        assert image.getexif()[0x010F] == "a scanner"
        assert image.getexif().get_ifd(0x8769)[0x927C] == b"a maker's note"


@pytest.mark.parametrize(("levels", "history"), [(60, ""), (6, "a history")])
def test_a_palette_is_kept_that_has_no_near_colours_or_holds_nothing_of_a_slight_change(
    levels: int, history: str
) -> None:
    photo = photos.RESTORABLE["tiff-palette"](photos.portrait() // 64 * 64)
    header = codec.identify(photo, PhotoSettings())
    pixels = codec.decode(photo, header).pixels
    with pytest.raises(UnsupportedError, match="palette"):
        codec.encode(photo, header, judges.brightened(pixels, levels), judges.blob(pixels), history)


@pytest.mark.parametrize("greys", [1, 3])
def test_what_is_transparent_keeps_colours_that_nobody_sees(greys: int) -> None:
    picture = photos.portrait()[..., :greys]
    samples = np.dstack((picture, np.zeros(picture.shape[:2], np.uint8)))
    form = TiffForm(photometric=1 if greys == 1 else 2)
    with pytest.raises(UnsupportedError, match="transparent"):
        edited(photos.tiff(samples, form))
    samples[:75, :, greys] = 1
    after = np.asarray(Image.open(io.BytesIO(edited(photos.tiff(samples, form)).photo)))
    assert np.array_equal(after[75:], samples[75:])
    assert not np.array_equal(after[:75], samples[:75])


def test_layers_that_still_show_the_old_face_are_told() -> None:
    photo = with_tag(photos.tiff(photos.portrait()), 65000, ifd.LAYERS)
    assert "layers" in edited(photo).notes[-1]


def test_a_signature_that_no_longer_matches_is_told() -> None:
    assert edited(with_tag(photos.tiff(photos.portrait()), 65000, ifd.SIGNATURE)).notes == (SIGNED,)


def with_tag(photo: bytes, old: int, new: int) -> bytes:
    """The photo with one tag called another."""
    place = Block(photo).first().place(old) - 8
    return photo[:place] + struct.pack("<H", new) + photo[place + 2 :]


def with_value(photo: bytes, tag: int, value: int) -> bytes:
    """The photo with another value of a SHORT."""
    place = Block(photo).first().place(tag)
    return photo[:place] + struct.pack("<H", value) + photo[place + 2 :]


def with_resources(photo: bytes, resources: bytes) -> bytes:
    """The photo with Photoshop's resources in place of its private tag."""
    block = Block(photo)
    field, at = block.first().place(65000), block.append(resources)
    struct.pack_into("<HHII", block.data, field - 8, ifd.RESOURCES, ifd.UNDEFINED, len(resources), at)
    return bytes(block.data)


def small_picture(photo: bytes) -> bytes:
    """The one that Photoshop keeps."""
    block = Block(photo)
    return embedded.kept_by_photoshop(bytes(block.data[ifd.content(block, block.first(), ifd.RESOURCES)]))


@pytest.mark.parametrize("quality", [40, 97])
def test_photoshops_small_picture_is_kept_true_to_the_photo(quality: int, tmp_path: Path) -> None:
    small = photos.saved(photos.portrait(48, 60), "JPEG", quality=quality)
    photo = with_resources(photos.tiff(photos.portrait()), resources(small))
    header = codec.identify(photo, PhotoSettings())
    pixels = codec.decode(photo, header).pixels
    wanted = judges.brightened(pixels, 60)
    encoded = codec.encode(photo, header, wanted, judges.blob(pixels), "restored")
    assert encoded.notes == ()
    before, after = (np.asarray(Image.open(io.BytesIO(one))) for one in (small, small_picture(encoded.photo)))
    place = judges.blob(before)
    assert (after[place].astype(int) - before[place]).mean() > 30
    assert np.abs(after[:4].astype(int) - before[:4]).max() <= 4
    told, kept = judges.told(encoded.photo, tmp_path), judges.told(photo, tmp_path)
    assert told["Photoshop:GlobalAngle"] == kept["Photoshop:GlobalAngle"] == ["7"]
    assert small_picture(tiff.carried_over(photo, encoded.photo, "")) == small_picture(encoded.photo)


def test_a_small_picture_that_cannot_be_renewed_stays_and_is_told_of() -> None:
    photo = with_resources(photos.tiff(photos.portrait()), resources(b"\xff\xd8\xff\xe0 no picture"))
    header = codec.identify(photo, PhotoSettings())
    pixels = codec.decode(photo, header).pixels
    encoded = codec.encode(photo, header, judges.brightened(pixels, 60), judges.blob(pixels), "")
    assert encoded.notes == (embedded.STALE,)
    assert small_picture(encoded.photo) == small_picture(photo)


def resources(small: bytes) -> bytes:
    """Photoshop's, with a small picture before a number."""
    head = struct.pack(">IIIIIIHH", 1, 48, 60, 144, 8640, len(small), 24, 1)
    data = head + small
    picture = b"8BIM\4\x0c\0\0" + struct.pack(">I", len(data)) + data + bytes(len(data) % 2)
    return picture + b"8BIM\4\x0d\0\0\0\0\0\4\0\0\0\7"


PLAIN = photos.tiff(photos.portrait())
GREY = photos.tiff(photos.grey(photos.portrait()), TiffForm(photometric=1))


@pytest.mark.parametrize(
    ("photo", "reason"),
    [
        (with_tag(PLAIN, 65000, ifd.RAW), "raw"),
        (with_tag(PLAIN, 65000, ifd.SUB_DIRECTORIES), "further pictures"),
        (with_value(PLAIN, ifd.PHOTOMETRIC, 8), "Lab"),
        (with_value(PLAIN, ifd.PHOTOMETRIC, 6), "luminance"),
        (with_value(PLAIN, ifd.PHOTOMETRIC, 32803), "unusual kind"),
        (with_value(PLAIN, ifd.COMPRESSION, 6), "compression"),
        (with_value(PLAIN, ifd.PREDICTOR, 3), "predicted"),
        (with_value(GREY, ifd.BITS, 4), "bits"),
        (with_value(GREY, ifd.BITS, 32), "bits"),
        (with_tag(with_value(GREY, 271, 0), 305, ifd.SAMPLE_FORMAT), "kind|whole numbers"),
    ],
)
def test_other_kinds_are_kept_with_their_reason(photo: bytes, reason: str) -> None:
    with pytest.raises(PhotoError, match=reason):
        tiff.header(photo)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.9, 0.99])
def test_a_file_that_ends_early_is_incomplete(share: float) -> None:
    with pytest.raises(IncompleteError):
        tiff.header(PLAIN[: int(len(PLAIN) * share)])


@pytest.mark.parametrize("tag", [ifd.WIDTH, ifd.HEIGHT, ifd.CHANNELS, ifd.STRIP_ROWS])
def test_tags_that_contradict_each_other_are_corruption(tag: int) -> None:
    photo = with_value(PLAIN, tag, 0 if tag != ifd.CHANNELS else 2)
    with pytest.raises(PhotoError, match="corrupt"):
        tiff.overview(photo, tiff.header(photo), 100)


def test_strips_that_share_their_data_are_parted() -> None:
    flat = np.full((14, 20, 3), 90, np.uint8)
    photo = photos.tiff(flat, TiffForm(deflate=True))
    places = tiff._walked(photo).layout.offsets  # noqa: SLF001 - the layout of a real file
    shared = photo.replace(struct.pack("<II", *places), struct.pack("<II", places[0], places[0]))
    assert shared != photo
    changed = np.zeros((14, 20), np.bool_)
    changed[2, 2] = True
    wanted = np.full((14, 20, 3), 99, np.uint8)
    header = codec.identify(shared, PhotoSettings())
    after = codec.encode(shared, header, wanted, changed, "").photo
    assert (codec.decode(after, header).pixels[..., 0] == np.where(changed, 99, 90)).all()


def with_length(photo: bytes, length: int | None) -> bytes:
    """The photo of one strip with another length told of it, or none."""
    if length is None:
        return with_tag(photo, ifd.STRIP_LENGTHS, 65001)
    place = Block(photo).first().place(ifd.STRIP_LENGTHS)
    return photo[:place] + struct.pack("<I", length) + photo[place + 4 :]


ONE_STRIP = {
    "stored": photos.tiff(photos.portrait(), TiffForm(rows=150)),
    "deflate": photos.tiff(photos.portrait(), TiffForm(rows=150, deflate=True)),
}


@pytest.mark.parametrize(
    ("kind", "length"),
    [
        *[("stored", None), ("stored", 0), ("stored", 10), ("stored", 1 << 20), ("stored", 0xFFFFFFFF)],
        *[("deflate", None), ("deflate", 0)],
    ],
)
def test_an_only_strip_whose_length_is_wrong_or_not_told_is_read_as_other_readers_do(
    kind: str, length: int | None, capfd: pytest.CaptureFixture[str]
) -> None:
    photo = with_length(ONE_STRIP[kind], length)
    shown = judges.by_opencv(photo)
    encoded = edited(photo, "restored")
    inside = judges.blob(shown)
    for reader in (judges.by_pillow, judges.by_opencv):
        before, after = reader(photo), reader(encoded.photo)
        assert np.array_equal(before[~inside], after[~inside])
        assert not np.array_equal(before, after)
    touched = photo.replace(b"a private", b"A private").replace(b"a scanner", b"A scanner")
    assert touched != photo
    if kind == "stored":
        assert b"".join(tiff.coded(touched)) == b"".join(tiff.coded(photo))
    carried = tiff.carried_over(touched, encoded.photo, "")
    assert np.array_equal(codec.decode(carried, tiff.header(carried)).pixels, edited_pixels(encoded.photo))
    capfd.readouterr()  # libtiff tells of the length


def edited_pixels(photo: bytes) -> Pixels:
    """As they are read."""
    return codec.decode(photo, tiff.header(photo)).pixels


def test_an_only_strip_that_is_not_all_there_yet_is_waited_for() -> None:
    photo = with_length(photos.tiff(photos.portrait(), TiffForm(rows=150)), None)
    with pytest.raises(IncompleteError):
        tiff.header(with_value(with_value(photo, ifd.HEIGHT, 1500), ifd.STRIP_ROWS, 1500))


def with_iptc(photo: bytes, iptc: bytes, *, cut: int = 0) -> bytes:
    """The photo with IPTC at its end in place of its private tag, typed LONG, yet as long as it has bytes."""
    block = Block(photo)
    field, at = block.first().place(65000), block.append(iptc)
    struct.pack_into("<HHII", block.data, field - 8, ifd.IPTC, LONG, len(iptc), at)
    return bytes(block.data[: len(block.data) - cut])


def test_iptc_whose_length_is_told_in_bytes_though_it_is_typed_otherwise_is_all_there(tmp_path: Path) -> None:
    iptc = b"\x1c\2\5\0\5title" + b"\x1c\2\x19\0\4word" * 9
    photo = with_iptc(PLAIN, iptc)
    encoded = edited(photo, "restored")
    assert encoded.notes == tags.BESIDE
    assert iptc in encoded.photo
    assert "restored" in encoded.photo[-60:].decode()
    assert judges.told(encoded.photo, tmp_path)["IPTC:ObjectName"] == ["title"]
    with pytest.raises(IncompleteError):
        tiff.header(with_iptc(PLAIN, iptc, cut=1))
