"""What compression took is not looked for by the filter, whatever the format; who judges a face judges it as before."""

from dataclasses import replace

import numpy as np
import pytest

from gpend.core import analysis, codec, deconvolution, restore, sharpness
from gpend.core.blur import Blur
from gpend.core.networks import Networks
from gpend.core.noise import Noise, noise_level, quantisation_power
from gpend.core.photo import Plane
from gpend.core.pixels import PhotoPixels
from gpend.core.seen import Seen
from gpend.settings import PhotoSettings
from tests import photos
from tests.core.blurs import spoiled, streak

BLUR = Blur(streak(13), 0.99)
WHERE = np.eye(2, 3)


def compressed(padded: Plane, kind: str, quality: int) -> tuple[Plane, bytes]:
    """A shaken face after it was saved, and the file."""
    picture = np.asarray(np.rint(spoiled(padded, BLUR.kernel) * 255), np.uint8)
    photo = photos.saved(picture, kind, quality=quality)
    pixels = codec.decode(photo, codec.identify(photo, PhotoSettings())).pixels
    return np.asarray(pixels / 255, np.float32), photo


def without_blur(padded: Plane, photo: bytes, networks: Networks, *, told: bool) -> restore.Filtered:
    """A face after the filter alone; `told` is whether it is told what compression took."""
    crop = deconvolution.middle(padded)
    level = noise_level(np.asarray(np.rint(crop * 255), np.uint8))
    taken = quantisation_power(codec.identify(photo, PhotoSettings()).quantisation)
    noise = Noise(level)
    terms = sharpness.measure(crop, 1.0, 0.0).terms
    seen = Seen(padded, WHERE, BLUR, noise, terms, taken if told else ())
    face = restore.Blurred(networks.restore, crop, WHERE, None, paints=False, seen=seen)
    return restore.filtered(face, replace(networks, refine=None))


@pytest.mark.parametrize(("kind", "quality"), [("WEBP", 20), ("AVIF", 25)])
def test_a_hard_compressed_face_comes_nearer_to_the_truth(
    padded: Plane, networks: Networks, kind: str, quality: int
) -> None:
    seen, photo = compressed(padded, kind, quality)
    assert without_blur(seen, photo, networks, told=True).step == restore.TAKEN_OUT
    level = noise_level(np.asarray(np.rint(deconvolution.middle(seen) * 255), np.uint8))
    taken = quantisation_power(codec.identify(photo, PhotoSettings()).quantisation)
    found = (deconvolution.deconvolve(seen, BLUR, Noise(level, told), 1.0).restored for told in ((), taken))
    far, near = (float(np.square(one - deconvolution.middle(padded)).mean()) for one in found)
    assert near < 0.95 * far


def test_of_a_good_photo_next_to_nothing_changes(padded: Plane, networks: Networks) -> None:
    seen, photo = compressed(padded, "WEBP", 95)
    before, now = (without_blur(seen, photo, networks, told=told) for told in (False, True))
    assert np.abs(before.crop - now.crop).mean() < 1 / 255


@pytest.mark.parametrize(("kind", "known"), [("JPEG", True), ("WEBP", False), ("AVIF", False)])
def test_who_judges_a_face_counts_what_a_jpeg_took_and_no_other_format(
    networks: Networks, kind: str, *, known: bool
) -> None:
    photo = photos.saved(photos.portrait(512, 512), kind, quality=30)
    header = codec.identify(photo, PhotoSettings())
    pixels = codec.at_least(photo, header, analysis.LONG_SIDE)
    one = PhotoPixels(photo, header, pixels)
    (face, *_) = networks.detect(pixels)
    assert one.taken == quantisation_power(header.quantisation)
    assert one.noise(face, 1.0).quantisation == (one.taken if known else ())
