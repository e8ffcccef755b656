"""How much is done for a fit: minutes with a small network, and no days with a large one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.fitting.command import turns

SHOTS = (120, 480)


@pytest.mark.parametrize(("faces", "size", "each"), [(160, 256, 3), (32, 256, 8), (40, 512, 3), (160, 2048, 1)])
def test_a_large_network_is_fitted_to_fewer_shots(faces: int, size: int, each: int) -> None:
    assert turns(faces, SHOTS, size) == each


@given(st.integers(1, 5000), st.integers(8, 11), st.integers(8, 11))
def test_every_face_takes_part_and_a_larger_network_never_looks_at_more(count: int, one: int, other: int) -> None:
    small, large = sorted((one, other))
    assert 1 <= turns(count, SHOTS, 2**large) <= turns(count, SHOTS, 2**small) <= 8
