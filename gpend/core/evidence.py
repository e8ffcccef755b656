"""Whether a photo bears out what was found to have blurred a face: by its spectrum, its grain and the result."""

from dataclasses import replace

import numpy as np

from gpend.core import align, camera_grain, rings, spectrum
from gpend.core.blur import SIDE, Blur
from gpend.core.photo import Plane
from gpend.core.seen import Seen

_RESAMPLED = 2.6  # photo pixels: what is narrower may be what an app's shrinking left, unless by the next four
_UNLIKE_SHRUNK = -0.3  # log-odds that it was enlarged: of 10 small faces that the filter took farther 4 were above,
_LEFT_BY_BLUR = 1.5  # pixels of the crop of the round blur that explains it best: another one was below,
_DESPITE_COMPRESSION = 1.2  # and photo pixels of it, where compression was hard: 5 more were, and 2 of 15 nearer ones
_ONE_WAY = 0.15  # ahead, in face and crop together, and neither behind: of real faces shaken so little most are above
_LIKELY_WORSE = (-1.1, -0.7, 0.1)  # log-odds that the filter makes it worse, for each of these limits
_DETAILED = (0.0, 1.05, 1.2)  # photo pixels of the round blur that explains it best; where the filter is safe, none
_BORNE_OUT = (0.0, 0.0, 0.15)  # ahead of any round blur: straight shakes of real photos are by 0.12 to 1.2
_NO_SHAKE = (-0.1, 1.65)  # log-odds and photo pixels alike, for a shake that any round blur explains better
_CONTRADICTED = -0.9  # behind: there is more fine detail than a blur leaves, and the filter would enlarge it
_BETTER_TOLD = 0.01  # ahead, with grain: a path that was followed into rain lost its face, by .019
_NOT_OF_FACE = -0.045  # the same in the face alone: 20 of 23 shakes told in 570 unshaken faces that were compressed
_NOR_OF_FACE = -0.03  # and where the whole crop speaks against it, too; of 152 that were shaken, both cost one a little
_OF_BLOCKS = 4.5  # photo pixels: half a block of JPEG's, whose edges pass for a shake no longer than this
_BEYOND_BLOCKS = 0.13  # ahead, in face and crop together: 13 of 16 that were none are below, and 8 of 30 that were
_SHARPER = -0.5  # the same: sharp faces amid blur are at -0.6 and less, the last of 111 blurred ones was at -0.23
_HARDLY = 0.1  # the same, of a shake in a face in profile or half hidden; it was none, or another, in 11 of 14
_NOR_AROUND = 0.06  # and of all of the crop: 5 true shakes were hardly told by the face, 4 of them above this
_DOUBTED = -1.0  # log-odds that the filter makes it worse, from which on that is asked
_RIMS = (2.1 / 255, 1.25 / 255)  # overshoot of a shake in such a face, where the filter is sure, and is not;
_SURE_OF_IT = (-1.9, -1.4)  # log-odds for these: 10 of 12 faces beyond were taken farther from the truth
_LENS = 0.94  # confidence: real faces out of focus or in noise are told with .945 and more; a shake, .86 to .948
_ENLARGED = 0.8  # log-odds: on real photos 1 of 160 blurred faces reached it, and 23 of 32 that were enlarged again
_GRAINLESS = 2 / 255  # noise, standard deviation; more of it is worth taking out whatever the blur
_AS_WELL, _TOLD = 0.03, 1.0  # ahead, and pixels of the crop of SIDE: in dark rooms what was found so left blotches


def explanation(seen: Seen) -> spectrum.Explanation:
    """How far ahead of any round blur the photo bears its blur out, log-likelihood for each frequency."""
    return spectrum.explanation(seen.padded, seen.blur, seen.noise, align.scale_of(seen.transform))


def borne_out_in_face(seen: Seen) -> float:
    """The same of the face alone; far below 0 it is sharp itself, as where a phone blurred all but it."""
    return spectrum.ahead_in_face(seen.padded, seen.blur, seen.noise, align.scale_of(seen.transform))


def is_sharp_itself(seen: Seen, in_face: float) -> bool:
    """Is the face, by what it bears out, sharp amid blur? Fine grain all over, around it too, is not taken for that."""
    return in_face < _SHARPER and not _is_grained(seen)


def _is_grained(seen: Seen) -> bool:
    """Is there fine grain all over, around the face too? Then that is what its blur does not explain."""
    return seen.noise.level >= _GRAINLESS or explanation(seen).ahead < _CONTRADICTED


def has_rims(after: Plane, seen: Seen, worsens: float) -> bool:
    """Did taking out a shake leave rims at edges, as where it, or as much of it, was not there?

    `after` is the face without it, (side, side, 3), 0 to 1; `worsens` the log-odds that the filter makes it worse.
    """
    limit = float(np.interp(worsens, _SURE_OF_IT, _RIMS))
    return seen.blur.is_stretched and rings.overshoot(after, seen.crop, seen.blur) > limit


def is_hardly_told(blur: Blur, in_face: float, ahead: float, worsens: float) -> bool:
    """Is it a shake that neither face nor crop bears out? Of turned faces the edge of a window passes for one."""
    return blur.is_stretched and in_face < _HARDLY and ahead < _NOR_AROUND and worsens > _DOUBTED


