"""Restoring: the photo's own tone, colour and grain stay, and no structure moves unseen."""

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from gpend.core import align, pipeline
from gpend.core.blend import blended, grain_kept, grained
from gpend.core.fitted import BANDS
from gpend.core.networks import Networks
from gpend.core.photo import Plane
from gpend.core.report import Kept, Restored
from gpend.fitting import shots, trials
from gpend.fitting.degradations import Kind, shot
from gpend.fitting.distances import TEMPLATE, dissimilarity, inner
from gpend.settings import CoreSettings, Grain, TriageSettings
from tests.pictures import portrait, saved

crops = arrays.arrays(np.float32, (8, 8, 3), elements=st.floats(0, 1, width=32))


def large(crop: Plane) -> Plane:
    return np.asarray(np.clip(cv2.resize(crop, (64, 64), interpolation=cv2.INTER_CUBIC), 0, 1), np.float32)


WHOLE = (1.0,) * len(BANDS)


@given(crops, crops)
def test_colour_differences_of_the_photo_stay_where_nothing_is_cut(output: Plane, crop: Plane) -> None:
    dull = 0.25 + 0.5 * large(crop)
    result = blended(0.4 + 0.2 * large(output), dull, WHOLE, 0.25)
    inside = ((result > 0.0) & (result < 1.0)).all(axis=2)
    for first, second in ((0, 1), (1, 2)):
        gap = (result[..., first] - result[..., second]) - (dull[..., first] - dull[..., second])
        assert np.abs(gap[inside]).max(initial=0) < 1e-5


@given(crops, crops)
def test_grey_stays_grey(output: Plane, crop: Plane) -> None:
    grey = np.repeat(large(crop)[..., :1], 3, axis=2)
    result = blended(large(output), grey, WHOLE, 0.25)
    assert np.abs(result - result[..., :1]).max() < 1e-5


@given(crops, st.lists(st.floats(0, 1), min_size=len(BANDS), max_size=len(BANDS)))
def test_a_network_that_changes_nothing_changes_nothing(crop: Plane, shares: list[float]) -> None:
    picture = large(crop)
    assert np.abs(blended(picture, picture, shares, 0.25) - picture).max() < 1e-5


@given(crops, crops)
def test_no_share_of_the_change_is_no_change(output: Plane, crop: Plane) -> None:
    picture = large(crop)
    assert np.abs(blended(large(output), picture, (0.0,) * len(BANDS), 0.25) - picture).max() < 1e-5


def test_a_band_s_share_applies_to_detail_of_its_own_size() -> None:
    grey = np.full((256, 256, 3), 0.5, np.float32)
    waves = {length: _waves(length) for length in (5, 60)}
    only_fine, only_coarse = (1.0, 1.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0, 1.0)
    for shares, stays, goes in ((only_fine, 5, 60), (only_coarse, 60, 5)):
        kept, lost = (float(blended(grey + waves[length], grey, shares, 1.0).std()) for length in (stays, goes))
        assert kept > 4 * lost


@pytest.mark.parametrize("size", [2, 4])
def test_a_larger_network_s_change_is_split_where_a_small_one_s_is(size: int) -> None:
    grey = np.full((256, 256, 3), 0.5, np.float32)
    shares = (0.0, 0.2, 0.5, 0.9, 1.0)
    small = blended(grey + _waves(16), grey, shares, 1.0)
    output, crop = (
        np.asarray(cv2.resize(one, None, fx=size, fy=size), np.float32) for one in (grey + _waves(16), grey)
    )
    result = blended(output, crop, shares, size)
    assert float(result.std()) == pytest.approx(float(small.std()), rel=0.05)


def _waves(length: float) -> Plane:
    """A pattern of this many pixels from crest to crest."""
    wave = 0.2 * np.sin(np.arange(256) * 2 * np.pi / length)
    return np.asarray(np.broadcast_to(wave[None, :, None], (256, 256, 3)), np.float32)


def test_a_colour_cast_of_the_network_does_not_reach_the_photo() -> None:
    random = np.random.default_rng(2)
    crop = np.asarray(cv2.GaussianBlur(random.uniform(0.3, 0.7, (128, 128, 3)), (0, 0), 3), np.float32)
    red = np.clip(crop + np.array([0.2, 0.0, -0.1], np.float32), 0, 1)
    assert np.abs(blended(np.asarray(red, np.float32), crop, WHOLE, 0.5) - crop).mean() < 0.01


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_a_restored_face_keeps_some_of_the_photo_s_grain(share: float) -> None:
    random = np.random.default_rng(3)
    smooth = np.full((128, 128, 3), 0.5, np.float32)
    grainy = np.asarray(smooth + random.normal(0, 0.04, (128, 128, 1)), np.float32)
    face = np.ones((128, 128), np.float32)
    result = grained(blended(smooth, grainy, (share,) * len(BANDS), 0.5), grainy, grain_kept(Grain.SOFTEN, face))
    assert 0.2 < float(result.std()) / float(grainy.std()) < 0.7


@pytest.mark.parametrize(("grain", "middle", "border"), [("soften", 0.35, 1), ("keep", 1, 1), ("remove", 0, 0)])
def test_the_grain_is_what_was_asked_for_in_the_middle_and_at_the_border(
    grain: str, middle: float, border: float
) -> None:
    random = np.random.default_rng(4)
    smooth = np.full((128, 128, 3), 0.5, np.float32)
    grainy = np.asarray(smooth + random.normal(0, 0.03, (128, 128, 1)), np.float32)
    for face, share in ((1.0, middle), (0.0, border)):
        result = grained(smooth, grainy, grain_kept(Grain(grain), np.full((128, 128), face, np.float32)))
        assert float(result.std()) / float(grainy.std()) == pytest.approx(share, abs=0.3)


