"""A block too long for one segment keeps in the first what every reader looks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core.formats import exif
from gpend.core.formats.exif.block import Block, UnreadableError
from gpend.core.formats.exif.fitting import LONGEST, NOTE, SPREAD, Fitted, fitted
from gpend.core.formats.exif.parts import DIRECTORY, MAKER_NOTE, THUMBNAIL, dropped, find, parts, without
from tests import photos
from tests.photos_heif import long_exif
from tests.photos_jpeg import ASCII, UNDEFINED

APPLE = b"Apple iOS\0\0\1MM".ljust(80_000, b"m")
UNKNOWN = bytes(80_000)


def values(tiff: bytes) -> dict[tuple[int, int], bytes]:
    """What stands in all directories, by the directory's own number and the tag; directories' offsets left out."""
    block = Block(tiff)
    found = parts(block)
    directories = [part for part in found if part.tag == DIRECTORY]
    holders = {part: next(d for d in directories if d.start <= part.pointer < d.end) for part in found if part.tag}
    return {(directories.index(holders[part]), part.tag): tiff[part.start : part.end] for part in holders}


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("tag", [MAKER_NOTE, THUMBNAIL, 0x010F, 2])
def test_a_block_without_a_value_has_all_others(order: str, tag: int) -> None:
    tiff = long_exif(order, b"a note of odd length!", 501, is_last=False)
    part = find(parts(Block(tiff)), tag)
    assert part is not None
    kept = {place: value for place, value in values(tiff).items() if place[1] != tag}
    assert len(kept) == len(values(tiff)) - 1
    after = dropped(tiff, part)
    assert {place: value for place, value in values(after).items() if place[1] != tag} == kept
    assert len(after) <= len(tiff) - (part.end - part.start) + 1


def test_what_is_shared_is_not_taken_out() -> None:
    tiff = bytearray(long_exif("<", b"a note of some length", 0, is_last=True))
    found = parts(Block(bytes(tiff)))
    note, text = find(found, MAKER_NOTE), find(found, 0x9003)
    assert note is not None
    assert text is not None
    tiff[text.pointer : text.pointer + 4] = note.start.to_bytes(4, "little")
    with pytest.raises(UnreadableError, match="share"):
        without(bytes(tiff), [note])


def test_a_block_that_fits_is_one_piece() -> None:
    tiff = photos.exif(6)
    assert fitted(tiff, "") == Fitted((tiff,))
    assert fitted(tiff, "restored") == Fitted((exif.with_history(tiff, "restored"),))


def test_a_block_that_fits_without_the_history_alone_stays_as_it_is() -> None:
    short = long_exif("<", b"", 1_000, is_last=True)
    tiff = long_exif("<", b"", 1_000 + LONGEST - len(short) & ~1, is_last=True)
    assert fitted(tiff, "restored") == Fitted((tiff,), is_recorded=False)


@pytest.mark.parametrize(
    ("note", "thumbnail", "is_last", "expected"),
    [
        (b"", 80_000, False, (2, (), True)),
        (b"short", 80_000, True, (2, (), True)),
        (APPLE, 0, False, (2, (), True)),
        (APPLE, 500, False, (2, (), True)),
        (UNKNOWN, 0, True, (2, (), False)),
        (UNKNOWN, 0, False, (1, (NOTE,), True)),
        (UNKNOWN, 500, False, (1, (NOTE,), True)),
        (UNKNOWN, 80_000, False, (2, (NOTE,), True)),
    ],
)
def test_as_little_is_lost_as_can_be(
    note: bytes, thumbnail: int, expected: tuple[int, tuple[str, ...], bool], *, is_last: bool
) -> None:
    tiff = long_exif(">", note, thumbnail, is_last=is_last)
    result = fitted(tiff, "restored")
    assert (len(result.pieces), result.notes, result.is_recorded) == expected
    assert all(len(piece) <= LONGEST for piece in result.pieces)
    after, before = values(b"".join(result.pieces)), values(tiff)
    lost = {MAKER_NOTE} if NOTE in result.notes else set()
    for (directory, tag), value in before.items():
        if tag not in lost:
            assert value in [new for (_, other), new in after.items() if other == tag], (directory, tag)


@pytest.mark.parametrize("tag", [0x010E, 0x9286])
def test_a_long_comment_goes_behind_what_every_reader_looks_for(tag: int) -> None:
    """In IFD0 or in the EXIF directory, before the place."""
    text = ASCII if tag == 0x010E else UNDEFINED
    tiff = long_exif("<", b"", 0, is_last=True, comment=(tag, text, b"a long comment".ljust(80_000, b".")))
    result = fitted(tiff, "restored")
    assert (len(result.pieces), result.notes, result.is_recorded) == (2, (), True)
    after = {number: value for (_, number), value in values(b"".join(result.pieces)).items()}
    assert {number: after[number] for _, number in values(tiff)} == {
        key[1]: value for key, value in values(tiff).items()
    }
    found = parts(Block(b"".join(result.pieces)))
    assert [part.tag for part in found if part.end > LONGEST] == [tag]


def test_a_note_that_counts_from_the_blocks_start_does_not_move() -> None:
    tiff = long_exif("<", b"short", 80_000, is_last=False)
    before, after = (find(parts(Block(each)), MAKER_NOTE) for each in (tiff, b"".join(fitted(tiff, "told").pieces)))
    assert before is not None
    assert after is not None
    assert before.start == after.start


@pytest.mark.parametrize("tiff", [b"II*\0" + bytes(70_000), b"no TIFF" * 10_000])
def test_what_cannot_be_followed_is_cut_as_it_is(tiff: bytes) -> None:
    result = fitted(tiff, "restored")
    assert b"".join(result.pieces) == tiff or result.is_recorded
    assert result.notes in ((SPREAD,), ())


def test_large_values_of_which_one_begins_amid_the_other_are_cut_as_they_are() -> None:
    damaged = bytearray(long_exif("<", APPLE, 70_000, is_last=False))
    damaged[27] = damaged[99] = 27
    result = fitted(bytes(damaged), "restored")
    assert b"".join(result.pieces) == damaged
    assert result.notes == (SPREAD,)


@given(st.data(), st.sampled_from([APPLE, UNKNOWN, b""]), st.booleans())
def test_damage_never_breaks_it(data: st.DataObject, note: bytes, is_last: bool) -> None:  # noqa: FBT001 - drawn
    damaged = bytearray(long_exif("<", note, 70_000, is_last=is_last))
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(4, 400))] = data.draw(st.integers(0, 255))
    result = fitted(bytes(damaged), "restored")
    assert all(0 < len(piece) <= LONGEST for piece in result.pieces)
