"""Where one face of a photo was surely shaken, those that count as sharp are asked with less proof."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gpend.core import analysis, deconvolution
from gpend.core.analysis import JudgedFace
from gpend.core.networks import EstimateBlur, Kernels, Networks
from gpend.core.photo import Plane
from gpend.core.report import Verdict
from gpend.settings import CoreSettings, SlightShakes, TriageSettings
from tests.benchmarks import kernels

_SHARES = (0.95, 1.0)  # of the portrait: by the measure the one is blurred and the other sharp, as happens
_SHAKE = deconvolution.resampled(kernels.curved(17, np.random.default_rng(1)), 0.5)


@dataclass(frozen=True)
class Unsure:
    """The network that tells blurs, never surely enough for a face that counts as sharp."""

    tells: EstimateBlur
    name: str = "unsure"
    size: int = 256

    def __call__(self, crops: NDArray[np.float32]) -> Kernels:
        """What it tells of these."""
        found = self.tells(crops)
        return replace(found, confidence=np.minimum(found.confidence, np.float32(0.86)))


@dataclass
class Asked:
    """The network, with all crops that it was asked about."""

    tells: EstimateBlur
    name: str = "asked"
    size: int = 256
    crops: list[Plane] = field(default_factory=list)

    def __call__(self, crops: NDArray[np.float32]) -> Kernels:
        """What it tells of these."""
        self.crops += list(crops)
        return self.tells(crops)


def portraits(samples: Path) -> list[Plane]:
    """A smaller one and a larger one, turned over, of the same height."""
    picture = cv2.imread(str(samples / "portrait-sharp.jpg"))
    assert picture is not None
    small, large = (cv2.resize(picture, None, fx=one, fy=one, interpolation=cv2.INTER_AREA) for one in _SHARES)
    below = (0, large.shape[0] - small.shape[0], 0, 0)
    sides = cv2.copyMakeBorder(small, *below, cv2.BORDER_REFLECT_101), cv2.flip(large, 1)
    return [np.asarray(side / 255.0, np.float32) for side in sides]


def shaken(picture: Plane) -> Plane:
    flipped = np.ascontiguousarray(_SHAKE[::-1, ::-1])
    return np.asarray(cv2.filter2D(picture, -1, flipped, borderType=cv2.BORDER_REFLECT_101), np.float32)


def judged(picture: Plane, networks: Networks, shakes: SlightShakes = SlightShakes.RESTORE) -> list[JudgedFace]:
    """The faces of a photo, from left to right, by a network that is unsure."""
    assert networks.estimate is not None
    noisy = 255 * picture.clip(0, 1) + np.random.default_rng(9).normal(0, 1.5, picture.shape)
    rounded = np.rint(noisy).clip(0, 255).astype(np.uint8)
    photo = cv2.imencode(".jpg", rounded, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()
    settings = CoreSettings(triage=TriageSettings(slight_shakes=shakes))
    found = analysis.analyse(photo, replace(networks, estimate=Unsure(networks.estimate)), settings)
    return sorted(found.faces, key=lambda one: one.face.box)


def test_a_face_that_counts_as_sharp_is_seen_through_where_another_was_surely_shaken_alike(
    networks: Networks, samples: Path
) -> None:
    blurred, sharp = judged(shaken(np.hstack(portraits(samples))), networks)
    assert blurred.report.verdict is sharp.report.verdict is Verdict.RESTORED
    assert " reaches 0.50, but the face is shaken by about " in sharp.report.reason


def test_and_the_network_is_asked_about_each_face_once(networks: Networks, samples: Path) -> None:
    assert networks.estimate is not None
    asked = Asked(networks.estimate)
    found = judged(shaken(np.hstack(portraits(samples))), replace(networks, estimate=asked))
    assert all(one.report.verdict is Verdict.RESTORED for one in found)
    assert len({crop.tobytes() for crop in asked.crops}) == len(asked.crops) > 0


def test_alone_it_is_left_alone(networks: Networks, samples: Path) -> None:
    (sharp,) = judged(shaken(portraits(samples)[1]), networks)
    assert sharp.report.verdict is Verdict.SHARP


def test_and_where_a_person_wants_such_faces_left(networks: Networks, samples: Path) -> None:
    _, sharp = judged(shaken(np.hstack(portraits(samples))), networks, SlightShakes.LEAVE)
    assert sharp.report.verdict is Verdict.SHARP


@pytest.mark.parametrize("moved", [0, 1])
def test_beside_one_who_moved_a_sharp_face_stays_as_it_is(networks: Networks, samples: Path, moved: int) -> None:
    sides = portraits(samples)
    sides[moved] = shaken(sides[moved])
    faces = judged(np.hstack(sides), networks)
    assert faces[1 - moved].report.verdict is Verdict.SHARP
