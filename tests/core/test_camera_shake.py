"""One hand shakes the whole photo: the other faces, and what is around them, tell a shake that a face tells badly."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core import camera_shake, shake
from gpend.core.align import Transform
from gpend.core.blur import Blur
from gpend.core.camera_shake import Part
from gpend.core.photo import Plane
from tests.core.blurs import spoiled, streak
from tests.core.test_direction import hook
from tests.core.test_shake import apart, disc, smeared

UPRIGHT: Transform = np.eye(2, 3)


def turned(degrees: float, scale: float = 1.0) -> Transform:
    """The face stands so in its photo."""
    return np.asarray(cv2.getRotationMatrix2D((0, 0), degrees, scale), np.float64)


def part(face: Plane, truth: Plane, told: Plane, transform: Transform = UPRIGHT, confidence: float = 0.95) -> Part:
    """A face whose photo was blurred by `truth`, of which the network told another."""
    return Part(spoiled(face, truth), transform, Blur(told, confidence))


@pytest.fixture(scope="module")
def mirrored(face: Plane) -> Plane:
    """Another person, as far as a filter can tell."""
    return np.ascontiguousarray(face[:, ::-1])


def test_a_shake_that_a_face_tells_badly_is_told_by_the_others(face: Plane, mirrored: Plane) -> None:
    truth, wrong = hook(14, 0.4), streak(21)
    faces = [part(face, truth, wrong), part(mirrored, truth, truth), part(face[::-1], truth, truth)]
    found = camera_shake.agreed(faces, [])
    assert apart(found[0].kernel, truth) < 0.1 * apart(wrong, truth)
    assert found[0].told is faces[0].blur
    assert found[0].confidence == faces[0].blur.confidence


def test_what_is_around_a_single_face_tells_it_as_well(face: Plane, mirrored: Plane) -> None:
    truth, wrong = hook(14, 0.4), streak(21)
    around = [part(mirrored, truth, truth), part(face[::-1], truth, truth), part(mirrored[::-1], truth, truth)]
    (found,) = camera_shake.agreed([part(face, truth, wrong)], around)
    assert apart(found.kernel, truth) < 0.1 * apart(wrong, truth)


def test_the_path_is_turned_and_enlarged_as_the_face_is(face: Plane, mirrored: Plane) -> None:
    truth, onwards = hook(14, 0.4), turned(50, 0.8)
    there, _ = camera_shake.carried(truth, onwards[:, :2])
    faces = [
        part(face, there, streak(21), onwards),
        part(mirrored, truth, truth),
        part(face[::-1], truth, truth),
    ]
    found = camera_shake.agreed(faces, [])
    assert apart(found[0].kernel, there) < 0.1 * apart(streak(21), there)


def test_of_a_path_and_its_mirror_image_the_faces_tell_which_it_was(face: Plane, mirrored: Plane) -> None:
    truth = hook(14, 0.4)
    other = np.ascontiguousarray(truth[::-1, ::-1])
    faces = [part(one, truth, other) for one in (face, mirrored, face[::-1])]  # the network can tell none of them
    for one in camera_shake.agreed(faces, []):
        assert apart(one.kernel, truth) < 0.1 * apart(other, truth)


def test_who_moved_otherwise_keeps_a_kernel_of_their_own(face: Plane, mirrored: Plane) -> None:
    own, shared = hook(16, 2.2), streak(17)
    faces = [part(face, own, own), part(mirrored, shared, shared), part(face[::-1], shared, shared)]
    assert camera_shake.agreed(faces, [])[0] is faces[0].blur


def test_a_kernel_of_quite_another_form_must_explain_a_face_better_than_its_own(face: Plane, mirrored: Plane) -> None:
    lifted = np.asarray(0.5 + 0.02 * (face - face.mean()), np.float32)  # hardly anything in it tells its kernel
    own, shared = hook(16, 2.2), streak(17)
    faces = [part(lifted, own, own), part(mirrored, shared, shared), part(face[::-1], shared, shared)]
    assert camera_shake.agreed(faces, [])[0] is faces[0].blur


def test_who_is_out_of_focus_keeps_what_the_lens_left(face: Plane, mirrored: Plane) -> None:
    lens, shared = disc(6), hook(14, 0.4)
    faces = [part(face, lens, lens), part(mirrored, shared, shared), part(face[::-1], shared, shared)]
    assert camera_shake.agreed(faces, [])[0] is faces[0].blur


def test_parts_that_tell_a_path_and_its_mirror_image_agree(face: Plane, mirrored: Plane) -> None:
    lifted = np.asarray(0.5 + 0.02 * (face - face.mean()), np.float32)
    truth, wrong = hook(14, 0.4), streak(21)
    other = np.ascontiguousarray(truth[::-1, ::-1])
    around = [part(mirrored, truth, told) for told in (truth, other, truth, other, *[wrong] * 4)]
    (found,) = camera_shake.agreed([part(lifted, truth, hook(13, 0.4))], around)
    assert min(apart(found.kernel, one) for one in (truth, other)) < 1e-6


@pytest.mark.parametrize(("around", "is_taken"), [(4, True), (6, False)])
def test_what_is_no_face_counts_less_than_a_face_and_many_of_it_more(
    face: Plane, around: int, *, is_taken: bool
) -> None:
    lifted = np.asarray(0.5 + 0.02 * (face - face.mean()), np.float32)  # what its photo shows decides nothing
    own, shared, other = hook(13, 0.4), hook(14, 0.4), streak(21)
    faces = [part(lifted, shared, told) for told in (own, shared, shared)]
    found = camera_shake.agreed(faces, [part(lifted, other, other)] * around)
    assert np.array_equal(found[0].kernel, shared if is_taken else own)


@pytest.mark.parametrize(("around", "is_taken"), [(4, True), (8, False)])
def test_what_faces_show_counts_more_than_what_a_few_parts_tell_and_less_than_what_many_do(
    face: Plane, mirrored: Plane, around: int, *, is_taken: bool
) -> None:
    truth, wrong, other = hook(14, 0.4), hook(16, 2.2), streak(21)
    faces = [part(face, truth, wrong), part(mirrored, truth, truth)]
    found = camera_shake.agreed(faces, [part(mirrored, truth, other)] * around)
    assert np.array_equal(found[0].kernel, truth if is_taken else wrong)


def test_a_face_that_the_network_is_sure_of_keeps_its_kernel(face: Plane, mirrored: Plane) -> None:
    truth = hook(14, 0.4)
    faces = [part(face, truth, streak(21), confidence=0.995), *(part(mirrored, truth, truth) for _ in range(3))]
    assert camera_shake.agreed(faces, [])[0] is faces[0].blur


@pytest.mark.parametrize(
    ("scales", "confidence", "is_kept"),
    [((0.9, 0.95), 0.98, True), ((1.1, 1.15), 0.98, False), ((0.9, 0.95), 0.95, False), ((0.9, 0.85), 0.98, False)],
)
def test_the_largest_face_keeps_a_straight_path_that_it_tells_surely_and_in_pixels_of_its_own(
    face: Plane, mirrored: Plane, scales: tuple[float, float], confidence: float, *, is_kept: bool
) -> None:
    truth, wrong = hook(14, 0.4), streak(21)
    own, other = (turned(0, scale) for scale in scales)
    faces = [part(face, truth, wrong, own, confidence), part(mirrored, truth, truth, other)]
    beside = part(face[::-1], truth, truth, own)
    found = camera_shake.agreed(faces, [beside, beside])
    assert (found[0] is faces[0].blur) is is_kept


@pytest.mark.parametrize("length", [1, 3])
def test_next_to_no_shake_is_told_to_no_face(face: Plane, mirrored: Plane, length: int) -> None:
    faces = [part(one, streak(length), streak(told)) for one, told in ((face, 9), (mirrored, length))]
    around = [part(mirrored, streak(length), streak(length))] * 3
    assert camera_shake.agreed(faces, around)[0] is faces[0].blur


def test_a_crowd_takes_hardly_longer_than_a_few(face: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, misfit, either_way = [0], shake.misfit, shake.misfit_either_way

    def counted(evidence: shake.Evidence, kernel: Plane) -> float:
        asked[0] += 1
        return misfit(evidence, kernel)

    def counted_either_way(evidence: shake.Evidence, kernel: Plane) -> tuple[float, float]:
        asked[0] += 2
        return either_way(evidence, kernel)

    monkeypatch.setattr(shake, "misfit", counted)
    monkeypatch.setattr(shake, "misfit_either_way", counted_either_way)
    truths = [hook(14, 0.1 * place) for place in range(29)]
    parts = [part(face, truth, truth) for truth in truths]
    camera_shake.agreed(parts, parts[:12])
    assert asked[0] <= 8 * (24 + 1) + 29 * 2  # the largest about every proposal, and each about the one that was taken


def test_nobody_is_asked_about_one_face_alone(face: Plane) -> None:
    alone = part(face, hook(14, 0.4), streak(21))
    assert camera_shake.agreed([alone], []) == [alone.blur]
    assert camera_shake.agreed([], []) == []


def test_what_the_network_is_sure_of_is_not_asked_again() -> None:
    assert camera_shake.may_be_shared(Blur(streak(17), 0.95))
    assert not camera_shake.may_be_shared(Blur(streak(17), 0.995))
    assert not camera_shake.may_be_shared(Blur(smeared(disc(6)), 0.95))
    assert not camera_shake.may_be_shared(Blur(streak(17), 0.5))


@pytest.mark.parametrize("told", [hook(14, 0.4), hook(13, 0.4), hook(14, 0.4)[::-1, ::-1]])
def test_a_face_of_which_the_same_is_told_was_shaken_with_the_surely_shaken_one(face: Plane, told: Plane) -> None:
    truth, onwards = hook(14, 0.4), turned(50, 0.9)
    there, _ = camera_shake.carried(np.ascontiguousarray(told), onwards[:, :2])
    found = camera_shake.told_alike(
        part(face, there, there, onwards, 0.8), [part(face, streak(21), streak(21)), part(face, truth, truth)]
    )
    assert found is not None
    assert np.array_equal(found.kernel, camera_shake.carried(truth, onwards[:, :2])[0])
    assert found.confidence == 0.8


@pytest.mark.parametrize(
    ("told", "shaken"),
    [
        (hook(14, 2.0), hook(14, 0.4)),  # who moved otherwise
        (streak(1), hook(14, 0.4)),  # who did not move
        (disc(6), hook(14, 0.4)),  # who stands out of focus
        (streak(3), streak(3)),  # so little is told of sharp faces too
    ],
)
def test_of_whom_another_is_told_was_not_shaken_with_it(face: Plane, told: Plane, shaken: Plane) -> None:
    assert camera_shake.told_alike(part(face, told, told), [part(face, shaken, shaken)]) is None
    assert camera_shake.told_alike(part(face, told, told), []) is None


def test_a_shake_too_long_for_a_larger_face_is_not_told_of_it_in_part(face: Plane) -> None:
    larger = turned(0, 2.5)
    in_part, _ = camera_shake.carried(streak(35), larger[:, :2])
    assert camera_shake.told_alike(part(face, in_part, in_part, larger), [part(face, streak(35), streak(35))]) is None


@pytest.mark.parametrize("larger", [1.25, 2.5])
def test_a_path_too_long_for_a_larger_face_is_not_taken_in_part(face: Plane, mirrored: Plane, larger: float) -> None:
    truth = streak(35)
    there = turned(0, larger)
    in_part, _ = camera_shake.carried(truth, there[:, :2])
    faces = [part(face, in_part, hook(20, 1), there), part(mirrored, truth, truth)]
    assert camera_shake.agreed(faces, [])[0] is faces[0].blur


@given(degrees=st.floats(0, 360), scale=st.floats(0.4, 1.3), length=st.integers(3, 13), angle=st.floats(0, 6.2))
def test_a_kernel_that_is_carried_over_keeps_its_light_and_its_form(
    degrees: float, scale: float, length: int, angle: float
) -> None:
    kernel, linear = smeared(hook(length, angle), 0.8), turned(degrees, scale)[:, :2]
    found, lost = camera_shake.carried(kernel, linear)
    assert found.sum() == pytest.approx(1, abs=1e-4)
    assert found.min() >= 0
    assert lost < 0.02
    pixels = np.eye(2) / 6  # of the grids: a point is spread over the pixels beside it
    expected = linear @ moments(kernel) @ linear.T
    assert moments(found) == pytest.approx(expected, abs=2 * float(pixels[0, 0]) + 0.02 * expected.max())


@given(degrees=st.floats(0, 360), scale=st.floats(0.4, 6), length=st.integers(3, 6), angle=st.floats(0, 6.2))
def test_kernels_are_compared_as_they_are_carried_over(degrees: float, scale: float, length: int, angle: float) -> None:
    kernel, linear = smeared(hook(length, angle), 0.6), turned(degrees, scale)[:, :2]
    found, lost = camera_shake.carried(kernel, linear)
    assert camera_shake.error(camera_shake.transfer(found), camera_shake.transfer(kernel, linear)) < 0.02 + lost


def test_an_enlarged_kernel_has_no_gaps() -> None:
    found, _ = camera_shake.carried(smeared(disc(1.5), 0.6), np.eye(2) * 6.0)
    along = found[20, 12:29]
    assert np.abs(np.diff(along, 2)).max() < 0.2 * along.max()


def test_what_would_have_to_be_enlarged_many_times_cannot_be_told() -> None:
    assert camera_shake.carried(smeared(disc(1), 0.6), np.eye(2) * 50.0)[1] == 1.0


def moments(kernel: Plane) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """The covariance of a kernel's light, (2, 2)."""
    down, across = np.mgrid[-20:21, -20:21]
    points = np.stack([across.ravel(), down.ravel()]).astype(np.float64)
    light = kernel.ravel().astype(np.float64)
    centred = points - (points * light).sum(1, keepdims=True)
    return np.asarray((centred * light) @ centred.T)


def test_light_that_falls_off_the_kernel_is_told_as_lost() -> None:
    _, lost = camera_shake.carried(streak(35), np.eye(2) * 3)
    assert 0.4 < lost < 0.8


def test_only_what_lies_whole_in_the_photo_is_looked_at() -> None:
    middle = np.array([[1.0, 0, -300], [0, 1.0, -300]])
    assert len(camera_shake.beside(middle, (856, 856))) == 4
    assert len(camera_shake.beside(middle, (556, 856))) == 3
    assert camera_shake.beside(UPRIGHT, (256, 256)) == []


def test_what_lies_beside_a_face_is_as_large_and_stands_as_the_face_does() -> None:
    transform = turned(30, 0.5) + np.array([[0, 0, -200.0], [0, 0, 90.0]])
    for one in camera_shake.beside(transform, (5000, 5000)):
        assert np.array_equal(one[:, :2], transform[:, :2])
        assert np.hypot(*(one - transform)[:, 2]) == pytest.approx(160)
