"""AVIF: one item's data change."""

import io
import struct
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gpend.core import codec
from gpend.core.formats import SIGNED, avif, isobmff
from gpend.errors import IncompleteError, PhotoError, UnsupportedError
from gpend.settings import PhotoSettings
from tests import photos
from tests.core import judges
from tests.core.formats.isobmff.test_items import contents, meta
from tests.photos_avif import grid
from tests.photos_heif import MPVD, SAMSUNG, VIDEO, VIVO, told_place, with_samsungs_part


def edited(photo: bytes, history: str = "") -> codec.Encoded:
    """The photo with a brighter middle."""
    header = codec.identify(photo, PhotoSettings())
    pixels = codec.decode(photo, header).pixels
    return codec.encode(photo, header, judges.brightened(pixels), judges.blob(pixels), history)


@pytest.mark.parametrize("history", ["", "restored"])
def test_every_other_item_stays_byte_for_byte(history: str) -> None:
    picture = photos.alpha(photos.portrait())
    photo = photos.avif(picture, metadata=True)
    after = edited(photo, history).photo
    kinds = isobmff.kinds(photo, meta(photo))
    assert isobmff.kinds(after, meta(after)) == kinds
    old, new = contents(photo), contents(after)
    changed = {item for item in old if old[item] != new[item]}
    exif = {item for item in kinds if kinds[item] == b"Exif"} if history else set()
    assert changed == {isobmff.primary(photo, meta(photo))} | exif
    assert np.array_equal(judges.transparency(photo), judges.transparency(after))


def test_the_properties_stay_but_for_how_the_picture_is_coded() -> None:
    photo = photos.avif(photos.portrait(), metadata=True, subsampling="4:4:4", range="limited")
    after = edited(photo).photo
    for each in (photo, after):
        found, _ = isobmff.properties(each, meta(each))
        assert [one.kind for one in found] == [b"ispe", b"pixi", b"av1C", b"colr", b"colr"]
    with Image.open(io.BytesIO(after)) as image:
        assert image.info["icc_profile"] == photos.icc()
        assert image.info["xmp"] == photos.XMP


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_the_sampling_of_colour_is_kept(subsampling: str) -> None:
    photo = photos.avif(photos.portrait(), subsampling=subsampling)
    for each in (photo, edited(photo).photo):
        assert avif._walked(each).coding.subsampling == subsampling  # noqa: SLF001 - the fact in question


@pytest.mark.parametrize("matrix", [1, 6, 9])
def test_colours_stay_true_whatever_matrix_the_source_tells(matrix: int) -> None:
    photo = bytearray(photos.avif(photos.portrait(), subsampling="4:4:4", quality=95))
    place = photo.index(b"nclx") + 8
    photo[place : place + 2] = bytes([0, matrix])
    encoded = edited(bytes(photo))
    header = codec.identify(encoded.photo, PhotoSettings())
    before, after = (codec.decode(each, header).pixels for each in (bytes(photo), encoded.photo))
    outside = ~judges.blob(before)
    assert np.abs(before.astype(int) - after)[outside].mean() < 2


def test_quality_follows_the_source() -> None:
    sizes = []
    for quality in (50, 90, 99):
        photo = photos.avif(photos.portrait(300, 400), quality=quality)
        encoded = edited(photo)
        assert len(encoded.photo) >= len(photo)
        sizes.append(len(encoded.photo))
    assert sizes == sorted(sizes)


def test_a_history_that_finds_no_exif_is_told() -> None:
    assert "no EXIF" in edited(photos.avif(photos.portrait()), "restored").notes[-1]
    assert len(edited(photos.avif(photos.portrait())).notes) == 1


def test_an_exif_of_no_length_becomes_one() -> None:
    photo = photos.avif(photos.portrait(), exif=photos.exif_without_orientation())
    (meta,) = (box for box in isobmff.boxes(photo, 0, len(photo)) if box.kind == b"meta")
    kinds, boxes = isobmff.kinds(photo, meta), list(isobmff.boxes(photo, 0, len(photo)))
    place = next(one for one in isobmff.extents(photo, meta) if kinds[one.item] == b"Exif")
    empty = isobmff.exchanged(photo, boxes, meta, {place: b""})
    encoded = edited(empty, "restored")
    assert len(encoded.notes) == 1
    with Image.open(io.BytesIO(encoded.photo)) as image:
        assert image.getexif()[0x9213] == "restored"


def test_a_signature_that_no_longer_matches_is_told() -> None:
    manifest = len(avif.SIGNATURE + b"a manifest") + 8
    box = manifest.to_bytes(4, "big") + b"uuid" + avif.SIGNATURE + b"a manifest"
    encoded = edited(photos.avif(photos.portrait()) + box)
    assert encoded.notes[-1] == SIGNED
    assert box in encoded.photo


def altered(photo: bytes, old: bytes, new: bytes) -> bytes:
    """The photo with other bytes in one place."""
    assert photo.count(old) >= 1
    return photo.replace(old, new, 1)


def with_coding(flags: int) -> bytes:
    """A photo whose av1C tells of something else."""
    photo = bytearray(photos.avif(photos.portrait()))
    photo[photo.index(b"av1C") + 6] = flags
    return bytes(photo)


@pytest.mark.parametrize(
    ("photo", "reason"),
    [
        (with_coding(0x48), "8 bits"),
        (altered(photos.avif(photos.portrait()), b"av01Color", b"gridColor"), "several"),
        (altered(photos.avif(photos.alpha(photos.portrait())), b"auxl", b"prem"), "alpha"),
        (altered(photos.avif(photos.portrait()), b"pixi", b"a1op"), "layers"),
    ],
)
def test_other_kinds_are_kept_with_their_reason(photo: bytes, reason: str) -> None:
    with pytest.raises(UnsupportedError, match=reason):
        avif.header(photo)


