"""PNG: every chunk but the picture's stays, and of the picture all that is not the faces."""

import struct
import zlib

import numpy as np
import pytest

from gpend.core import codec
from gpend.core.formats.png import chunks
from gpend.core.formats.png import container as png
from gpend.core.formats.reader import UNMARKED
from gpend.core.photo import Mask, Pixels
from gpend.errors import IncompleteError, PhotoError, UnsupportedError
from gpend.settings import PhotoSettings
from tests import photos
from tests.core import judges

UNSEEN = 2
"""Levels by which a change is too small to be seen in a thumbnail, which then stays as it is."""


def parts(photo: bytes) -> list[tuple[bytes, bytes]]:
    """Every chunk but the picture's, in order."""
    return [(one.kind, photo[one.start : one.end]) for one in chunks.walk(photo) if one.kind != b"IDAT"]


def edited(photo: bytes, change: int = 6, history: str = "") -> tuple[Pixels, Pixels, Mask, codec.Encoded]:
    """Before, wanted, where, and the new file."""
    header = codec.identify(photo, PhotoSettings())
    before = codec.decode(photo, header).pixels
    wanted, changed = judges.brightened(before, change), judges.blob(before)
    return before, wanted, changed, codec.encode(photo, header, wanted, changed, history)


def palette_photo(colours: int = 256, extra: tuple[bytes, ...] = ()) -> bytes:
    """A photo with a palette made for it."""
    indices, palette = photos.paletted(photos.portrait(), colours)
    return photos.png(indices, photos.INDEXED, around=([photos.chunk(b"PLTE", palette), *extra], ()))


def test_every_chunk_stays_byte_for_byte_and_in_order() -> None:
    photo = photos.RESTORABLE["png-metadata"](photos.portrait())
    *_, encoded = edited(photo, change=UNSEEN)
    assert parts(encoded.photo) == parts(photo)


def test_with_a_history_only_the_exif_chunk_changes_and_grows_at_its_end() -> None:
    photo = photos.RESTORABLE["png-metadata"](photos.portrait())
    *_, encoded = edited(photo, change=UNSEEN, history="restored")
    old, new = dict(parts(photo)), dict(parts(encoded.photo))
    assert {kind for kind in old if old[kind] != new[kind]} == {b"eXIf"}
    assert new[b"eXIf"][16 : len(old[b"eXIf"]) - 4] == old[b"eXIf"][16:-4]


def test_what_tells_where_a_half_of_the_rows_lies_goes_and_nothing_else() -> None:
    """Apple's readers decode both halves at once, from where the chunk says that the second begins."""
    halves = photos.chunk(png.HALVES, struct.pack(">7I", 2, 0, 48, 40, 48, 48, 2048))
    around = [photos.chunk(b"sRGB", b"\0"), halves], [photos.chunk(b"tEXt", b"Comment\0a lake")]
    photo = photos.png(photos.portrait(), around=around)
    *_, encoded = edited(photo)
    assert parts(encoded.photo) == [each for each in parts(photo) if each[0] != png.HALVES]
    carried = png.carried_over(photo, encoded.photo, "")
    assert parts(carried) == parts(encoded.photo)


def test_a_trailer_behind_the_picture_stays() -> None:
    *_, encoded = edited(photos.png(photos.portrait()) + b"a trailer")
    assert encoded.photo.endswith(b"IEND\xaeB`\x82a trailer")


def test_an_interlaced_photo_stays_interlaced() -> None:
    *_, encoded = edited(photos.png(photos.portrait(), interlaced=True))
    assert encoded.photo[28] == 1


def test_a_palette_keeps_its_colours_and_every_index_outside() -> None:
    photo = palette_photo()
    before, wanted, changed, encoded = edited(photo)
    assert parts(encoded.photo) == parts(photo)
    after = codec.decode(encoded.photo, codec.identify(encoded.photo, PhotoSettings())).pixels
    assert np.array_equal(after[~changed], before[~changed])
    assert judges.difference(after, wanted)[changed].mean() < 5
    assert encoded.notes == ()


def test_a_palette_without_near_colours_gives_way_to_full_colour() -> None:
    background = photos.chunk(b"bKGD", b"\3")
    photo = palette_photo(8, (background,))
    before, wanted, changed, encoded = edited(photo, change=50)
    after = codec.decode(encoded.photo, codec.identify(encoded.photo, PhotoSettings())).pixels
    assert np.array_equal(after, np.where(changed[..., None], wanted, before))
    assert "full colour" in encoded.notes[0]
    new = dict(parts(encoded.photo))
    assert new[b"IHDR"][16:18] == bytes([8, photos.RGB])
    palette = dict(parts(photo))[b"PLTE"][8:]
    assert new[b"bKGD"][8:14] == struct.pack(">HHH", *palette[9:12])


