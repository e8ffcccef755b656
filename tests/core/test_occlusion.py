"""What lies before a face is seen where it hides much of it, and a face alone is not taken for covered."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from gpend.core import align, occlusion, sharpness
from gpend.core.networks import Networks
from gpend.core.photo import Plane
from gpend.core.triage import COVERED

BLURS = [0.4, 3.0, 6.0]


@pytest.fixture(scope="session")
def crop(networks: Networks, samples: Path) -> Plane:
    portrait = np.asarray(Image.open(samples / "portrait-sharp.jpg").convert("RGB"))
    face = max(networks.detect(portrait), key=lambda one: one.score)
    target = align.scaled(align.FFHQ_TEMPLATE, sharpness.SIDE)
    return align.crop(portrait, align.similarity(face.landmarks, target), sharpness.SIDE)


def blurred(crop: Plane, sigma: float) -> Plane:
    return np.asarray(cv2.GaussianBlur(crop, (0, 0), sigma), np.float32)


def masked(crop: Plane, colour: tuple[float, float, float]) -> Plane:
    result = crop.copy()
    outline = np.array([(128, 148), (186, 156), (190, 190), (160, 238), (96, 238), (66, 190), (70, 156)], np.int32)
    cv2.fillPoly(result, [outline], colour)
    return result


@pytest.mark.parametrize("sigma", BLURS)
def test_a_face_alone_is_not_covered(crop: Plane, sigma: float) -> None:
    assert occlusion.log_odds(blurred(crop, sigma)) < COVERED


@pytest.mark.parametrize("shade", [0.7, 0.5])
@pytest.mark.parametrize("turned", [False, True])
def test_a_face_lit_from_one_side_is_not_covered(crop: Plane, shade: float, *, turned: bool) -> None:
    light = np.interp(np.arange(256), (100, 156), (1.0, shade)).astype(np.float32)
    lit = crop * (light[::-1] if turned else light)[None, :, None]
    assert occlusion.log_odds(blurred(np.asarray(lit, np.float32), 3)) < COVERED


@pytest.mark.parametrize("sigma", BLURS)
@pytest.mark.parametrize("colour", [(0.55, 0.75, 0.88), (0.1, 0.1, 0.12), (0.95, 0.95, 0.95)])
def test_a_mask_over_nose_and_mouth_is_seen(crop: Plane, colour: tuple[float, float, float], sigma: float) -> None:
    assert occlusion.log_odds(blurred(masked(crop, colour), sigma)) > COVERED


def test_an_object_before_half_of_the_face_is_seen(crop: Plane) -> None:
    held = crop.copy()
    cv2.rectangle(held, (128, 80), (220, 230), (0.2, 0.6, 0.25), -1)
    assert occlusion.log_odds(blurred(held, 3)) > COVERED


@given(arrays.arrays(np.float32, (16, 16, 3), elements=st.floats(0, 1, width=32)))
def test_any_crop_has_an_answer(crop: Plane) -> None:
    large = np.asarray(cv2.resize(crop, (256, 256), interpolation=cv2.INTER_NEAREST), np.float32)
    assert np.isfinite(occlusion.log_odds(large))
