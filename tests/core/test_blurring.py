"""How sharp the faces of a photo are, and what blurred them."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gpend.core import align, blurring, codec, deconvolution, measured, shaken_sharp
from gpend.core.measured import Measured
from gpend.core.networks import Kernels, Networks
from gpend.core.photo import Face
from gpend.core.pixels import PhotoPixels
from gpend.settings import CoreSettings
from tests.benchmarks import kernels
from tests.core.blurs import spoiled

_LIMIT = 0.5


class Unasked:
    """A network that nobody may ask."""

    name, size = "unasked", 256

    def __call__(self, crops: NDArray[np.float32]) -> Kernels:
        """Fail."""
        raise AssertionError(f"Asked about {len(crops)} crops.")


def pixels_of(picture: NDArray[np.uint8], side: int = 1280) -> PhotoPixels:
    """A photo as it is looked at in `side` pixels."""
    photo = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
    header = codec.identify(photo, CoreSettings().photo)
    return PhotoPixels(photo, header, codec.at_least(photo, header, side))


@pytest.fixture(scope="module")
def portrait(samples: Path) -> NDArray[np.uint8]:
    picture = cv2.imread(str(samples / "portrait-sharp.jpg"))
    assert picture is not None
    return np.asarray(picture, np.uint8)


@pytest.fixture(scope="module")
def found(networks: Networks, portrait: NDArray[np.uint8]) -> Face:
    (one,) = networks.detect(np.asarray(portrait[..., ::-1]))
    return one


@pytest.fixture(scope="module")
def sharp(portrait: NDArray[np.uint8], found: Face) -> Measured:
    return measured.measured(pixels_of(portrait), found)


def test_a_face_is_sharp_from_the_limit_on_and_never_where_every_face_is_wanted(sharp: Measured) -> None:
    value = sharp.measure.sharpness
    assert sharp.is_sharp(_LIMIT)
    assert sharp.is_sharp(value)
    assert not sharp.is_sharp(float(np.nextafter(value, 2)))
    assert not sharp.is_sharp(1.0)


def test_a_quick_look_tells_that_a_face_is_sharp_only_where_its_pixels_suffice(
    portrait: NDArray[np.uint8], found: Face
) -> None:
    assert measured.surely_sharp(pixels_of(portrait), found, _LIMIT) is not None
    enlarged = cv2.resize(portrait, None, fx=2, fy=2)
    x0, y0, x1, y1 = (2 * edge for edge in found.box)
    larger = replace(found, box=(x0, y0, x1, y1), landmarks=align.scaled(found.landmarks, 2))
    assert measured.surely_sharp(pixels_of(np.asarray(enlarged, np.uint8), 160), larger, _LIMIT) is None


def test_where_no_face_is_asked_about_the_network_is_not_either(portrait: NDArray[np.uint8]) -> None:
    assert blurring.of_faces(pixels_of(portrait), {}, Unasked()) == blurring.Blurring({}, {})


def test_a_face_is_told_what_blurred_it_and_whether_its_light_was(
    networks: Networks, portrait: NDArray[np.uint8], found: Face
) -> None:
    assert networks.estimate is not None
    blurred = spoiled(np.asarray(portrait / 255.0, np.float32), kernels.gaussian(3.0))
    photo = pixels_of(np.asarray(np.rint(blurred * 255), np.uint8))
    told = blurring.of_faces(photo, {found: measured.measured(photo, found)}, networks.estimate)
    assert deconvolution.helps(told.blurs[found])
    assert told.in_light[found].blur is not None


def test_of_a_sharp_face_no_shake_is_told_and_where_no_other_was_shaken_none_is_looked_for(
    networks: Networks, portrait: NDArray[np.uint8], found: Face, sharp: Measured
) -> None:
    assert networks.estimate is not None
    photo = pixels_of(portrait)
    told = shaken_sharp.told({found: sharp}, networks.estimate, _LIMIT)
    assert shaken_sharp.alone(photo, {found: sharp}, told) == {}
    assert shaken_sharp.with_others(photo, {found: sharp}, {}, told, _LIMIT) == {}
