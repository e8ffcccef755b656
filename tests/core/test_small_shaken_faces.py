"""A small face that was shaken far does not pass for sharp: few of its pixels are left across the path."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from gpend.core import analysis, deconvolution, pipeline
from gpend.core.networks import Networks
from gpend.core.photo import Plane
from gpend.core.report import Verdict
from gpend.settings import CoreSettings
from tests.benchmarks import kernels

_FACE = 133  # pixels of a face in the crop that kernels are told for


def shaken(portrait: Path, share: float, kernel: Plane, exponent: float) -> bytes:
    """The portrait so many times as large, shaken as tones to the power of `exponent`: 2.2 is light."""
    picture = cv2.imread(str(portrait))
    assert picture is not None
    small = np.asarray(cv2.resize(picture, None, fx=share, fy=share, interpolation=cv2.INTER_AREA) / 255.0, np.float64)
    flipped = np.ascontiguousarray(kernel[::-1, ::-1])
    light = cv2.filter2D(small**exponent, -1, flipped, borderType=cv2.BORDER_REFLECT_101).clip(0, 1)
    noisy = 255 * light ** (1 / exponent) + np.random.default_rng(9).normal(0, 1.5, light.shape)
    return cv2.imencode(".jpg", np.rint(noisy).clip(0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 92])[
        1
    ].tobytes()


@pytest.mark.parametrize(
    ("width", "kernel", "exponent"),
    [
        (56, kernels.straight(12, np.random.default_rng(0)), 1.0),
        (64, kernels.straight(12, np.random.default_rng(0)), 1.0),
        (76, kernels.curved(17, np.random.default_rng(1)), 1.0),
        (56, kernels.curved(17, np.random.default_rng(2)), 2.2),
    ],
)
def test_it_is_seen_through(networks: Networks, samples: Path, width: int, kernel: Plane, exponent: float) -> None:
    portrait = samples / "portrait-sharp.jpg"
    (sharp,) = analysis.analyse(portrait.read_bytes(), networks, CoreSettings()).faces
    scaled = deconvolution.resampled(kernel, width / _FACE)
    photo = shaken(portrait, width / sharp.face.width, scaled, exponent)
    (face,) = pipeline.process(photo, networks, CoreSettings()).faces
    assert face.verdict is Verdict.RESTORED
    assert "shaken by about" in face.reason


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_shake_as_short_as_what_shrinking_leaves_is_taken_out_where_it_lies_along_one_line(
    networks: Networks, samples: Path, seed: int
) -> None:
    portrait = samples / "portrait-sharp.jpg"
    (sharp,) = analysis.analyse(portrait.read_bytes(), networks, CoreSettings()).faces
    scaled = deconvolution.resampled(kernels.straight(6, np.random.default_rng(seed)), 90 / _FACE)
    photo = shaken(portrait, 90 / sharp.face.width, scaled, 1.0)
    (face,) = pipeline.process(photo, networks, CoreSettings()).faces
    assert face.verdict is Verdict.RESTORED
    assert "the blur was taken out" in face.reason


@pytest.mark.parametrize("width", [56, 64, 76])
def test_where_it_was_not_shaken_it_stays_as_it_is(networks: Networks, samples: Path, width: int) -> None:
    portrait = samples / "portrait-sharp.jpg"
    (sharp,) = analysis.analyse(portrait.read_bytes(), networks, CoreSettings()).faces
    photo = shaken(portrait, width / sharp.face.width, np.ones((1, 1), np.float32), 1.0)
    (face,) = pipeline.process(photo, networks, CoreSettings()).faces
    assert face.verdict is Verdict.SHARP
