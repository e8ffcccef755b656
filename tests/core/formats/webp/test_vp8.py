"""How finely a lossy WebP was quantised."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core.formats.webp import riff, vp8
from tests import photos


def frame(quality: int, method: int = 4) -> bytes:
    """The VP8 frame of the portrait."""
    photo = photos.webp(photos.portrait(), quality=quality, method=method)
    return next(photo[chunk.data] for chunk in riff.walk(photo) if chunk.kind == b"VP8 ")


def test_better_quality_is_quantised_more_finely() -> None:
    found = [vp8.quantisers(frame(quality)) for quality in (5, 30, 50, 75, 90, 95)]
    assert [max(each) for each in found] == sorted((max(each) for each in found), reverse=True)
    assert [min(each) for each in found] == sorted((min(each) for each in found), reverse=True)
    assert max(found[0]) > 90
    assert max(found[-1]) < 10


def test_the_best_quality_is_index_zero() -> None:
    assert vp8.quantisers(frame(100)) == (0,)


@pytest.mark.parametrize("method", range(7))
def test_every_effort_of_the_encoder_is_read(method: int) -> None:
    assert 15 <= min(vp8.quantisers(frame(75, method=method))) <= max(vp8.quantisers(frame(75, method=method))) <= 45


def test_a_step_is_the_mean_of_its_segments() -> None:
    steps = [vp8.step(frame(quality)) for quality in (5, 30, 50, 75, 90, 100)]
    assert steps == sorted(steps, reverse=True)
    assert steps[0] > 50
    assert steps[-1] == 4 / 2
    assert vp8.step(frame(75, method=0)) == pytest.approx(vp8.step(frame(75)), rel=0.5)


@given(st.binary(max_size=300))
def test_rubbish_never_raises(data: bytes) -> None:
    for each in (data, b"\0\0\0" + vp8.START_CODE + data):
        assert all(0 <= one <= vp8.COARSEST for one in vp8.quantisers(each))
        assert 4 / 2 <= vp8.step(each) <= 284 / 2
