"""When the photo bears out what was found to have blurred a face."""

from dataclasses import replace

import numpy as np
import pytest

from gpend.core import evidence
from gpend.core.blur import Blur
from gpend.core.noise import Noise
from gpend.core.seen import Seen
from gpend.core.sharpness import measured_terms
from gpend.core.spectrum import Explanation


def _kernel(down: int, across: int) -> Blur:
    kernel = np.zeros((41, 41), np.float32)
    kernel[20 - down // 2 : 21 + down // 2, 20 - across // 2 : 21 + across // 2] = 1
    return Blur(np.asarray(kernel / kernel.sum(), np.float32), 0.96)


SHAKE, ROUND = _kernel(17, 1), _kernel(9, 7)


@pytest.mark.parametrize(
    ("blur", "ahead", "pixels", "worsens"),
    [  # as measured on faces that an app had shrunk, in which shakes of 8 to 16 px were found
        (SHAKE, -0.114, 1.42, 0.06),
        (SHAKE, -0.036, 1.36, 0.05),
        (SHAKE, -0.025, 1.54, 0.68),
        (SHAKE, 0.141, 1.19, 0.79),
        (SHAKE, -0.045, 1.00, -0.69),
        (ROUND, 0.038, 0.90, 0.38),
    ],
)
def test_where_the_filter_is_doubtful_what_the_spectrum_does_not_bear_out_was_not_there(
    blur: Blur, ahead: float, pixels: float, worsens: float
) -> None:
    assert evidence.is_detailed(Explanation(ahead, 1.6 * pixels), 1.6, blur, worsens)


@pytest.mark.parametrize(
    ("blur", "ahead", "pixels", "worsens"),
    [  # as measured on faces that were blurred, of which some are small, and of which the filter is sure
        (SHAKE, 0.210, 1.03, -0.37),
        (SHAKE, 0.041, 1.03, -0.62),
        (SHAKE, 0.093, 0.72, -1.60),
        (SHAKE, -0.049, 1.14, -2.21),
        (SHAKE, 0.019, 1.16, -0.32),
        (ROUND, -0.206, 0.96, -3.55),
    ],
)
def test_where_it_is_safe_or_the_spectrum_agrees_the_blur_is_taken_out(
    blur: Blur, ahead: float, pixels: float, worsens: float
) -> None:
    assert not evidence.is_detailed(Explanation(ahead, 1.6 * pixels), 1.6, blur, worsens)


@pytest.mark.parametrize(
    ("ahead", "in_face", "is_denied"),
    [(0.5, -0.05, True), (0.5, -0.04, False), (-0.04, -0.04, True), (-0.3, -0.02, False), (0.1, 0.1, False)],
)
def test_a_shake_is_denied_by_the_face_alone_or_where_neither_speaks_for_it(
    ahead: float, in_face: float, *, is_denied: bool
) -> None:
    assert evidence.is_denied(Explanation(ahead, 1.1), in_face) == is_denied


@pytest.mark.parametrize(
    ("enlarged", "blurred", "hard", "is_like_shrunk"),
    [  # as measured on small faces: the filter took the first four farther, and all of the others nearer
        (0.7, 2.0, None, True),
        (-6.0, 1.1, None, True),
        (-4.5, 1.5, 1.7, True),
        (-6.9, 2.0, 1.9, True),
        (-0.6, 2.5, None, False),
        (-1.5, 2.0, None, False),
        (-0.8, 2.0, 1.4, False),
        (-2.5, 3.6, 2.4, False),
    ],
)
def test_a_narrow_blur_is_taken_out_where_network_and_spectrum_tell_it_from_what_shrinking_leaves(
    enlarged: float, blurred: float, hard: float | None, *, is_like_shrunk: bool
) -> None:
    blur = replace(ROUND, enlarged=enlarged)
    assert evidence.is_like_shrunk(Explanation(0.0, blurred), blur, hard) == is_like_shrunk


@pytest.mark.parametrize(
    ("ahead", "in_face", "width", "is_of_blocks"),
    [  # as measured on hard compressed faces: the first three were not shaken, and echoes were drawn over two of them
        (0.07, -0.02, 3.8, True),
        (0.05, 0.10, 4.1, False),
        (0.03, 0.02, 3.4, True),
        (0.16, 0.17, 2.5, False),
        (0.08, 0.08, 2.8, False),
        (0.02, 0.02, 9.0, False),
    ],
)
def test_a_shake_shorter_than_the_blocks_of_hard_compression_needs_the_photo_to_bear_it_out(
    ahead: float, in_face: float, width: float, *, is_of_blocks: bool
) -> None:
    assert evidence.is_of_blocks(Explanation(ahead, 1.1), in_face, width) == is_of_blocks


@pytest.mark.parametrize(
    ("blur", "in_face", "ahead", "worsens", "is_hardly_told"),
    [  # as measured on faces in profile and half hidden: the first three were out of focus, the others shaken
        (SHAKE, 0.08, -0.1, -0.6, True),
        (SHAKE, -0.01, 0.02, 0.2, True),
        (SHAKE, 0.04, -0.04, -0.3, True),
        (SHAKE, 0.07, 0.07, -0.7, False),
        (SHAKE, 0.09, 0.24, -0.2, False),
        (SHAKE, 0.36, 0.05, -1.1, False),
        (SHAKE, 0.02, 0.0, -5.7, False),
        (ROUND, 0.06, 0.0, 0.1, False),
    ],
)
def test_a_shake_of_a_turned_face_needs_the_face_or_the_crop_to_bear_it_out(
    blur: Blur, in_face: float, ahead: float, worsens: float, *, is_hardly_told: bool
) -> None:
    assert evidence.is_hardly_told(blur, in_face, ahead, worsens) == is_hardly_told


@pytest.mark.parametrize(
    ("blur", "worsens", "levels", "has_rims"),
    [
        (SHAKE, -0.5, 1.3, True),
        (SHAKE, -0.5, 1.2, False),
        (SHAKE, -2.5, 2.0, False),
        (SHAKE, -2.5, 2.2, True),
        (ROUND, 0.5, 2.5, False),
    ],
)
def test_a_shake_may_leave_more_rims_where_the_filter_is_sure_and_a_lens_any(
    blur: Blur, worsens: float, levels: float, *, has_rims: bool
) -> None:
    crop = np.full((384, 384, 3), 0.5, np.float32)
    seen = Seen(crop, np.eye(2, 3), blur, Noise(0.0), measured_terms(crop[:256, :256], 1.0, 0.0))
    assert evidence.has_rims(seen.crop + np.float32(levels / 255), seen, worsens) == has_rims


@pytest.mark.parametrize(
    ("blur", "ahead", "pixels", "is_of_grain"),
    [  # the first as measured in a dark room, where the filter left blotches
        (_kernel(23, 7), 0.003, 2.0, True),
        (_kernel(23, 7), 0.12, 2.0, False),
        (_kernel(23, 7), 0.003, 3.6, False),
        (_kernel(23, 7), 0.003, 0.5, False),
        (_kernel(19, 17), 0.003, 1.5, False),
    ],
)
def test_a_far_shake_found_in_grain_that_a_small_round_blur_explains_as_well_was_none(
    blur: Blur, ahead: float, pixels: float, *, is_of_grain: bool
) -> None:
    assert evidence.is_of_grain(Explanation(ahead, pixels), blur) == is_of_grain


@pytest.mark.parametrize(
    ("blur", "is_mean"),
    [
        (Blur(ROUND.kernel, 0.93), True),  # as told of real faces that were shaken along curves of 12 and 20 px
        (Blur(ROUND.kernel, 0.946), False),  # the least that was told of real faces out of focus
        (Blur(SHAKE.kernel, 0.93), False),
    ],
)
def test_a_round_blur_of_which_the_network_is_unsure_is_the_mean_of_several_paths(blur: Blur, *, is_mean: bool) -> None:
    assert evidence.is_of_many_paths(blur) is is_mean


@pytest.mark.parametrize(
    ("ahead", "in_face", "is_one_way"), [(0.1, 0.06, True), (0.1, 0.04, False), (0.6, -0.1, False), (-0.1, 0.6, False)]
)
def test_a_narrow_shake_that_face_and_photo_bear_out_is_not_what_shrinking_left(
    ahead: float, in_face: float, *, is_one_way: bool
) -> None:
    assert evidence.is_one_way(Explanation(ahead, 1.0), SHAKE, in_face, is_hard=False) == is_one_way


def test_what_is_narrow_in_all_directions_is_no_shake_however_well_it_is_borne_out() -> None:
    assert not evidence.is_one_way(Explanation(1.0, 1.0), ROUND, 1.0, is_hard=False)


def test_where_compression_was_hard_no_narrow_shake_is_sure_however_well_it_is_borne_out() -> None:
    assert not evidence.is_one_way(Explanation(1.0, 1.0), SHAKE, 1.0, is_hard=True)
