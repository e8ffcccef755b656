"""What the filter found, with what the refining network makes of it where it rings or enlarges grain."""

import numpy as np

from gpend.core import deconvolution
from gpend.core.blend import luma, smooth
from gpend.core.blur import Blur
from gpend.core.networks import Networks
from gpend.core.photo import Plane
from gpend.core.seen import Seen

_UNIT = 256  # side of the crop that the next two are told for
_DETAIL = 4.0  # standard deviation of the Gaussian, in pixels, that parts detail from shape
_AROUND = 3.0  # and of the neighbourhood whose detail counts for a pixel
_DARK = 0.02  # keeps a crop without any contrast from dividing by nothing
_STRUCTURE = (0.12, 0.4)  # detail against the crop's contrast: below skin, above features; looked at on real photos
_DOUBTFUL = (-0.5, -1.5)  # log-odds that a face was enlarged again; looked at on 60 faces drawn by chance
_FILTERED = (0.35, 0.8)
"""The filter's share on skin and at features. Each errs in its own way, so their mean errs less than either: 29 real
photos out of focus came .0017 nearer in structure and .011 in dlib's likeness than with the network alone on skin and
the filter alone at features, 32 shaken ones .0003 and .006, 30 from dark rooms .0009 and .004."""
_AGREED = (2.5 / 255, 5.5 / 255)
"""So far may both be apart on skin, and from here on the network's counts alone: a filter that takes out another blur
than there was leaves echoes, and so do real shakes along a curve, .0065 farther by equal shares everywhere."""


def refined(filtered: Plane, seen: Seen, networks: Networks, *, alone: bool) -> Plane:
    """What the filter found, (side, side, 3) 0 to 1, and where that rings or enlarges grain, what the network makes.

    The network `alone` leaves clean skin but soft eyes, and a face that is less its own; the filter crisp eyes but skin
    with blotches. So a face gets some of both, more of the filter at features.
    """
    if networks.refine is None:
        return filtered
    weak, strong = (
        deconvolution.middle(one) for one in deconvolution.lumas(seen.padded, seen.blur, networks.refine.strengths)
    )
    clean = networks.refine(seen.crop[None], weak[None], strong[None])[0]
    if alone:
        return np.asarray(clean, np.float32)
    share = _believed(seen.blur) * _filtered_share(strong, luma(filtered - clean))
    return np.asarray(clean + share[:, :, None] * (filtered - clean), np.float32)


def _filtered_share(filtered: Plane, apart: Plane) -> Plane:
    """(side, side), 0 to 1: how much of the filter's result is taken around each pixel of its luma.

    `apart` is by how much it is brighter than the network's.
    """
    skin, features = _FILTERED
    agreed = skin * _agreement(apart)
    return np.asarray(agreed + (features - agreed) * _structure(filtered), np.float32)


def _agreement(apart: Plane) -> Plane:
    """(side, side), 0 to 1: how far two results agree around each pixel that are `apart` by so much."""
    near, far = _AGREED
    around = np.sqrt(smooth(apart * apart, _AROUND * apart.shape[0] / _UNIT))
    return np.asarray(np.clip((far - around) / (far - near), 0, 1), np.float32)


def _believed(blur: Blur) -> np.float32:
    """0 to 1: how far the filter is believed; of a face that was enlarged it would show the steps of compression."""
    none, whole = _DOUBTFUL
    return np.float32(np.clip((none - blur.enlarged) / (none - whole), 0, 1))


def _structure(filtered: Plane) -> Plane:
    """(side, side), 0 to 1: how much goes on in a luma around each pixel, 0 on skin, 1 at eyes, mouth and hairlines."""
    unit = filtered.shape[0] / _UNIT
    detail = filtered - smooth(filtered, _DETAIL * unit)
    strength = np.sqrt(smooth(detail * detail, _AROUND * unit)) / (float(filtered.std()) + _DARK)
    low, high = _STRUCTURE
    return np.asarray(np.clip((strength - low) / (high - low), 0, 1), np.float32)
