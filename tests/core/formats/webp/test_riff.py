"""A WebP's chunks are found and exchanged."""

import pytest

from gpend.core.formats.reader import InMemory
from gpend.core.formats.webp import riff
from gpend.errors import IncompleteError, PhotoError
from tests import photos

PHOTO = photos.webp(photos.portrait(), metadata=True, lossless=True)


def test_every_chunk_is_found_in_order() -> None:
    kinds = [chunk.kind for chunk in riff.walk(PHOTO)]
    assert kinds == [b"VP8X", b"ICCP", b"VP8L", b"EXIF", b"XMP ", b"teSt"]
    assert riff.walk(PHOTO)[-1].end == riff.end(InMemory(PHOTO)) == len(PHOTO)


def test_nothing_exchanged_is_nothing_changed() -> None:
    trailed = PHOTO + b"a trailer"
    assert riff.spliced(trailed, {}, riff.walk(trailed)[0], b"") == trailed


@pytest.mark.parametrize("data", [b"even", b"odd"])
def test_lengths_follow_what_is_exchanged_and_added(data: bytes) -> None:
    walked = riff.walk(PHOTO)
    after = riff.spliced(PHOTO, {walked[3]: data}, walked[2], riff.written(b"neWs", data))
    assert [chunk.kind for chunk in riff.walk(after)] == [b"VP8X", b"ICCP", b"VP8L", b"neWs", b"EXIF", b"XMP ", b"teSt"]
    assert riff.end(InMemory(after)) == len(after)
    assert after[riff.walk(after)[3].data] == after[riff.walk(after)[4].data] == data


@pytest.mark.parametrize("length", [3, 11, 12, 100, len(PHOTO) - 1])
def test_a_file_that_ends_early_is_incomplete(length: int) -> None:
    with pytest.raises(IncompleteError):
        riff.walk(PHOTO[:length])


def test_a_chunk_longer_than_the_file_is_corruption() -> None:
    with pytest.raises(PhotoError, match="longer than the whole"):
        riff.walk(PHOTO.replace(b"ICCP", b"ICCP\xff\xff\xff\xff")[: len(PHOTO)])
