"""What the filter found, with what the refining network makes of it where it rings or enlarges grain."""

import numpy as np

from gpend.core import align, camera_grain, deconvolution, paste
from gpend.core.blend import luma, smooth
from gpend.core.blur import Blur
from gpend.core.networks import Networks
from gpend.core.photo import Plane
from gpend.core.seen import Seen
from gpend.core.straight_shake import SURE

_UNIT = 256  # side of the crop that the next two are told for
_DETAIL = 4.0  # standard deviation of the Gaussian, in pixels, that parts detail from shape
_AROUND = 3.0  # and of the neighbourhood whose detail counts for a pixel
_DARK = 0.02  # keeps a crop without any contrast from dividing by nothing
_STRUCTURE = (0.12, 0.4)  # detail against the crop's contrast: below skin, above features; looked at on real photos
_DOUBTFUL = (-0.5, -1.5)  # log-odds that a face was enlarged again; looked at on 60 faces drawn by chance
_OF_LENS = (0.35, 1.0)
"""The filter's share on skin and at features, where the blur is round, or its straight path is surely told. It and the
network err each in its own way, so their mean errs less than either: real faces out of focus came .002 to .004 nearer
in structure and .015 in dlib's likeness than with the network alone on skin. At features all of the filter is as near,
and crisper to look at."""
_GRAIN = 1 / 255  # root mean square: no more of what the filter enlarged is left on skin, where it is seen
_OF_SHAKE = (0.2, 0.8)  # shares of a shake, of which less is sure: what was not there comes back as echoes, on skin
_AGREED = (1.5 / 255, 4 / 255)  # up to where both are taken on skin then, and from where the network's counts alone
_AROUND_FACE = 0.3
"""Of a feature's share, so much for what goes on in hair, clothes and background: at their edges the filter leaves
beads. There the structure of real faces out of focus is nearest with .35 to .5 of the filter's result, and .005 to .016
farther with all of it; in the face all of it stays, for eyes that are crisp and a likeness that is nearer so."""
_WIDER = 2.0  # times the mask of a face that is painted: brows and the rims of glasses belong to it here
_TINY = 1e-6  # keeps results that are the same from dividing by nothing


def refined(filtered: Plane, seen: Seen, networks: Networks, *, alone: bool) -> Plane:
    """What the filter found, (side, side, 3) 0 to 1, and where that rings or enlarges grain, what the network makes.

    The network `alone` leaves clean skin but soft eyes, and a face that is less its own; the filter crisp eyes but skin
    with blotches. So skin gets some of both, and features of the face the filter's; hair, clothes and background less.
    """
    if networks.refine is None:
        return filtered
    least = camera_grain.white_of(seen.lost, align.scale_of(seen.transform))
    lumas = deconvolution.lumas(seen.padded, seen.blur, networks.refine.strengths, least)
    weak, strong = (deconvolution.middle(one) for one in lumas)
    clean = networks.refine(seen.crop[None], weak[None], strong[None])[0]
    if alone:
        return np.asarray(clean, np.float32)
    apart = _around(luma(filtered - clean))
    features = _structure(strong) * _features_count(seen.side)
    share = _believed(seen.blur) * _filtered_share(features, apart, is_shake=_is_doubtful(seen.blur))
    return np.asarray(clean + share[:, :, None] * (filtered - clean), np.float32)


def _filtered_share(structure: Plane, apart: Plane, *, is_shake: bool) -> Plane:
    """(side, side), 0 to 1: how much of the filter's result is taken, by how much goes on around each pixel, 0 to 1.

    `apart` is how far it is from the network's there, root mean square, 0 to 1.
    """
    skin, features = _OF_SHAKE if is_shake else _OF_LENS
    near, far = _AGREED
    most = np.clip((far - apart) / (far - near), 0, 1) * skin if is_shake else _GRAIN / np.maximum(apart, _TINY)
    on_skin = np.minimum(skin, most)
    return np.asarray(on_skin + (features - on_skin) * structure, np.float32)


def _is_doubtful(blur: Blur) -> bool:
    """Is it a shake whose path is not surely told?"""
    return blur.is_stretched and blur.confidence < SURE


def _believed(blur: Blur) -> np.float32:
    """0 to 1: how far the filter is believed; of a face that was enlarged it would show the steps of compression."""
    none, whole = _DOUBTFUL
    return np.float32(np.clip((none - blur.enlarged) / (none - whole), 0, 1))


def _structure(filtered: Plane) -> Plane:
    """(side, side), 0 to 1: how much goes on in a luma around each pixel, 0 on skin, 1 at eyes, mouth and hairlines."""
    detail = filtered - smooth(filtered, _DETAIL * filtered.shape[0] / _UNIT)
    strength = _around(detail) / (float(filtered.std()) + _DARK)
    low, high = _STRUCTURE
    return np.asarray(np.clip((strength - low) / (high - low), 0, 1), np.float32)


def _features_count(side: int) -> Plane:
    """(side, side), 0 to 1: how far what goes on counts as a feature of the face: whole from brows to chin."""
    face = paste.mask(align.scaled(align.FFHQ_TEMPLATE, side), side)
    return np.asarray(np.minimum(1, _AROUND_FACE + _WIDER * face), np.float32)


def _around(plane: Plane) -> Plane:
    """(side, side): the root mean square of a plane around each pixel."""
    return np.sqrt(smooth(plane * plane, _AROUND * plane.shape[0] / _UNIT))
