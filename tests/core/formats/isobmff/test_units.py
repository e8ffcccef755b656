"""Units that code a picture are told from those that fill it up, and what is no unit is not passed over."""

import pytest

from gpend.core.formats.isobmff.units import coding_of_av1, coding_of_hevc

SLICE, FILLER, MESSAGE = b"\x26\x01coded", b"\x4c\x01\xff\xff\x80", b"\x4e\x01\x05told\x80"
FRAME, PADDING, METADATA = b"\x32\x05coded", b"\x7a\x03\0\0\x80", b"\x2e\x10\x02\x04\x80"


def hevc(*units: bytes) -> bytes:
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)


def test_filler_and_messages_of_hevc_code_nothing() -> None:
    assert list(coding_of_hevc(hevc(MESSAGE, SLICE, FILLER, SLICE))) == [SLICE, SLICE]


@pytest.mark.parametrize("rest", [bytes(9), b"\xff" * 9, b"\0\0\0\x09\x26\x01", b"\0\0\0\x03\xff\xff\xff", b"\0"])
def test_what_is_no_unit_of_hevc_is_told_with_all_that_follows(rest: bytes) -> None:
    assert list(coding_of_hevc(hevc(SLICE) + rest)) == [SLICE, rest]


def test_padding_and_metadata_of_av1_code_nothing() -> None:
    assert list(coding_of_av1(PADDING + METADATA + FRAME + PADDING + FRAME)) == [b"coded", b"coded"]


def test_the_last_unit_of_av1_may_go_on_to_the_end() -> None:
    assert list(coding_of_av1(FRAME + b"\x30more")) == [b"coded", b"more"]


@pytest.mark.parametrize("rest", [bytes(9), b"\xff" * 9, b"\x32\x09coded", b"\x32" + b"\xff" * 9, b"\x32"])
def test_what_is_no_unit_of_av1_is_told_with_all_that_follows(rest: bytes) -> None:
    assert list(coding_of_av1(FRAME + rest)) == [b"coded", rest]


def test_nothing_codes_nothing() -> None:
    assert not list(coding_of_hevc(b""))
    assert not list(coding_of_av1(b""))
