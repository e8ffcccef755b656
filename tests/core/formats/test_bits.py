"""Numbers that are no whole bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core.formats.bits import Bits
from gpend.errors import PhotoError

NUMBERS = st.lists(st.integers(0, 40).flatmap(lambda wide: st.tuples(st.just(wide), st.integers(0, (1 << wide) - 1))))


def packed(written: str) -> bytes:
    """Zeros and ones as bytes, filled up with ones."""
    filled = written + "1" * (-len(written) % 8)
    return bytes(int(filled[place : place + 8], 2) for place in range(0, len(filled), 8))


def golomb(number: int) -> str:
    """An Exp-Golomb code."""
    told = f"{number + 1:b}"
    return "0" * (len(told) - 1) + told


@given(NUMBERS)
def test_numbers_are_read_as_they_were_written(told: list[tuple[int, int]]) -> None:
    bits = Bits(packed("".join(f"{number:0{wide}b}" if wide else "" for wide, number in told)))
    assert [bits.number(wide) for wide, _ in told] == [number for _, number in told]


@given(st.lists(st.integers(0, (1 << 32) - 2)))
def test_codes_of_any_length_are_read_as_they_were_written(told: list[int]) -> None:
    data = packed("".join(map(golomb, told)))
    bits, signed = Bits(data), Bits(data)
    assert [bits.golomb() for _ in told] == told
    assert [2 * abs(found) - (found > 0) for found in (signed.signed_golomb() for _ in told)] == told


@given(st.binary(max_size=12), st.integers(1, 200))
def test_nothing_is_read_beyond_the_bytes(data: bytes, more: int) -> None:
    bits = Bits(data)
    with pytest.raises(PhotoError):
        bits.number(8 * len(data) + more)


@pytest.mark.parametrize("data", [b"", bytes(4), bytes(40)])
def test_a_code_without_end_is_refused(data: bytes) -> None:
    with pytest.raises(PhotoError):
        Bits(data).golomb()
