"""What the filter found, with what the refining network makes of it where it rings or enlarges grain."""

import numpy as np

from gpend.core import deconvolution
from gpend.core.blend import smooth
from gpend.core.blur import Blur
from gpend.core.networks import Networks
from gpend.core.photo import Plane
from gpend.core.seen import Seen

_UNIT = 256  # side of the crop that the next two are told for
_DETAIL = 4.0  # standard deviation of the Gaussian, in pixels, that parts detail from shape
_AROUND = 3.0  # and of the neighbourhood whose detail counts for a pixel
_DARK = 0.02  # keeps a crop without any contrast from dividing by nothing
_STRUCTURE = (0.12, 0.4)  # detail against the crop's contrast: below skin, above features; looked at on real photos
_DOUBTFUL = (-0.5, -1.5)  # log-odds of the same; looked at on 60 faces drawn by chance


def refined(filtered: Plane, seen: Seen, networks: Networks, *, alone: bool) -> Plane:
    """What the filter found, (side, side, 3) 0 to 1, and where that rings or enlarges grain, what the network makes.

    The network `alone` leaves clean skin but soft eyes, the filter crisp eyes but skin with blotches.
    """
    if networks.refine is None:
        return filtered
    weak, strong = (
        deconvolution.middle(one) for one in deconvolution.lumas(seen.padded, seen.blur, networks.refine.strengths)
    )
    clean = networks.refine(seen.crop[None], weak[None], strong[None])[0]
    share = np.float32(0) if alone else _believed(seen.blur) * _structure(strong)[:, :, None]
    return np.asarray(clean + share * (filtered - clean), np.float32)


def _believed(blur: Blur) -> np.float32:
    """0 to 1: the filter's share at features; of a face that was enlarged it would show the steps of compression."""
    none, whole = _DOUBTFUL
    return np.float32(np.clip((none - blur.enlarged) / (none - whole), 0, 1))


def _structure(filtered: Plane) -> Plane:
    """(side, side), 0 to 1: how much goes on in a luma around each pixel, 0 on skin, 1 at eyes, mouth and hairlines."""
    unit = filtered.shape[0] / _UNIT
    detail = filtered - smooth(filtered, _DETAIL * unit)
    strength = np.sqrt(smooth(detail * detail, _AROUND * unit)) / (float(filtered.std()) + _DARK)
    low, high = _STRUCTURE
    return np.asarray(np.clip((strength - low) / (high - low), 0, 1), np.float32)
