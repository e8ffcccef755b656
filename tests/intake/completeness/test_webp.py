"""A WebP ends where its header says."""

from gpend.intake.completeness import Completeness
from tests.intake.completeness.pictures import encoded, ending

PHOTO = encoded("WEBP")


def test_what_stands_after_the_end_is_allowed() -> None:
    assert ending(PHOTO + b"trailer") is Completeness.COMPLETE


def test_a_header_without_its_length_is_still_being_written() -> None:
    assert ending(b"RIFF\0\0\0\0WEBP" + PHOTO[12:]) is Completeness.INCOMPLETE


def test_a_header_of_which_only_the_first_word_is_written_is_incomplete() -> None:
    assert ending(b"RIFF" + bytes(100)) is Completeness.INCOMPLETE


def test_other_kinds_of_riff_are_for_the_decoder() -> None:
    assert ending(b"RIFF\x10\0\0\0WAVEfmt " + bytes(8)) is Completeness.UNKNOWN
