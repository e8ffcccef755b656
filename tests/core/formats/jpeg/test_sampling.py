"""Colour that is shared by pixels in unusual ways: every reader decodes it, so gpend restores it, coded again."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from gpend.core import codec
from gpend.core.formats.jpeg.picture import CHANGING_TABLES, UNUSUAL_SAMPLING
from gpend.core.formats.jpeg.segments import DHT, DQT, SOS, survey
from gpend.errors import UnsupportedError
from gpend.settings import PhotoSettings
from tests.core import judges
from tests.core.formats.jpeg.material import DECODERS, Picture, by_pillow, picture, quality_of
from tests.photos_jpeg import Maker, phone_photo, segment

USUAL = {
    "4:4:4": ((1, 1), (1, 1), (1, 1)),
    "4:2:2": ((2, 1), (1, 1), (1, 1)),
    "4:2:0": ((2, 2), (1, 1), (1, 1)),
    "4:4:0": ((1, 2), (1, 1), (1, 1)),
    "4:1:1": ((4, 1), (1, 1), (1, 1)),
}
UNUSUAL = {
    "4x2": ((4, 2), (1, 1), (1, 1)),
    "1x4": ((1, 4), (1, 1), (1, 1)),
    "3x1": ((3, 1), (1, 1), (1, 1)),
    "4x4": ((4, 4), (2, 2), (1, 1)),
    "2x4": ((2, 4), (1, 1), (1, 1)),
    "mixed": ((2, 2), (1, 2), (2, 1)),
    "less luma than colour": ((1, 1), (2, 2), (2, 2)),
}
"""For each component, its horizontal and vertical sampling factors."""


def sampled(pixels: Picture, factors: tuple[tuple[int, int], ...], front: bytes = b"", quality: int = 92) -> bytes:
    """A JPEG of these factors: each component has a scan of its own, coded by Pillow as a grey picture."""
    across, down = (max(one[axis] for one in factors) for axis in (0, 1))
    height, width = pixels.shape[:2]
    planes = Image.fromarray(pixels).convert("YCbCr").split()
    coded = [
        _grey(plane.resize((-(-width * h // across), -(-height * v // down)), Image.Resampling.BOX), quality)
        for plane, (h, v) in zip(planes, factors, strict=True)
    ]
    walked = survey(coded[0]).segments
    tables = b"".join(coded[0][one.start : one.end] for one in walked if one.marker in {DQT, DHT})
    rows = b"".join(struct.pack("BBB", number, h << 4 | v, 0) for number, (h, v) in enumerate(factors, 1))
    frame = segment(0xC0, struct.pack(">BHHB", 8, height, width, 3) + rows)
    return b"\xff\xd8" + front + tables + frame + b"".join(map(_scan, coded, (1, 2, 3))) + b"\xff\xd9"


def _grey(plane: Image.Image, quality: int) -> bytes:
    stream = io.BytesIO()
    plane.save(stream, "JPEG", quality=quality)
    return stream.getvalue()


def _scan(coded: bytes, number: int) -> bytes:
    scan = survey(coded).segments[-1]
    return segment(SOS, struct.pack("BBBBBB", 1, number, 0, 0, 63, 0)) + coded[scan.end : scan.scan_end]


def restored(photo: bytes) -> tuple[codec.Encoded, Picture]:
    """The photo after its way through the codec, and what was sought."""
    header = codec.identify(photo, PhotoSettings())
    before = codec.decode(photo, header).pixels
    for decoder in DECODERS[:2]:
        assert np.abs(decoder(photo).astype(int) - before).max() <= 4
    sought = judges.brightened(before, 30)
    return codec.encode(photo, header, sought, judges.blob(before), "a history"), np.asarray(sought, np.uint8)


@pytest.mark.parametrize("name", UNUSUAL)
def test_colour_that_is_shared_in_an_unusual_way_is_restored_and_told(name: str) -> None:
    photo = sampled(picture(120, 168), UNUSUAL[name])
    encoded, sought = restored(photo)
    before, after, changed = by_pillow(photo), by_pillow(encoded.photo), judges.blob(sought)
    assert encoded.notes == (UNUSUAL_SAMPLING,)
    assert quality_of(after, sought, changed) > 30
    assert quality_of(after, before, ~changed) > 38


@pytest.mark.parametrize("quality", [25, 50])
def test_a_hard_compressed_one_loses_nothing_of_what_is_restored_and_next_to_nothing_else(quality: int) -> None:
    photo = sampled(picture(120, 168), UNUSUAL["4x2"], quality=quality)
    encoded, sought = restored(photo)
    before, after, changed = by_pillow(photo), by_pillow(encoded.photo), judges.blob(sought)
    assert quality_of(after, sought, changed) > 44
    assert quality_of(after, before, ~changed) > 44


@pytest.mark.parametrize("name", USUAL)
def test_usual_ways_are_patched_without_a_note(name: str) -> None:
    encoded, _ = restored(sampled(picture(120, 168), USUAL[name]))
    assert encoded.notes == ()


def test_what_is_not_the_picture_is_kept_all_the_same() -> None:
    phone = phone_photo(Maker.CANON, picture(64, 64)).photo
    front = b"".join(phone[one.start : one.end] for one in survey(phone).segments if one.marker >= 0xE0)
    photo = sampled(picture(120, 168), UNUSUAL["1x4"], front)
    encoded, _ = restored(photo)
    kept = [phone[one.start : one.end] for one in survey(phone).segments if one.marker >= 0xE2]
    assert all(one in encoded.photo for one in kept)


def test_factors_that_do_not_divide_each_other_are_kept_as_they_are() -> None:
    photo = sampled(picture(120, 168), ((3, 1), (2, 1), (1, 1)))
    with pytest.raises(UnsupportedError, match="unusual way"):
        codec.identify(photo, PhotoSettings())


def test_tables_that_change_between_scans_are_restored_and_told() -> None:
    """Every reader decodes them; the tables of colour are finer here, under the number of those of luma."""
    photo = sampled(picture(120, 168), USUAL["4:4:4"], quality=60)
    walked = survey(photo).segments
    second = [one for one in walked if one.marker == SOS][1]
    steps = next(one for one in walked if one.marker == DQT)
    table = bytearray(photo[steps.start : steps.end])
    table[5:] = bytes(max(1, step // 2) for step in table[5:])
    photo = photo[: second.start] + bytes(table) + photo[second.start :]
    encoded, sought = restored(photo)
    before, after, changed = by_pillow(photo), by_pillow(encoded.photo), judges.blob(sought)
    assert encoded.notes == (CHANGING_TABLES,)
    assert quality_of(after, sought, changed) > 40
    assert quality_of(after, before, ~changed) > 40
