"""`restore.strength`: less is nearer to the photo, more is nearer to what the network paints."""

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gpend.core import pipeline
from gpend.core.networks import Networks
from gpend.core.photo import Plane
from gpend.core.report import Kept, Verdict
from gpend.settings import CoreSettings, RestoreSettings


@pytest.fixture(scope="module")
def blurred(samples: Path) -> bytes:
    return (samples / "portrait-blurred.jpg").read_bytes()


def wishing(strength: float) -> CoreSettings:
    return CoreSettings(restore=RestoreSettings(device="cpu", strength=strength))


def change(photo: bytes, networks: Networks, strength: float) -> Plane:
    """Of the aligned face."""
    (face,) = pipeline.examine(photo, networks, wishing(strength))
    assert face.before is not None
    assert face.after is not None
    return face.after - face.before


def test_a_strength_of_nothing_leaves_every_face_alone(networks: Networks, blurred: bytes) -> None:
    outcome = pipeline.process(blurred, networks, wishing(0.0))
    assert isinstance(outcome, Kept)
    (face,) = outcome.faces
    assert face.verdict is Verdict.DECIDED
    assert "restore.strength is 0" in face.reason
    assert "left alone as you decided" in outcome.reason  # it was told as if restoring would not help


def test_half_the_strength_is_half_of_the_change(networks: Networks, blurred: bytes) -> None:
    half, whole = (change(blurred, networks, strength) for strength in (0.5, 1.0))
    inside = np.abs(whole) > 0.02  # what is cut at black and white is not
    assert np.median(half[inside] / whole[inside]) == pytest.approx(0.5, abs=0.02)


def test_more_strength_lets_the_network_paint_more(networks: Networks, blurred: bytes) -> None:
    as_fitted, more = (change(blurred, networks, strength) for strength in (1.0, 2.0))
    assert np.abs(more - as_fitted).max() > 0.02
    reasons = [pipeline.process(blurred, networks, wishing(strength)).faces[0].reason for strength in (1.0, 2.0)]
    assert "painted at" in reasons[1]
    assert reasons[0] != reasons[1]


def test_without_the_kernel_network_it_holds_as_well(networks: Networks, blurred: bytes) -> None:
    alone = Networks(networks.detect, networks.restore)
    half, whole = (pixels(pipeline.process(blurred, alone, wishing(strength))) for strength in (0.5, 1.0))
    photo = np.asarray(Image.open(io.BytesIO(blurred)).convert("RGB"), np.float32)
    assert 0.3 < np.abs(half - photo).sum() / np.abs(whole - photo).sum() < 0.7


def pixels(outcome: object) -> NDArray[np.float32]:
    photo = getattr(outcome, "photo", b"")
    return np.asarray(Image.open(io.BytesIO(photo)).convert("RGB"), np.float32)
