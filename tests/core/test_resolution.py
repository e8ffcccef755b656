"""A face is restored by the smallest network that holds all of its detail, whatever its box says."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core import align, resolution
from gpend.core.blur import Blur
from gpend.core.photo import Face
from gpend.core.sharpness import SIDE
from tests.fakes import FakeRestorer

ALL = [FakeRestorer(size=size) for size in (256, 512, 1024, 2048)]
_BOX = 0.55  # of the FFHQ crop's side: how wide the detector's boxes are


def face(width: float) -> Face:
    marks = align.scaled(align.FFHQ_TEMPLATE, round(width / _BOX))
    return Face((0, 0, width, 1.3 * width), marks, 1.0)


def measured(one: Face) -> align.Transform:
    return align.similarity(one.landmarks, align.scaled(align.FFHQ_TEMPLATE, SIDE))


def gaussian(across: float, down: float) -> Blur:
    """Its standard deviations are told in pixels of the measured crop."""
    lines = [cv2.getGaussianKernel(81, max(sigma, 1e-3)).astype(np.float32) for sigma in (down, across)]
    return Blur(lines[0] @ lines[1].T, 1.0)


def chosen(width: float, blur: Blur | None = None, networks: list[FakeRestorer] = ALL) -> int:
    one = face(width)
    return resolution.network_for(one, blur, measured(one), networks).size


@pytest.mark.parametrize(("width", "size"), [(60, 256), (120, 256), (200, 512), (400, 1024), (900, 2048), (3000, 2048)])
def test_a_face_without_blur_needs_a_crop_as_large_as_itself(width: float, size: int) -> None:
    assert chosen(width) == size


def test_a_large_face_gets_the_512_where_that_is_the_largest_and_a_small_one_never() -> None:
    assert [chosen(width, networks=ALL[:2]) for width in (900, 120)] == [512, 256]


def test_a_large_face_that_is_soft_holds_no_more_than_a_small_one() -> None:
    assert chosen(900, gaussian(1.5, 1.5)) == 256


def test_a_face_that_was_shaken_sideways_keeps_its_detail_from_top_to_bottom() -> None:
    assert chosen(900, gaussian(8.0, 0.2)) == chosen(900, gaussian(0.2, 8.0)) > chosen(900, gaussian(8.0, 8.0))


def test_a_network_that_enlarges_is_judged_by_what_it_sees() -> None:
    class Enlarging(FakeRestorer):
        seen = 128

    assert chosen(120, networks=[Enlarging(size=256), FakeRestorer(size=512)]) == 512
    assert chosen(60, networks=[Enlarging(size=256), FakeRestorer(size=512)]) == 256


@given(st.floats(48, 4000), st.floats(0.1, 12), st.floats(0.1, 12), st.integers(1, len(ALL)))
def test_the_network_holds_all_detail_unless_it_is_the_largest_and_no_smaller_one_does(
    width: float, across: float, down: float, count: int
) -> None:
    one, networks = face(width), ALL[:count]
    blur = gaussian(across, down)
    detail = width / resolution.spacing(blur, measured(one))
    size = chosen(width, blur, networks)
    holding = [network.size for network in networks if resolution.held(one, network) >= detail]
    assert size == (min(holding) if holding else networks[-1].size)


@given(st.floats(48, 4000), st.floats(0.1, 10))
def test_a_stronger_blur_never_asks_for_a_larger_network(width: float, sigma: float) -> None:
    assert chosen(width, gaussian(sigma * 1.2, sigma * 1.2)) <= chosen(width, gaussian(sigma, sigma))