def test_what_would_take_too_much_memory_is_kept() -> None:
    with pytest.raises(UnsupportedError, match="megapixels"):
        codec.overview(b"", codec.Header(codec.Format.AVIF, 11_000, 10_000, 1), 100)


def test_a_file_that_ends_early_is_incomplete() -> None:
    photo = photos.avif(photos.portrait())
    for length in (100, 300, len(photo) - 1):
        with pytest.raises(IncompleteError):
            avif.header(photo[:length])


def test_a_picture_that_reads_back_otherwise_is_never_given_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(avif, "_told", lambda picture, _: picture.photo)
    photo = bytearray(photos.avif(photos.portrait()))
    place = photo.index(b"nclx") + 8
    photo[place : place + 2] = bytes([0, 8])  # a source in YCgCo, whose name for it is left in place
    with pytest.raises(PhotoError, match="did not read back"):
        edited(bytes(photo))


@pytest.mark.parametrize("behind", [VIVO, SAMSUNG, MPVD, VIDEO], ids=["vivo", "Samsung", "video in a box", "video"])
def test_what_stands_behind_the_picture_stays_byte_for_byte(behind: bytes) -> None:
    photo = photos.avif(photos.portrait(), metadata=True)
    encoded = edited(photo + behind, "restored")
    assert encoded.photo.endswith(behind)
    assert encoded.photo[: -len(behind)] == edited(photo, "restored").photo
    judges.require_accepted(encoded.photo)


@pytest.mark.parametrize("video", [MPVD, VIDEO])
def test_a_video_that_was_cut_off_stays_as_it_is(video: bytes) -> None:
    photo = photos.avif(photos.portrait(), metadata=True) + video[:-100]
    after = edited(photo, "restored").photo
    assert after.endswith(video[:-100])
    judges.require_accepted(after)


@pytest.mark.parametrize("metadata", [False, True])
def test_a_motion_photos_video_stays_last_and_where_samsung_says_it_is(*, metadata: bool) -> None:
    photo = photos.avif(photos.portrait(), metadata=metadata)
    plain, told = photo + MPVD, with_samsungs_part(photo)
    assert told[told_place(told) :].startswith(VIDEO)
    for each in (plain, told):
        after = edited(each, "restored").photo
        assert after != each
        assert avif.carried_over(each, after, "restored")[-len(MPVD) :] == after[-len(MPVD) :]
    assert edited(plain, "restored").photo.endswith(MPVD)
    new = edited(told, "restored").photo
    for each in (new, avif.carried_over(told, new, "restored")):
        assert each[told_place(each) :].startswith(VIDEO)


GRIDS = {
    "even": grid(photos.portrait(256, 320), (128, 160)),
    "padded": grid(photos.portrait(250, 310), (128, 128), subsampling="4:4:4"),
    "one column": grid(photos.portrait(200, 320), (200, 80), range="limited"),
}


@pytest.mark.parametrize("name", GRIDS)
def test_a_grid_of_tiles_is_restored_and_stays_one(name: str) -> None:
    photo = GRIDS[name]
    judges.require_accepted(photo)
    before = judges.by_pillow(photo)
    inside, wanted = judges.blob(before), judges.brightened(before, 60)
    encoded = codec.encode(photo, codec.identify(photo, PhotoSettings()), wanted, inside, "restored")
    judges.require_accepted(encoded.photo)
    after = judges.by_pillow(encoded.photo)
    assert after.shape == before.shape
    assert np.abs(after[inside].astype(int) - wanted[inside]).mean() < 5
    assert np.abs(after[~inside].astype(int) - before[~inside]).mean() < 3
    kinds = isobmff.kinds(photo, meta(photo))
    assert isobmff.kinds(encoded.photo, meta(encoded.photo)) == kinds
    old, new = contents(photo), contents(encoded.photo)
    assert {item for item in old if old[item] != new[item]} == {item for item in kinds if kinds[item] == b"av01"}
    again = avif.carried_over(photo, encoded.photo, "restored")
    assert np.array_equal(judges.by_pillow(again), after)
    assert [*avif.coded(photo)] != [*avif.coded(encoded.photo)]


def test_a_grid_whose_tiles_do_not_cover_it_is_kept() -> None:
    photo = GRIDS["even"]
    size = struct.pack(">II", 256, 320)
    with pytest.raises(UnsupportedError, match="several pictures"):
        codec.identify(photo.replace(size, struct.pack(">II", 512, 320), 1), PhotoSettings())
    other = photo.replace(b"av01", b"hvc1", 1)
    with pytest.raises(UnsupportedError, match="several pictures"):
        codec.identify(other, PhotoSettings())


def test_a_grid_whose_tiles_cannot_be_told_apart_from_a_further_picture_is_kept() -> None:
    """A picture that is no tile, and shares how they are coded, would not be decoded any more."""
    photo = GRIDS["even"]
    at = photo.index(b"dimg") + 4
    with pytest.raises((UnsupportedError, PhotoError)):
        edited(photo[:at] + struct.pack(">HH", 1, 3) + photo[at + 4 :])


def test_a_tile_that_reads_back_otherwise_is_never_given_out(monkeypatch: pytest.MonkeyPatch) -> None:
    photo, cut = grid(photos.portrait(256, 320), (64, 64)), avif._cut  # noqa: SLF001 - the fault in question

    def cut_wrongly(picture: avif._Picture, wanted: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
        for number, tile in enumerate(cut(picture, wanted)):
            yield tile ^ np.uint8(0x20 if number == 7 else 0)

    monkeypatch.setattr(avif, "_cut", cut_wrongly)
    with pytest.raises(PhotoError, match="did not read back"):
        edited(photo)