def test_transparent_entries_stay_transparent_in_full_colour() -> None:
    extra = (photos.chunk(b"sBIT", b"\5\6\5"), photos.chunk(b"tRNS", bytes([0, 128])))
    photo = palette_photo(8, extra)
    indices = png._samples(png._checked(photo))[..., 0]  # noqa: SLF001 - what the file holds
    before, wanted, changed, encoded = edited(photo, change=50)
    assert dict(parts(encoded.photo))[b"sBIT"][8:12] == b"\5\6\5\x08"
    assert b"tRNS" not in dict(parts(encoded.photo))
    alpha = judges.transparency(encoded.photo)
    assert np.array_equal(alpha, np.array([0, 128, *[255] * 254], np.uint8)[indices])
    after = codec.decode(encoded.photo, codec.identify(encoded.photo, PhotoSettings())).pixels
    assert np.array_equal(after, np.where((changed & (indices > 1))[..., None], wanted, before))


@pytest.mark.parametrize("colour", [photos.GREY, photos.RGB])
def test_a_colour_that_stands_for_transparent_is_neither_lost_nor_gained(colour: int) -> None:
    picture = photos.grey(photos.portrait()) if colour == photos.GREY else photos.portrait()
    centre = picture[75, 54]
    key = photos.chunk(b"tRNS", b"".join(struct.pack(">H", value) for value in centre))
    photo = photos.png(picture, colour, around=([key], ()))
    header = codec.identify(photo, PhotoSettings())
    pixels = codec.decode(photo, header).pixels
    pixels[60:90, 40:70] = np.broadcast_to(centre, (3,))  # every pixel there would become transparent
    encoded = codec.encode(photo, header, pixels, judges.blob(pixels), "")
    before, after = judges.transparency(photo), judges.transparency(encoded.photo)
    assert before[75, 54] == 0
    assert np.array_equal(before, after)


def test_sixteen_bits_are_kept_to_the_last() -> None:
    random = np.random.default_rng(0)
    picture = random.integers(0, 1 << 16, (40, 30, 3)).astype(np.uint16)
    photo = photos.png(picture, depth=16)
    header = codec.identify(photo, PhotoSettings())
    assert np.array_equal(codec.decode(photo, header).pixels, picture)
    wanted = picture[::-1].copy()
    encoded = codec.encode(photo, header, wanted, np.ones((40, 30), np.bool_), "")
    assert np.array_equal(judges.by_opencv(encoded.photo), wanted)


def test_eight_bit_pixels_fit_a_photo_of_sixteen() -> None:
    photo = photos.png(photos.deep(photos.portrait()), depth=16)
    header = codec.identify(photo, PhotoSettings())
    white = np.full((150, 120, 3), 255, np.uint8)
    encoded = codec.encode(photo, header, white, np.ones((150, 120), np.bool_), "")
    assert (judges.by_opencv(encoded.photo) == 65535).all()


def test_a_signature_that_no_longer_matches_is_told() -> None:
    photo = photos.png(photos.portrait(), around=([photos.chunk(b"caBX", b"a manifest")], ()))
    *_, encoded = edited(photo)
    assert any("C2PA" in note for note in encoded.notes)


def test_an_animation_of_one_frame_is_a_picture() -> None:
    control = photos.chunk(b"acTL", struct.pack(">II", 1, 0))
    frame = photos.chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 120, 150, 0, 0, 1, 1, 0, 0))
    photo = photos.png(photos.portrait(), around=([control, frame], ()))
    _, wanted, changed, encoded = edited(photo)
    assert parts(encoded.photo) == parts(photo)
    for reader in (judges.by_pillow, judges.by_opencv):
        assert (reader(encoded.photo)[changed] == wanted[changed]).all()


def test_apples_own_variant_is_kept() -> None:
    photo = photos.png(photos.portrait())
    with pytest.raises(UnsupportedError, match="Apple"):
        png.header(photo[:8] + photos.chunk(b"CgBI", bytes(4)) + photo[8:])


@pytest.mark.parametrize(
    "fields",
    [
        (0, 9, 8, 2, 0, 0, 0),
        (9, 0, 8, 2, 0, 0, 0),
        (9, 9, 3, 0, 0, 0, 0),
        (9, 9, 8, 1, 0, 0, 0),
    ],
)
def test_a_header_without_sense_is_corruption(fields: tuple[int, ...]) -> None:
    header = photos.chunk(b"IHDR", struct.pack(">IIBBBBB", *fields))
    data = photos.chunk(b"IDAT", zlib.compress(bytes(1000)))
    with pytest.raises(PhotoError, match="corrupt"):
        png.header(b"\x89PNG\r\n\x1a\n" + header + data + photos.chunk(b"IEND", b""))


def test_a_palette_picture_without_palette_is_corruption() -> None:
    photo = photos.png(photos.grey(photos.portrait()), photos.INDEXED)
    with pytest.raises(PhotoError, match="palette"):
        png.overview(photo, png.header(photo), 100)


def test_a_picture_of_too_few_rows_is_incomplete() -> None:
    photo = photos.png(photos.portrait())
    taller = photos.chunk(b"IHDR", struct.pack(">IIBBBBB", 120, 151, 8, 2, 0, 0, 0))
    photo = photo[:8] + taller + photo[33:]
    with pytest.raises(IncompleteError):
        png.overview(photo, png.header(photo), 100)


