"""What several tests of the core look at."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gpend.core import align
from gpend.core.blend import luma
from gpend.core.blur import SIDE
from gpend.core.networks import Networks
from gpend.core.photo import Plane
from tests.core.blurs import MARGIN


@pytest.fixture(scope="session")
def padded(networks: Networks, samples: Path) -> Plane:
    """A sharp face with what is around it."""
    portrait = np.asarray(Image.open(samples / "portrait-sharp.jpg").convert("RGB"))
    face = max(networks.detect(portrait), key=lambda one: one.score)
    transform = align.similarity(face.landmarks, align.scaled(align.FFHQ_TEMPLATE, SIDE))
    return align.crop(portrait, transform + np.array([[0, 0, MARGIN], [0, 0, MARGIN]]), SIDE + 2 * MARGIN)


@pytest.fixture(scope="session")
def face(networks: Networks, samples: Path) -> Plane:
    """The luma of a sharp face, aligned: (SIDE, SIDE), 0 to 1."""
    portrait = np.asarray(Image.open(samples / "portrait-sharp.jpg").convert("RGB"))
    found = max(networks.detect(portrait), key=lambda one: one.score)
    crop = align.crop(portrait, align.similarity(found.landmarks, align.scaled(align.FFHQ_TEMPLATE, SIDE)), SIDE)
    return luma(crop)
