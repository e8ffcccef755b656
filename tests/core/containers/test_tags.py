"""EXIF in containers other than JPEG."""

from gpend.core.containers import tags
from tests import photos


def test_the_orientation_is_read_with_and_without_the_prefix_of_jpeg() -> None:
    assert tags.orientation(photos.exif(6)) == 6
    assert tags.orientation(b"Exif\0\0" + photos.exif(8)) == 8
    assert tags.orientation(b"") == 1
    assert tags.orientation(b"rubbish") == 1


def test_a_history_is_appended_and_the_prefix_stays() -> None:
    block = b"Exif\0\0" + photos.exif()
    new, notes = tags.recorded(block, "restored")
    assert new[:10] == block[:10]
    assert new[14 : len(block)] == block[14:]
    assert b"restored" in new[len(block) :]
    assert notes == ()


def test_without_exif_a_new_block_is_made() -> None:
    new, notes = tags.recorded(b"", "restored")
    assert b"restored" in new
    assert tags.orientation(new) == 1
    assert notes == ()


def test_without_history_nothing_is_written() -> None:
    assert tags.recorded(photos.exif(), "") == (b"", ())
    assert tags.recorded(b"", "") == (b"", ())


def test_what_cannot_be_read_is_left_as_it_is_and_told() -> None:
    assert tags.recorded(b"rubbish", "restored") == (b"", tags.UNREADABLE)