def with_wrong_checksum(kind: bytes) -> bytes:
    """A photo with metadata, of which the chunks of a kind are damaged."""
    photo = bytearray(photos.RESTORABLE["png-metadata"](photos.portrait()))
    for chunk in chunks.walk(bytes(photo)):
        if chunk.kind == kind:
            photo[chunk.end - 2] ^= 1
    return bytes(photo)


@pytest.mark.parametrize("kind", [b"gAMA", b"iCCP", b"iTXt", b"tEXt", b"eXIf", b"IEND"])
def test_a_damaged_chunk_that_no_picture_needs_is_passed_and_kept(kind: bytes) -> None:
    photo = with_wrong_checksum(kind)
    assert photo != photos.RESTORABLE["png-metadata"](photos.portrait())
    _, wanted, changed, encoded = edited(photo, change=UNSEEN, history="restored")
    assert [one for one in parts(photo) if one not in parts(encoded.photo)] == (
        [] if kind == b"eXIf" else [next(one for one in parts(photo) if one[0] == b"eXIf")]
    )
    assert encoded.notes == (() if kind == b"IEND" else (png.DAMAGED,))
    assert (judges.by_opencv(encoded.photo)[changed] == wanted[changed]).all()
    assert b"restored" in encoded.photo


def test_a_turn_that_stands_in_a_damaged_chunk_is_not_believed() -> None:
    assert png.header(photos.RESTORABLE["png-metadata"](photos.portrait())).orientation == 6
    assert png.header(with_wrong_checksum(b"eXIf")).orientation == 1


@pytest.mark.parametrize("kind", [b"pHYs", b"gAMA", b"cHRM", b"sRGB", b"tRNS", b"tIME", b"iTXt"])
def test_chunks_that_are_too_short_are_passed_as_other_readers_pass_them(kind: bytes) -> None:
    photo = photos.png(photos.portrait(), around=([photos.chunk(kind, b"" if kind == b"sRGB" else b"a")], ()))
    _, wanted, changed, encoded = edited(photo)
    assert parts(encoded.photo) == parts(photo)
    assert (judges.by_opencv(encoded.photo)[changed] == wanted[changed]).all()


def test_text_that_is_long_when_it_is_unpacked_hinders_nothing() -> None:
    text = photos.chunk(b"zTXt", b"prompt\0\0" + zlib.compress(b"a face, " * 300_000))
    photo = photos.png(photos.portrait(), around=([text], ()))
    *_, encoded = edited(photo)
    assert parts(encoded.photo) == parts(photo)


LATER = photos.chunk(b"tEXt", b"date:create\0" + b"2020" * 30)
ENDLESS = {
    "no end": (b"", UNMARKED),
    "half an end": (chunks.LAST[:6], UNMARKED),
    "an end without its checksum": (chunks.LAST[:-4], UNMARKED),
    "a part": (LATER[:-40], chunks.CUT),
    "a whole part and a part": (LATER + LATER[:20], chunks.CUT),
}


@pytest.mark.parametrize("name", ENDLESS)
@pytest.mark.parametrize("around", [((), ()), photos.png_metadata()], ids=["plain", "with metadata"])
def test_a_picture_that_is_all_there_is_restored_without_its_end(
    name: str, around: tuple[list[bytes], list[bytes]]
) -> None:
    rest, note = ENDLESS[name]
    whole = photos.png(photos.portrait(), around=around)
    photo = whole.removesuffix(chunks.LAST) + rest
    before, _, _, encoded = edited(photo, 60, "a history")
    same, _, _, sought = edited(whole.removesuffix(chunks.LAST) + LATER * (rest[:100] == LATER[:100]) + chunks.LAST, 60)
    assert np.array_equal(before, same)
    assert encoded.notes == (*sought.notes, note)
    judges.require_accepted(encoded.photo)
    assert np.array_equal(judges.by_pillow(encoded.photo), judges.by_pillow(sought.photo))
    assert dict(parts(encoded.photo)).keys() == dict(parts(edited(whole, 60, "a history")[3].photo)).keys() | (
        {b"tEXt"} if LATER in photo else set()
    )
    again = png.carried_over(photo, encoded.photo, "a history")
    assert np.array_equal(judges.by_pillow(again), judges.by_pillow(encoded.photo))


@pytest.mark.parametrize("data", [1, 2])
def test_without_an_end_every_row_must_be_there(data: int) -> None:
    photo = photos.png(photos.synthetic())
    walked = [chunk for chunk in chunks.walk(photo) if chunk.kind == b"IDAT"]
    assert len(walked) > data
    for cut in (walked[data].start, walked[data].start + 5, walked[-1].end - 5):
        with pytest.raises(IncompleteError):
            codec.decode(photo[:cut], codec.identify(photo[:cut], PhotoSettings()))


def test_zeros_behind_a_picture_are_space_that_is_not_filled_yet() -> None:
    photo = photos.png(photos.portrait()).removesuffix(chunks.LAST)
    for count in (8, 12, 5000):
        with pytest.raises(IncompleteError):
            codec.identify(photo + bytes(count), PhotoSettings())
