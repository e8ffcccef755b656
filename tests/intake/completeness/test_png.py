"""A PNG ends with IEND."""

import pytest

from gpend.intake.completeness import Completeness
from tests.intake.completeness.pictures import encoded, ending

PHOTO = encoded("PNG")


def test_what_stands_after_the_last_chunk_is_allowed() -> None:
    assert ending(PHOTO + b"trailer") is Completeness.COMPLETE
    assert ending(PHOTO + bytes(100), hole=len(PHOTO) + 50) is Completeness.COMPLETE


def test_zeros_in_place_of_a_chunk_are_space_reserved() -> None:
    assert ending(PHOTO[:33] + bytes(500)) is Completeness.INCOMPLETE


def test_chunks_without_end_are_for_the_decoder() -> None:
    assert ending(PHOTO[:33] + b"\0\0\0\0tEXt\0\0\0\0" * 100_001) is Completeness.UNKNOWN


def test_garbage_in_place_of_a_chunk_is_for_the_decoder() -> None:
    assert ending(PHOTO[:33] + b"\0\0\0\1#!?*" + bytes(500)) is Completeness.UNKNOWN


def test_a_written_end_behind_a_hole_is_not_a_whole_file() -> None:
    assert ending(PHOTO, hole=200) is Completeness.INCOMPLETE


@pytest.mark.parametrize("missing", [1, 4, 11, 12])
def test_whether_a_picture_without_its_end_is_whole_is_for_the_decoder_unless_it_has_a_hole(missing: int) -> None:
    assert ending(PHOTO[:-missing]) is Completeness.PERHAPS
    assert ending(PHOTO[:-missing], hole=200) is Completeness.INCOMPLETE


def test_a_picture_whose_data_are_cut_is_incomplete() -> None:
    assert ending(PHOTO[:-13]) is ending(PHOTO[:-500]) is Completeness.INCOMPLETE
    assert ending(PHOTO[:-12] + bytes(500)) is Completeness.INCOMPLETE
