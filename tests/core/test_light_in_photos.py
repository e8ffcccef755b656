"""What blurred a face is told by its photo as if tones had been blurred, where light was."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gpend.core import analysis, deconvolution
from gpend.core.networks import Networks
from gpend.settings import CoreSettings
from tests.benchmarks import kernels
from tests.core.test_shaken_together import Asked
from tests.core.test_small_shaken_faces import shaken

_SHAKE = deconvolution.resampled(kernels.straight(21, np.random.default_rng(0)), 0.8)


def darker(networks: Networks, portrait: Path, exponent: float) -> list[float]:
    """By how much each crop that was asked about after the face is darker than it, where it is nowhere brighter."""
    assert networks.estimate is not None
    asked = Asked(networks.estimate)
    analysis.analyse(shaken(portrait, 0.8, _SHAKE, exponent), replace(networks, estimate=asked), CoreSettings())
    face, *others = asked.crops
    return [float((face - one).max()) for one in others if (face - one).min() > -0.002]


def test_the_network_is_asked_again_about_a_face_that_a_camera_shook(networks: Networks, samples: Path) -> None:
    (gained,) = darker(networks, samples / "portrait-sharp.jpg", 2.2)
    assert 0.02 < gained < 0.3


def test_that_light_was_shaken_is_told_also_where_tones_told_the_wrong_way_round(
    networks: Networks, samples: Path
) -> None:
    curve = deconvolution.resampled(kernels.curved(10, np.random.default_rng(11)), 0.8)
    photo = shaken(samples / "portrait-sharp.jpg", 0.8, curve, 2.2)
    (face,) = analysis.analyse(photo, networks, CoreSettings()).faces
    assert face.blur is not None
    assert face.blur.first is not None


@pytest.mark.parametrize(("exponent", "is_kept"), [(2.2, True), (1.0, False)])
def test_what_it_told_first_is_kept(networks: Networks, samples: Path, exponent: float, *, is_kept: bool) -> None:
    photo = shaken(samples / "portrait-sharp.jpg", 0.8, _SHAKE, exponent)
    (face,) = analysis.analyse(photo, networks, CoreSettings()).faces
    assert face.blur is not None
    assert (face.blur.first is not None) is is_kept


def test_about_one_whose_tones_were_shaken_it_is_asked_once(networks: Networks, samples: Path) -> None:
    assert not darker(networks, samples / "portrait-sharp.jpg", 1.0)
