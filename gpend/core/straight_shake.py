"""Straight shakes, told more exactly than the kernel network tells them, and longer ones than it can tell (pure).

Of paths that are longer than those that it learnt from, the network tells the direction rightly and a length of some 29
pixels of a face of 256. The photo's spectrum tells the rest: a straight path leaves nothing of the waves of which a
whole number fits along it, so its length and direction are those that explain best what is there (Whittle 1953).
Straight paths have these two numbers alone, so there is little that could be explained by chance.

Real photos shaken along lines, before and after, restored faces and their gain in structure: of 17 px of a face of 256
32 by .093, 32 by .104; of 27 px 28 by .107, 30 by .150; of 36 px 10 of 24 by .035, two of them farther from the truth,
19 by .141; of 41 to 45 px 4 by -.023, 15 by .099; of 41 to 58 px 3 of 28 by -.048, 11 by .140, all of them nearer.
What one face tells exactly is asked of the others of its photo: in other photos so shaken, of 17 and 27 px, that
changed nine faces of 77, two of them refused before and restored now by .105 and .122, the others nearer than before,
by .004 to .046.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np

from gpend.core import align, deconvolution, spectrum
from gpend.core.blur import Blur, laid
from gpend.core.photo import Plane
from gpend.core.seen import Seen

_THIN = 4.0  # the longer axis of a kernel for the shorter one, from which on its path is straight
_SHORTEST = 10.0  # pixels of the crop of SIDE: of shorter ones the network's own kernel is as near
_AS_LONG = (0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15)  # shares of the length that was told, where it may have been right
_ASIDE = (-0.12, -0.08, -0.04, 0.0, 0.04, 0.08, 0.12)  # radians by which the direction may be told wrongly
_FINER = (0.02, 0.01)  # steps of length, as shares, and of direction, in radians, around the best of these
SURE = 0.995  # confidence of a path that the spectrum tells: nearer than any other kernel that is told
_EXPLAINED = 0.02  # log-likelihood for each frequency by which a path must be ahead of the kernel that was told

_FULL = 23.0  # pixels from which on it may be longer: the network tells no longer path to be less
_LONGEST = 80.0  # pixels: longer, hardly a face is found
_STEP = 1.06  # from one length to the next, of longer ones
_AHEAD, _AHEAD_OF_OTHERS = 0.03, 0.015
"""By which a longer one must be ahead of the kernel that was told, and of any that is as long: the direction that was
told is off by a few hundredths, too, and to mend that alone explains more."""
_OF_MULTIPLES = 0.02  # so little the shortest may lack: twice its length leaves nothing of the same waves, and of more
_USABLE = 57.0  # pixels: of what is longer too much lies beyond the crop, and the filter leaves dark bars
_SAME_WAY = 0.15  # radians: who moved so with the camera, and is told as far as can be told, moved as far as others
_ABOUT = (0.8, 1.25)  # shares of the length that was told, where it may be that of another face
_NEARLY = (0.94, 0.97, 1.0, 1.03, 1.06)  # shares of that length: it was told to within a few hundredths
_TURNED, _SHARPLY = 0.08, 0.02
"""Turned by so many radians to either side, a path must be so far behind: a long one tells its direction sharply. What
only lacks the faintest waves is explained by any long path, whatever its direction, the better the longer it is."""

_SLANT = 0.7  # of its mean: how much more, and less, light a path of uneven speed has at its ends
_SLANTED = (0.9, 1.0, 1.12, 1.25, 1.4)  # shares of the length of an even path, of slanted ones that are tried beside it
_EVENLY = 0.015
"""By no more may one of these be ahead. Hands slow down: of such paths, and of grain that seems to have no zeros, the
network's own kernel is nearer. On 169 faces of real photos with paths of every kind the gain in structure was .041
without even paths, .068 with all, 40 of them worse by more than .01, and is .077 so, 15 of them."""

_MOST_ASKED = 3  # surest faces whose paths are proposed to the others of their photo
_SOFT = 0.6  # pixels: a lens is never sharper
_POINTS = 4  # for each pixel of its length, of which a path is drawn
_EXTENT = math.sqrt(12)  # the length of a path of even speed for its root mean square extent

Path = tuple[float, float]  # length in pixels of the crop of SIDE, and direction in radians, x before y


def is_straight(blur: Blur) -> bool:
    """Is it a shake along a line that the network is sure of, and far enough for the spectrum to tell its length?"""
    long, short, _ = blur.axes()
    return deconvolution.helps(blur) and long >= _THIN * short and _EXTENT * long >= _SHORTEST


def told_exactly(faces: Sequence[Seen]) -> list[Blur]:
    """What blurred each of the faces of a photo, all of straight shakes, as its spectrum tells it.

    Where a path is ahead of the kernel that was told, it is taken, with a confidence of `SURE`. `told` is the blur
    as it was, but where the path is a longer one than the network can tell: what it told is known to be wrong then, and
    is not kept, but its confidence, which is 0 where the path is too long to be taken out. One hand shakes the whole
    photo: a path that one face tells surely is asked of the others.
    """
    heard = [_Heard(face) for face in faces]
    longer = [_longer(one) for one in heard]
    proposed = _surest(longer, heard)
    longer = [_alike(one, proposed) if path is None else path for path, one in zip(longer, heard, strict=True)]
    exact = [None if path else _exact(one) for path, one in zip(longer, heard, strict=True)]
    proposed = _surest(exact, heard)
    exact = [
        _as_others(one, proposed) if not path and not found else found
        for path, found, one in zip(longer, exact, heard, strict=True)
    ]
    return [
        _as_longer(path, one.seen.blur) if path else _as_long(found, one.seen.blur)
        for path, found, one in zip(longer, exact, heard, strict=True)
    ]


@dataclass(frozen=True)
class _Heard:
    """What the spectrum of a face and what is around it says of paths."""

    seen: Seen

    @cached_property
    def _spectrum(self) -> spectrum.Heard:
        return spectrum.heard(self.seen.padded, self.seen.noise, align.scale_of(self.seen.transform))

    @cached_property
    def told(self) -> Path:
        """As the network told it."""
        long, _, (across, down) = self.seen.blur.axes()
        return _EXTENT * long, math.atan2(down, across)

    @cached_property
    def as_told(self) -> float:
        """The log-likelihood of the kernel that was told, for each frequency."""
        return self._spectrum.likelihood(self.seen.blur.kernel, deconvolution.error_of(self.seen.blur))

    def likelihood(self, path: Path, slant: float = 0.0) -> float:
        """The same of a path."""
        return self._spectrum.likelihood(drawn(path, slant), deconvolution.error_of(self.seen.blur))

    def is_even(self, path: Path) -> bool:
        """Is no path of uneven speed, along the same line, ahead of one of even speed?"""
        length, direction = path
        uneven = max(self.likelihood((length * share, direction), _SLANT) for share in _SLANTED)
        return uneven <= self.likelihood(path) + _EVENLY

    @cached_property
    def as_long(self) -> Path:
        """The likeliest path about as long as the one that was told."""
        length, direction = self.told
        return self.best([length * share for share in _AS_LONG], direction)

    def best(self, lengths: Sequence[float], direction: float) -> Path:
        """The likeliest path of about one of these lengths, near a direction."""
        path = max(((length, direction + aside) for length in lengths for aside in _ASIDE), key=self.likelihood)
        for step in _FINER:
            steps = (-step, 0.0, step)
            path = max(
                ((path[0] * (1 + more), path[1] + aside) for more in steps for aside in steps), key=self.likelihood
            )
        return path


def _surest(paths: Sequence[Path | None], heard: Sequence[_Heard]) -> list[tuple[Path, _Heard]]:
    """The paths that were told, of the few faces whose path is farthest ahead of the kernel that was told."""
    surely = [(path, one) for path, one in zip(paths, heard, strict=True) if path is not None]
    return sorted(surely, key=lambda told: told[1].as_told - told[1].likelihood(told[0]))[:_MOST_ASKED]


def _exact(one: _Heard) -> Path | None:
    """The likeliest path about as long as was told, where that is ahead of the kernel that was told."""
    path = one.as_long
    return path if one.likelihood(path) - one.as_told >= _EXPLAINED and one.is_even(path) else None


def _as_others(one: _Heard, others: Sequence[tuple[Path, _Heard]]) -> Path | None:
    """The path of about the told length that another face of the photo told, where it is here as likely as that."""
    shortest, longest = (share * one.told[0] for share in _ABOUT)
    nearest = max(_there(one, others, max(_SHORTEST, shortest), longest), key=one.likelihood, default=None)
    if nearest is None:
        return None
    path = one.best([nearest[0] * share for share in _NEARLY], nearest[1])
    return path if one.likelihood(path) >= one.as_told and one.is_even(path) else None


def _as_long(path: Path | None, blur: Blur) -> Blur:
    """The blur along a path that is told exactly, if it is."""
    if path is None:
        return blur
    return replace(blur, kernel=drawn(path), confidence=max(SURE, blur.confidence), told=blur.told or blur)


def _as_longer(path: Path, blur: Blur) -> Blur:
    """The blur along a longer path, which is no surer than what was told, and of no use where it is too long."""
    confidence = blur.confidence if path[0] <= _USABLE else 0.0
    return replace(blur, kernel=drawn(path), confidence=confidence, told=None, first=None)


def _longer(one: _Heard) -> Path | None:
    """A path that is surely longer than the network can tell, or None."""
    told, direction = one.told
    if told < _FULL:
        return None
    first = told * _AS_LONG[-1] * _STEP
    lengths = [first * _STEP**step for step in range(math.ceil(math.log(_LONGEST / first, _STEP)))]
    if not lengths:
        return None
    found = [max(one.likelihood((length, direction + aside)) for aside in _ASIDE) for length in lengths]
    around = zip([one.likelihood(one.as_long), *found], found, [*found[1:], math.inf], strict=False)
    peaks = [
        length for length, (before, here, after) in zip(lengths, around, strict=True) if here >= max(before, after)
    ]
    paths = [one.best([length], direction) for length in peaks]
    most = max(map(one.likelihood, paths), default=-math.inf)
    least = max(one.likelihood(one.as_long) + _AHEAD_OF_OTHERS, one.as_told + _AHEAD, most - _OF_MULTIPLES)
    likely = (path for path in paths if one.likelihood(path) >= least)
    return next((path for path in likely if _is_sharp(path, one) and one.is_even(path)), None)


def _alike(one: _Heard, others: Sequence[tuple[Path, _Heard]]) -> Path | None:
    """The longer path that another face of the photo told, as it is in this one's crop, where that bears it out."""
    if one.told[0] < _FULL:
        return None
    there = _there(one, others, one.told[0], _LONGEST)
    paths = [one.best([length * share for share in _NEARLY], way) for length, way in there]
    path = max(paths, key=one.likelihood, default=None)
    least = max(one.likelihood(one.as_long) - _OF_MULTIPLES, one.as_told)
    return path if path is not None and one.likelihood(path) >= least and one.is_even(path) else None


