"""What a camera blurred is light, and what an app blurred are tones: which it was is told, and taken into account."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core import align, deconvolution, gates, light, refining, restore, sharpness
from gpend.core.blend import luma, weights_of
from gpend.core.blur import SIDE, Blur
from gpend.core.networks import Networks
from gpend.core.photo import Plane
from gpend.core.seen import Seen
from tests.core.blurs import CLEAN, spoiled, streak
from tests.core.test_spectrum import gaussian

WHERE = np.eye(2, 3)
KERNELS = {"shaken": streak(13), "out of focus": gaussian(3.0)}
BLURS = {name: Blur(kernel, 0.99) for name, kernel in KERNELS.items()}
LEVEL = 1.5 / 255


def in_light(picture: Plane, kernel: Plane) -> Plane:
    """The picture as a camera takes it that shook or was out of focus: with the noise of `spoiled`, in its tones."""
    blurred = light.stored(spoiled(light.light_of(picture), kernel, 0.0))
    noise = np.random.default_rng(1).normal(0, LEVEL, picture.shape)
    return np.asarray(np.clip(blurred + noise, 0, 1), np.float32)


def seen(padded: Plane, blur: Blur) -> Seen:
    terms = sharpness.measure(_small(deconvolution.middle(padded)), 1.0, 0.0).terms
    return Seen(padded, WHERE * deconvolution.side_of(padded) / SIDE, blur, CLEAN, terms)


def explained(photo: Plane, blur: Blur) -> Seen:
    face = seen(photo, blur)
    return light.explained(face, light.compared(face))


def told(more: float) -> light.Told:
    """Of a face in which there is so much more of everything if its tones were blurred, by logarithms."""
    return light.Told(np.zeros((384, 384), np.float32), light.Found(0.0, 0.0), light.Found(more, more))


def is_of_path_as_told(photo: Plane, followed: Blur) -> bool:
    face = seen(photo, followed)
    return light.is_of_path_as_told(face, light.compared(face))


def _small(crop: Plane) -> Plane:
    return np.asarray(cv2.resize(crop, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32)


def apart(one: Plane, other: Plane) -> float:
    """Root mean square of luma, of crops within what surrounds them."""
    return float(np.sqrt(np.square(luma(deconvolution.middle(one)) - luma(deconvolution.middle(other))).mean()))


@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=64))
def test_tones_are_stored_of_light_as_they_were(tones: list[float]) -> None:
    plane = np.array(tones, np.float32)
    assert light.stored(light.light_of(plane)) == pytest.approx(plane, abs=1e-5)


@given(st.lists(st.floats(-1, 2, width=32), min_size=2, max_size=64))
def test_more_light_is_never_stored_as_less_and_none_beyond_black_and_white(values: list[float]) -> None:
    tones = light.stored(np.sort(np.array(values, np.float32)))
    assert (np.diff(tones) >= 0).all()
    assert 0 <= tones[0] <= tones[-1] <= 1


@given(st.integers(0, 2**32 - 1), st.sampled_from(sorted(KERNELS)))
def test_tones_are_never_darker_for_it_that_light_was_blurred(seed: int, name: str) -> None:
    coarse = np.random.default_rng(seed).random((12, 12)).astype(np.float32)
    sharp = np.asarray(np.clip(cv2.resize(coarse, (384, 384), interpolation=cv2.INTER_CUBIC), 0, 1), np.float32)
    assert light.gained(sharp, BLURS[name]).min() > -1e-4


def test_where_all_is_alike_nothing_is_gained() -> None:
    grey = np.full((384, 384), 0.4, np.float32)
    assert np.abs(light.gained(grey, BLURS["shaken"])).max() < 1e-5


@pytest.mark.parametrize("name", sorted(KERNELS))
def test_a_face_whose_light_was_blurred_is_taken_as_if_its_tones_had_been(padded: Plane, name: str) -> None:
    of_tones = spoiled(padded, KERNELS[name])
    photo = in_light(padded, KERNELS[name])
    as_tones = explained(photo, BLURS[name]).as_tones.padded
    assert apart(as_tones, of_tones) < 0.75 * apart(photo, of_tones)


@pytest.mark.parametrize("name", sorted(KERNELS))
def test_one_whose_tones_were_blurred_is_taken_nearly_as_it_is(padded: Plane, name: str) -> None:
    photo = spoiled(padded, KERNELS[name])
    told = explained(photo, BLURS[name])
    assert apart(told.as_tones.padded, photo) < 0.3 * apart(in_light(padded, KERNELS[name]), photo)


def test_its_kernel_is_looked_for_as_if_its_tones_had_been_and_else_in_the_crop_as_it_is(padded: Plane) -> None:
    blur = BLURS["shaken"]
    of_tones, photo = spoiled(padded, blur.kernel), in_light(padded, blur.kernel)
    wanted, crop = (luma(deconvolution.middle(one)) for one in (of_tones, photo))
    found = light.in_tones(crop, light.compared(seen(photo, blur)))
    assert found is not None
    assert np.square(found - wanted).mean() < 0.75**2 * np.square(crop - wanted).mean()
    assert light.in_tones(wanted, light.compared(seen(of_tones, blur))) is None


def test_it_is_looked_for_in_a_crop_of_the_size_that_kernels_are_told_in(padded: Plane) -> None:
    photo = in_light(padded, KERNELS["shaken"])
    twice = np.asarray(cv2.resize(photo, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.float32)
    crop = luma(deconvolution.middle(photo))
    small, large = (light.in_tones(crop, light.compared(seen(one, BLURS["shaken"]))) for one in (photo, twice))
    assert small is not None
    assert large is not None
    assert np.abs(small - large).max() < 0.01


@pytest.mark.parametrize(("gradients", "share"), [(-14.0, 0.0), (14.0, 1.0)])
def test_a_face_that_is_flat_in_one_of_both_ways_is_told_without_a_warning(gradients: float, share: float) -> None:
    assert told(gradients).share == pytest.approx(share)


def test_in_a_larger_crop_of_a_face_the_same_is_told(padded: Plane) -> None:
    photo = in_light(padded, KERNELS["shaken"])
    twice = np.asarray(cv2.resize(photo, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.float32)
    small, large = (light.compared(seen(one, BLURS["shaken"])) for one in (photo, twice))
    assert large.share == pytest.approx(small.share, abs=0.1)
    assert large.brighter.shape == (768, 768)
    assert np.abs(_small(large.brighter) - _small(small.brighter)).max() < 0.01


def test_a_face_of_which_nothing_is_told_is_filtered_as_it_is(padded: Plane) -> None:
    face = seen(padded, BLURS["shaken"])
    assert face.as_tones is face


def test_colours_stay_as_they_are(padded: Plane) -> None:
    face = replace(seen(padded, BLURS["shaken"]), brighter=np.full(padded.shape[:2], 0.01, np.float32))
    before, after = (one[:, :, 0] - one[:, :, 2] for one in (padded, face.as_tones.padded))
    inside = (padded.min(axis=2) > 0.02) & (padded.max(axis=2) < 0.98)
    assert np.abs(after - before)[inside].max() < 1e-6


@pytest.mark.parametrize("name", sorted(KERNELS))
def test_what_a_camera_blurred_comes_nearer_to_the_truth_for_it(padded: Plane, networks: Networks, name: str) -> None:
    face = seen(in_light(padded, KERNELS[name]), BLURS[name])
    found = deconvolution.deconvolve(face.padded, face.blur, face.noise, 1.0).restored
    before = refining.refined(found, face, networks, alone=False)
    now = restore.filtered(restore.Blurred(networks.restore, face.crop, WHERE, None, paints=False, seen=face), networks)
    assert now.step == restore.TAKEN_OUT
    far, near = (float(np.square(one - deconvolution.middle(padded)).mean()) for one in (before, now.crop))
    assert near < 0.97 * far


def test_what_somebody_wants_painted_is_judged_by_tones_as_well(padded: Plane, networks: Networks) -> None:
    network = networks.restore
    onwards = align.similarity(align.scaled(align.FFHQ_TEMPLATE, SIDE), network.template)
    face = seen(in_light(padded, streak(21)), Blur(streak(21), 0.99))
    crop = align.warped(face.crop, onwards, (network.size, network.size), cv2.BORDER_REPLICATE)
    weights = weights_of(network.fit.after_filter, gates.terms_of(crop, 1.0, network.template))
    (attempt,) = restore.attempts([restore.Blurred(network, crop, onwards, weights, seen=face)], networks, strength=2)
    assert attempt.painted > 0.6


CROSSED = np.asarray(0.6 * streak(13) + 0.4 * streak(13).T, np.float32)


@pytest.mark.parametrize("kernel", [streak(21), CROSSED])
def test_a_path_that_was_followed_in_tones_is_left_where_light_speaks_for_the_one_that_was_told(
    padded: Plane, kernel: Plane
) -> None:
    told = BLURS["shaken"]
    followed = Blur(kernel, 0.99, told=told)
    assert is_of_path_as_told(in_light(padded, told.kernel), followed)
    assert not is_of_path_as_told(spoiled(padded, told.kernel), followed)


def test_one_that_light_speaks_for_too_is_kept(padded: Plane) -> None:
    told = BLURS["shaken"]
    assert not is_of_path_as_told(in_light(padded, told.kernel), Blur(streak(17), 0.99, told=told))


def test_a_path_that_was_not_followed_is_the_one_that_was_told(padded: Plane) -> None:
    assert not is_of_path_as_told(in_light(padded, KERNELS["shaken"]), Blur(CROSSED, 0.99))


def test_the_blur_that_is_taken_out_is_the_one_that_light_speaks_for(padded: Plane, networks: Networks) -> None:
    as_told = BLURS["shaken"]
    face = seen(in_light(padded, as_told.kernel), Blur(CROSSED, 0.99, told=as_told))
    blurred = restore.Blurred(networks.restore, face.crop, WHERE, None, paints=False, seen=face)
    (attempt,) = restore.attempts([blurred], networks)
    assert attempt.blur is as_told


def test_a_face_that_is_there_twice_by_the_path_that_was_followed_is_left_alone_by_the_one_that_was_told_too(
    padded: Plane, networks: Networks
) -> None:
    twice = np.asarray((padded + np.roll(padded, (7, 14), (0, 1))) / 2, np.float32)
    photo = spoiled(twice, gaussian(1.5))
    for odds, is_told in ((12.0, True), (-12.0, False)):
        as_told = Blur(gaussian(2.5), 0.99, doubled=-12.0)
        face = seen(photo, replace(as_told, doubled=odds, told=as_told))
        blurred = restore.Blurred(networks.restore, face.crop, WHERE, None, paints=False, seen=face, wanted=True)
        (attempt,) = restore.attempts([blurred], networks)
        assert ("there twice" in attempt.refusal) == is_told


def test_what_was_told_of_a_face_by_this_blur_is_not_computed_again_and_by_another_or_larger_it_is(
    padded: Plane,
) -> None:
    face = seen(in_light(padded, KERNELS["shaken"]), BLURS["shaken"])
    known = light.Known(face.blur, told(0.0))
    assert light.compared(face, known) is known.told
    followed = replace(face, blur=replace(face.blur, told=face.blur))
    assert light.compared(followed, known).brighter.any()
    assert not light.is_of_path_as_told(followed, known.told, known)
    twice = np.asarray(cv2.resize(face.padded, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.float32)
    assert light.compared(replace(face, padded=twice), known).brighter.any()


def test_who_restores_a_face_takes_what_whoever_judged_it_was_told(padded: Plane, networks: Networks) -> None:
    face = seen(in_light(padded, KERNELS["shaken"]), BLURS["shaken"])
    of_tones = light.Known(face.blur, replace(told(-14.0), brighter=light.compared(face).brighter))
    blurred = restore.Blurred(networks.restore, face.crop, WHERE, None, paints=False, seen=face)
    computed, taken = (restore.filtered(replace(blurred, in_light=known), networks) for known in (None, of_tones))
    assert computed.face.seen is not None
    assert computed.face.seen.brighter is not None
    assert taken.face.seen is face