def _shrunk(samples: Path, sigma: float, noise: float, quality: int) -> bytes:
    """The portrait as small as messaging apps send it."""
    with Image.open(samples / "portrait-sharp.jpg") as image:
        small = np.asarray(image.convert("RGB").resize((300, 300), Image.Resampling.BOX))
    soft = cv2.GaussianBlur(small, (0, 0), sigma) + np.random.default_rng(1).normal(0, noise, small.shape)
    written = io.BytesIO()
    Image.fromarray(np.clip(np.rint(soft), 0, 255).astype(np.uint8)).save(written, "JPEG", quality=quality)
    return written.getvalue()


@pytest.mark.parametrize("spoiled", [(0.6, 0.0, 50), (1.0, 0.0, 50)])
def test_what_shrinking_left_is_no_blur_to_be_taken_out(
    spoiled: tuple[float, float, int], networks: Networks, samples: Path
) -> None:
    (face,) = pipeline.process(_shrunk(samples, *spoiled), networks, CoreSettings()).faces
    assert "the blur was taken out" not in face.reason
    assert ": perhaps " in face.reason  # what was found, and not believed


@pytest.mark.parametrize("spoiled", [(1.0, 14.0, 95), (2.2, 0.0, 90)])
def test_grain_and_wider_blur_are_taken_out_of_a_small_photo_too(
    spoiled: tuple[float, float, int], networks: Networks, samples: Path
) -> None:
    (face,) = pipeline.process(_shrunk(samples, *spoiled), networks, CoreSettings()).faces
    assert "the blur was taken out" in face.reason
    assert "perhaps" not in face.reason


def test_a_sharp_face_amid_blur_is_left_as_it_is(networks: Networks) -> None:
    sharp = portrait(480, 480)
    x0, y0, x1, y1 = max(networks.detect(sharp), key=lambda one: one.score).box
    down, across = np.mgrid[:480, :480] - np.asarray([(y0 + y1) / 2, (x0 + x1) / 2])[:, None, None]
    share = np.clip((1.3 - np.hypot(across / 0.34, down / 0.44) / (x1 - x0)) / 0.3, 0, 1)[:, :, None]
    around = cv2.filter2D(sharp, -1, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9)) / 57)
    picture = np.asarray(np.rint(share * sharp + (1 - share) * around), np.uint8)
    outcome = pipeline.process(saved(picture, "JPEG", quality=92), networks, CoreSettings())
    assert isinstance(outcome, Kept)
    assert [face.reason for face in outcome.faces if "sharper than what is around it" in face.reason]
    every = CoreSettings(triage=TriageSettings(sharpness_threshold=1))
    wanted = pipeline.process(saved(picture, "JPEG", quality=92), networks, every)
    assert not [face.reason for face in wanted.faces if "sharper than what is around it" in face.reason]


def test_noise_is_taken_out_where_nothing_is_blurred(networks: Networks, samples: Path) -> None:
    with Image.open(samples / "portrait-sharp.jpg") as image:
        truth = image.convert("RGB").resize((600, 600), Image.Resampling.BOX)
    spoiled = np.asarray(truth) + np.random.default_rng(1).normal(0, 26, (600, 600, 1))
    written = io.BytesIO()
    Image.fromarray(np.clip(np.rint(spoiled), 0, 255).astype(np.uint8)).save(written, "JPEG", quality=92)
    outcome = pipeline.process(written.getvalue(), networks, CoreSettings())
    (face,) = outcome.faces
    assert isinstance(outcome, Restored)
    assert "noise and compression were taken out" in face.reason
    x0, y0, x1, y1 = (round(edge) for edge in face.box)
    before, after = (
        np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), np.float32)[y0:y1, x0:x1]
        - np.asarray(truth)[y0:y1, x0:x1]
        for data in (written.getvalue(), outcome.photo)
    )
    assert float((after**2).mean()) < 0.8 * float((before**2).mean())


@pytest.mark.parametrize("severity", [0, 1, 2])
def test_a_face_that_only_compression_spoiled_is_not_made_crisper_than_it_was(
    networks: Networks, samples: Path, severity: int
) -> None:
    pixels = np.asarray(Image.open(samples / "portrait-sharp.jpg").convert("RGB"))
    (face,) = networks.detect(pixels)
    crop = align.crop(pixels, align.similarity(face.landmarks, align.scaled(align.FFHQ_TEMPLATE, 256)), 256)
    clean = np.asarray(np.rint(crop * 255), np.uint8)
    taken = shots.sampled(shot(clean, Kind.JPEG, severity, 130, np.random.default_rng(severity)))
    attempt = trials.attempted(taken, trials.blur_of(taken, networks), networks)
    assert attempt is not None
    assert attempt.steps == ("noise and compression were taken out",)
    after, truth = trials.applied(taken.crop, attempt, taken.transform), trials.truth_of(taken)
    apart = [dissimilarity(one, truth, inner(TEMPLATE)) for one in (taken.crop, after)]
    assert apart[1] < 0.98 * apart[0]