def is_of_many_paths(blur: Blur) -> bool:
    """Is it round because the network is unsure along which path a hand shook, and tells the mean of several?

    Of a lens it is surer.
    """
    return not blur.is_stretched and blur.confidence < _LENS


def has_nothing_beneath(seen: Seen, in_face: float, worsens: float) -> bool:
    """Is there no detail that the filter could bring out, as an app shrank the face, or as no such blur was there?

    It would draw compression's own edges, in staircases, doubled edges, or grain. What an app shrank and nobody
    enlarged has a blur no wider than shrinking leaves, no grain and no shake: by the kernel, where the network does not
    tell it from what was enlarged, or by the spectrum of the photo where that does not bear the kernel out.
    """
    scale = align.scale_of(seen.transform) * SIDE / seen.side
    long, _, _ = seen.blur.axes()
    width = 2 * long if seen.blur.is_stretched else seen.blur.width
    if seen.blur.enlarged >= _ENLARGED and not seen.blur.is_stretched:
        return True
    told, is_hard = explanation(seen), seen.noise.is_of_hard_compression
    is_shake = is_one_way(told, seen.blur, in_face, is_hard=is_hard)
    is_narrow = width / scale < _RESAMPLED and seen.noise.level < _GRAINLESS and not is_shake
    if is_contradicted(seen, told) or (is_narrow and is_like_shrunk(told, seen.blur, scale if is_hard else None)):
        return True
    is_doubtful = seen.blur.is_stretched and is_hard
    if is_doubtful and (is_denied(told, in_face) or is_of_blocks(told, in_face, width / scale)):
        return True
    if seen.noise.level >= _GRAINLESS:
        return is_of_grain(told, seen.blur)
    return scale >= 1 and is_detailed(told, scale, seen.blur, worsens)


def is_contradicted(seen: Seen, told: spectrum.Explanation) -> bool:
    """Is there more fine detail than the blur leaves, and than grain that a camera's denoiser left?

    Or does the path as the network told it need no grain, and explain more than the one that was followed, with it too?
    """
    if told.ahead >= _CONTRADICTED:
        return False
    grain = camera_grain.grain_of(seen, around=True)
    if not grain:
        return True
    grained = replace(seen, noise=replace(seen.noise, grain=grain))
    ahead = explanation(grained).ahead
    return ahead < _CONTRADICTED or _is_better_told(seen, grained, ahead)


def _is_better_told(seen: Seen, grained: Seen, ahead: float) -> bool:
    """Is there a path as the network told it, not contradicted itself, that is ahead of the one that was followed?"""
    before = seen.blur.told
    if before is None or explanation(replace(seen, blur=before)).ahead < _CONTRADICTED:
        return False
    return explanation(replace(grained, blur=before)).ahead > ahead + _BETTER_TOLD


def is_like_shrunk(told: spectrum.Explanation, blur: Blur, hard: float | None) -> bool:
    """May a narrow blur be what shrinking left, by what the network tells or by the spectrum of the photo?

    `hard`: pixels of the crop for each photo pixel, where it was compressed hard; else None.
    """
    is_soft = told.blurred >= (_LEFT_BY_BLUR if hard is None else _DESPITE_COMPRESSION * hard)
    return blur.enlarged > _UNLIKE_SHRUNK or not is_soft


def is_one_way(told: spectrum.Explanation, blur: Blur, in_face: float, *, is_hard: bool) -> bool:
    """Is it surely along one line, by the face and by all of the crop? What shrinking leaves is the same in all ways.

    Never of faces that were compressed hard (`is_hard`), where blocks pass for a shake.
    """
    is_behind = min(told.ahead, in_face) < 0
    return blur.is_stretched and not is_hard and not is_behind and told.ahead + in_face >= _ONE_WAY


def is_denied(told: spectrum.Explanation, in_face: float) -> bool:
    """Does the face alone speak against a shake, or the face and what is around it?

    Asked of hard compressed faces, where upright edges pass for one; of others this denies curved shakes as well.
    """
    return in_face < _NOT_OF_FACE or (in_face < _NOR_OF_FACE and told.ahead < 0)


def is_of_blocks(told: spectrum.Explanation, in_face: float, width: float) -> bool:
    """May a shake so wide, in photo pixels, be the blocks of hard compression, as the photo hardly bears it out?"""
    return width < _OF_BLOCKS and told.ahead + in_face < _BEYOND_BLOCKS


def is_of_grain(told: spectrum.Explanation, blur: Blur) -> bool:
    """Is a shake that was found in grain twice as far as the round blur that explains the photo as well?"""
    wide = np.sqrt(2) * told.blurred  # root mean square distance from the middle, in both directions
    return blur.is_stretched and told.ahead < _AS_WELL and told.blurred >= _TOLD and blur.spread > 2 * wide


def is_detailed(told: spectrum.Explanation, scale: float, blur: Blur, worsens: float) -> bool:
    """Has the photo, by its spectrum, more detail than what was found would have left, where the filter is doubtful?"""
    wide = told.blurred / scale
    width, ahead = (np.interp(worsens, _LIKELY_WORSE, limits) for limits in (_DETAILED, _BORNE_OUT))
    least, widest = _NO_SHAKE
    is_denied = blur.is_stretched and told.ahead < 0 and worsens >= least and wide < widest
    return is_denied or bool(wide < width and told.ahead < ahead)