def _there(one: _Heard, others: Sequence[tuple[Path, _Heard]], shortest: float, longest: float) -> list[Path]:
    """Of the paths of other faces, those of such a length, in the crop of this one, in the direction it was told."""
    carried = [_carried(path, other.seen.transform, one.seen.transform) for path, other in others]
    return [path for path in carried if shortest <= path[0] <= longest and _apart(path[1], one.told[1]) < _SAME_WAY]


def _apart(direction: float, other: float) -> float:
    """Between two directions, in radians: a path goes both ways."""
    return abs((direction - other + math.pi / 2) % math.pi - math.pi / 2)


def _carried(path: Path, transform: align.Transform, onwards: align.Transform) -> Path:
    """A path in the crop of one transform from the photo, in that of another."""
    length, direction = path
    along = length * np.array([math.cos(direction), math.sin(direction)])
    across, down = onwards[:, :2] @ np.linalg.inv(transform[:, :2]) @ along
    return math.hypot(across, down), math.atan2(down, across)


def drawn(path: Path, slant: float = 0.0) -> Plane:
    """The kernel of a path, (side, side) of odd side that holds it, of sum 1.

    Its speed is even, or, with a `slant` of up to 1, its light rises along it, from that share less than its mean to as
    much more, as where a hand slows down.
    """
    length, direction = path
    reach, count = math.ceil(length / 2) + 2, math.ceil(_POINTS * length)
    along = ((np.arange(count) + 0.5) / count - 0.5) * length
    points = reach + along[:, None] * np.array([math.cos(direction), math.sin(direction)])
    kernel = laid(points, 1 + 2 * slant * along / length, 2 * reach + 1)
    soft = np.asarray(cv2.GaussianBlur(kernel.astype(np.float32), (0, 0), _SOFT), np.float32)
    return np.asarray(soft / soft.sum(), np.float32)


def _is_sharp(path: Path, one: _Heard) -> bool:
    """Is any other direction, and any much longer path, less likely?"""
    length, direction = path
    turned = max(one.likelihood((length, direction + aside)) for aside in (-_TURNED, _TURNED))
    longer = one.likelihood((length * _AS_LONG[-1], direction))
    return turned < one.likelihood(path) - _SHARPLY and longer < one.likelihood(path)
