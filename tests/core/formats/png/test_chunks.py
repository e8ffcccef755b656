"""A PNG's chunks are found, checked and exchanged."""

import pytest

from gpend.core.formats.png import chunks
from gpend.errors import IncompleteError, PhotoError
from tests import photos

BEFORE, AFTER = photos.png_metadata()
PHOTO = photos.png(photos.synthetic(), around=(BEFORE, AFTER))


def test_every_chunk_is_found_in_order() -> None:
    kinds = [chunk.kind.decode() for chunk in chunks.walk(PHOTO)]
    assert kinds == [
        "IHDR",
        "gAMA",
        "iCCP",
        "pHYs",
        "iTXt",
        "prVt",
        "IDAT",
        "IDAT",
        "IDAT",
        "eXIf",
        "tEXt",
        "teSt",
        "IEND",
    ]
    assert chunks.walk(PHOTO)[-1].end == len(PHOTO)


def test_nothing_exchanged_is_nothing_changed() -> None:
    trailed = PHOTO + b"a trailer"
    assert chunks.spliced(trailed, chunks.walk(trailed), {}) == trailed


def test_only_the_named_chunks_change() -> None:
    after = chunks.spliced(PHOTO, chunks.walk(PHOTO), {b"tEXt": b"Comment\0another", b"gAMA": b"", b"zzZz": b"new"})
    old = {chunk.kind: PHOTO[chunk.start : chunk.end] for chunk in chunks.walk(PHOTO)}
    new = {chunk.kind: after[chunk.start : chunk.end] for chunk in chunks.walk(after)}
    assert set(old) - set(new) == {b"gAMA"}
    assert set(new) - set(old) == {b"zzZz"}
    assert {kind for kind in new if old.get(kind) != new[kind]} == {b"tEXt", b"zzZz"}
    chunks.check(after, chunks.walk(after))


def test_the_pieces_of_the_picture_become_one_run_in_their_place() -> None:
    data = bytes(chunks.IDAT_SIZE + 5)
    after = chunks.spliced(PHOTO, chunks.walk(PHOTO), {b"IDAT": data})
    walked = chunks.walk(after)
    assert [chunk.kind for chunk in walked[5:9]] == [b"prVt", b"IDAT", b"IDAT", b"eXIf"]
    assert b"".join(after[chunk.data] for chunk in walked if chunk.kind == b"IDAT") == data


@pytest.mark.parametrize("missing", [1, 4, 11, 12, 13, 500])
def test_a_file_that_ends_early_is_incomplete(missing: int) -> None:
    with pytest.raises(IncompleteError):
        chunks.walk(PHOTO[:-missing])


def test_a_name_that_is_none_is_corruption() -> None:
    with pytest.raises(PhotoError, match="no chunk begins at byte 33"):
        chunks.walk(PHOTO.replace(b"gAMA", b"g\0MA"))


def damaged(kind: bytes, by: int = 1) -> bytes:
    """The photo with another checksum for the first chunk of a kind."""
    chunk = next(each for each in chunks.walk(PHOTO) if each.kind == kind)
    return PHOTO[: chunk.end - 1] + bytes([PHOTO[chunk.end - 1] ^ by]) + PHOTO[chunk.end :]


@pytest.mark.parametrize("kind", [b"IHDR", b"IDAT"])
def test_a_wrong_checksum_of_what_a_decoder_must_understand_is_corruption(kind: bytes) -> None:
    photo = damaged(kind)
    with pytest.raises(PhotoError, match=kind.decode()):
        chunks.check(photo, chunks.believed(photo, chunks.walk(photo)))


def test_another_chunk_with_a_wrong_checksum_is_passed() -> None:
    photo = damaged(b"tEXt")
    walked = chunks.walk(photo)
    believed = chunks.believed(photo, walked)
    chunks.check(photo, believed)
    assert [one.kind for one in believed if one not in walked] == [chunks.SKIPPED]
    assert chunks.believed(PHOTO, chunks.walk(PHOTO)) == chunks.walk(PHOTO)


def test_an_end_with_a_wrong_checksum_is_an_end_unless_it_is_still_empty() -> None:
    photo = damaged(b"IEND")
    chunks.check(photo, chunks.walk(photo))
    for cut in (1, 4):
        with pytest.raises(IncompleteError):
            chunks.walk(PHOTO[:-cut])
    with pytest.raises(IncompleteError):
        chunks.walk(PHOTO[:-4] + bytes(4))
