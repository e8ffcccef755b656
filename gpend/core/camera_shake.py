"""One hand shakes the whole photo: what blurred a face is told by the other faces, and by what is around it (pure).

The network's errors on two parts of a photo have little to do with each other, and the path of the camera is the same
for both. So every part's kernel is a proposal for all faces. That one is taken with which the networks' kernels of all
parts agree best, and that explains the faces best (`shake.misfit`); and it is taken for a face only where that face
bears it out nearly as well as its own. Somebody who moved, or who is out of focus, so keeps a kernel of their own.

On the real photos that its limits were set on, shaken along curves of 8 and 12 px of a face of 256 and along lines of
17 px, the squared error of the transfer function fell by 37, 53 and 28 %; of curves of 20 px it stayed. With other
shakes of the same photos the faces gained .057 for .042 in structure (curves of 12 px), .047 for .040 (20 px) and .076
for .080 (lines of 17 px).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from gpend.core import align, deconvolution, shake
from gpend.core.blur import SIDE, Blur, laid
from gpend.core.photo import Plane, Point

_CERTAIN = 0.99  # confidence from which a face's own kernel is the best there is
_BENT = 1.3  # the longer axis of a kernel for the shorter one, from which on it may be a shake
_STRAIGHT, _SURE = 6.0, 0.97  # the same, and the confidence, from which on the largest face knows its own path best
_STEP = 160  # pixels of the crop of SIDE: how far aside the parts around a face lie
_ASIDE = ((-1, 0), (1, 0), (0, -1), (0, 1))
_LESS = 0.6  # how much what is no face counts: the network was trained on faces
_AGREEMENT = 12.0  # how much the squared error of the transfer function counts for what the photo tells
_OTHER = 0.04  # the error from which on a kernel is another, however far it is
_MOST = 0.4  # that a face may say for or against a proposal: so that none speaks for all
_BORNE_OUT = (-0.15, 5.0)
"""How far ahead of a face's own kernel a proposal must be that is nearly the same (the own one was fitted to it), and
how much more with the squared error between them: somebody may have moved by themselves."""
_CUT = 0.02  # of a kernel's light: more of it beyond what a kernel holds, and it cannot be told in that crop
_MOST_FACES = 8  # that are asked, the largest: a crowd would take many seconds, and they know enough
_MOST_ASKED = 12  # proposals that the faces are asked about, those that most parts agree with, and their mirror images
_POINTS = 3  # a kernel's pixel is moved as so many by so many points, or as many as leave no gaps where it is enlarged
_MOST_ENLARGED = 8.0  # times: what must be enlarged more tells no path, and would take long
_ALIKE = 0.1
"""The error of a kernel, for the error of none, up to which two faces tell the same shake: so near were 36 of 38 shaken
faces that count as sharp, and 2.3 % of 161,000 pairs of a sharp face and a shake of others."""
_FAR = 0.5  # the error of taking a shake for none, from which on it is compared: small ones are told of sharp faces too
_FAINT = 1e-5  # of the brightest pixel
_KEPT = 8  # ways from one crop to another for which the turns of waves are kept, half a megabyte each
_FINEST, _FREQUENCIES = 0.34, 12  # cycles a pixel up to which kernels are compared, and at so many steps

Transfer = NDArray[np.complex128]
Linear = NDArray[np.float64]


@dataclass(frozen=True)
class Part:
    """A face, or a part of the photo beside one, and what blurred it."""

    crop: Plane  # (SIDE, SIDE) luma, 0 to 1
    transform: align.Transform  # from the photo to that crop
    blur: Blur

    @property
    def told(self) -> Blur:
        """The blur as the network told it."""
        return self.blur.told or self.blur


@dataclass(frozen=True)
class _Asked:
    """A face that says how well kernels explain it."""

    face: Part

    @cached_property
    def _evidence(self) -> shake.Evidence:
        return shake.evidence_of(self.face.crop)

    @cached_property
    def _misfit(self) -> float:
        return shake.misfit(self._evidence, self.face.blur.kernel)

    def ahead(self, kernel: Plane) -> float:
        """By how much this kernel explains the face better than its own."""
        return self._misfit - shake.misfit(self._evidence, kernel)

    def ahead_either_way(self, kernel: Plane) -> list[float]:
        """The same of a kernel, and of its mirror image."""
        return [self._misfit - one for one in shake.misfit_either_way(self._evidence, kernel)]


@dataclass(frozen=True)
class _Proposal:
    kernel: Plane
    transform: align.Transform  # of the crop in whose pixels it is told


def may_be_shared(blur: Blur) -> bool:
    """Is it a shake that other parts of the photo may tell better? What a lens left is each part's own."""
    return deconvolution.helps(blur) and _is_bent(blur) and blur.confidence < _CERTAIN


def _is_bent(blur: Blur) -> bool:
    long, short, _ = blur.axes()
    return long > _BENT * short


def beside(transform: align.Transform, size: tuple[int, int]) -> list[align.Transform]:
    """Where to look beside a face: crops of SIDE that lie whole in a photo of `size` (width, height).

    `transform` is from the photo to the face's own crop of SIDE.
    """
    steps = (np.array([[0.0, 0.0, across], [0.0, 0.0, down]]) * _STEP for across, down in _ASIDE)
    return [moved for step in steps if _is_inside(moved := transform - step, size)]


def agreed(faces: Sequence[Part], others: Sequence[Part]) -> list[Blur]:
    """What blurred each of the faces, by all parts of their photo; the confidence of each stays its own.

    Where a kernel is replaced, the blur as it was is in `told`.
    """
    is_alone = len(faces) + len(others) <= 1
    if is_alone or not any(may_be_shared(face.blur) for face in faces):
        return [face.blur for face in faces]
    asked = [_Asked(face) for face in faces]
    largest = sorted(asked, key=lambda one: align.scale_of(one.face.transform))[:_MOST_FACES]
    best = _best(largest, others)
    knows = largest[0] if _knows_itself(largest[0].face) else None
    return [_taken(one, best) if may_be_shared(one.face.blur) and one is not knows else one.face.blur for one in asked]


def _knows_itself(face: Part) -> bool:
    """Does the largest face tell a straight path, surely, and in pixels of its own? Nothing beside it tells it better.

    Real photos shaken along lines of 27 px of a face of 256 gained by it .107 for .100 in structure, with other shakes
    .083 for .077, and of 17 px .090 for .089 and .079 for .078.
    """
    long, short, _ = face.blur.axes()
    return align.scale_of(face.transform) < 1 and long > _STRAIGHT * short and face.blur.confidence >= _SURE


def told_alike(face: Part, shaken: Sequence[Part]) -> Blur | None:
    """The shake of one of the others, as it is in the crop of this face, if the network told nearly the same of it.

    None where it told another one, or next to nothing: who did not move with the camera.
    """
    own = transfer(face.told.kernel)
    proposals = [_Proposal(one.blur.kernel, one.transform) for one in shaken]
    apart = [_apart(one, face.transform, own) for one in proposals]
    if min(apart, default=np.inf) > _ALIKE:
        return None
    kernel, lost = _carried(proposals[int(np.argmin(apart))], face.transform)
    return replace(face.blur, kernel=kernel) if lost <= _CUT else None


def _apart(proposal: _Proposal, transform: align.Transform, own: Transfer) -> float:
    """How far a proposal is from a kernel, as a share of how far it is from no blur; infinite where that is near."""
    here = _here(proposal, transform)
    spoils = error(here, np.ones_like(here))
    return min(error(here, own), error(here.conj(), own)) / spoils if spoils >= _FAR else np.inf


def _taken(asked: _Asked, best: _Proposal) -> Blur:
    """The proposal for a face that may have been shaken so, or its own blur."""
    blur = asked.face.blur
    kernel, lost = _carried(best, asked.face.transform)
    if lost > _CUT or np.array_equal(kernel, blur.kernel):
        return blur
    shared, (least, more) = replace(blur, kernel=kernel, told=blur), _BORNE_OUT
    gap = _gap(_here(best, asked.face.transform), transfer(asked.face.told.kernel))
    is_borne_out = may_be_shared(shared) and asked.ahead(kernel) > least + more * gap
    return shared if is_borne_out else blur


def _best(faces: Sequence[_Asked], others: Sequence[Part]) -> _Proposal:
    """The proposal that agrees with most parts, as they count, and that the faces bear out."""
    parts = [*(one.face for one in faces), *others]
    weights = np.array([1.0] * len(faces) + [_LESS] * len(others))
    own = [transfer(part.told.kernel) for part in parts]
    proposals = [(one, float(_gaps(one, parts, own) @ weights)) for one in _proposals(faces, parts)]

    def spoken_for(one: _Proposal, apart: float) -> list[float]:
        """By how much more than others the proposal is, and its mirror image."""
        ahead = np.array([face.ahead_either_way(_carried(one, face.face.transform)[0]) for face in faces])
        return [float(one) for one in np.clip(ahead, -_MOST, _MOST).sum(axis=0) - _AGREEMENT * apart]

    agreeing = sorted(proposals, key=lambda proposed: proposed[1])[:_MOST_ASKED]
    either = [each for one, _ in agreeing for each in (one, _mirrored(one))]
    spoken = [how for one, apart in agreeing for how in spoken_for(one, apart)]
    return either[int(np.argmax(spoken))]


def _proposals(faces: Sequence[_Asked], parts: Sequence[Part]) -> Iterator[_Proposal]:
    """The kernels of all parts, as they were followed where they were, and as the network told them."""
    for one in faces:
        if one.face.blur.told is not None:
            yield _Proposal(one.face.blur.kernel, one.face.transform)
    for part in parts:
        yield _Proposal(part.told.kernel, part.transform)


def _mirrored(proposal: _Proposal) -> _Proposal:
    return replace(proposal, kernel=np.ascontiguousarray(proposal.kernel[::-1, ::-1]))


def _gaps(proposal: _Proposal, parts: Sequence[Part], own: Sequence[Transfer]) -> NDArray[np.float64]:
    """(n,): how far each part's kernel is from the proposal or its mirror image; `own` are the parts' transfers.

    Beside a face crops are turned and enlarged as it is: what the proposal is there is asked once.
    """
    linear = [part.transform[:, :2].tobytes() for part in parts]
    here = {key: _here(proposal, part.transform) for key, part in zip(linear, parts, strict=True)}
    return np.array([_gap(here[key], one) for key, one in zip(linear, own, strict=True)])


def _here(proposal: _Proposal, transform: align.Transform) -> Transfer:
    """A proposal's transfer function in a crop of this transform."""
    return transfer(proposal.kernel, _onwards(proposal, transform))


def _gap(here: Transfer, own: Transfer) -> float:
    """The squared error between what a proposal is in a crop and a kernel there; at most `_OTHER`."""
    return min(_OTHER, error(here, own), error(here.conj(), own))


def _onwards(proposal: _Proposal, transform: align.Transform) -> Linear:
    """From the pixels of the crop that a proposal is told in to those of another crop of the same photo."""
    return np.asarray(transform[:, :2] @ np.linalg.inv(proposal.transform[:, :2]))


def _carried(proposal: _Proposal, transform: align.Transform) -> tuple[Plane, float]:
    """The kernel in the pixels of another crop of the same photo, and how much of its light does not fit in there."""
    linear = _onwards(proposal, transform)
    return (proposal.kernel, 0.0) if np.allclose(linear, np.eye(2)) else carried(proposal.kernel, linear)


def carried(kernel: Plane, linear: Linear, middle: Point = (0.0, 0.0)) -> tuple[Plane, float]:
    """A kernel (side, side) of sum 1 turned and enlarged by `linear` (2, 2), x before y, and the light that was lost.

    What lies at `middle`, in pixels from the kernel's own, comes to lie in the middle. The result has the same side,
    and again the sum 1. Enlarged more than `_MOST_ENLARGED` times, all light is lost, the kernel returned as it was.
    """
    side, factor = kernel.shape[0], float(np.sqrt(abs(np.linalg.det(linear))))
    if factor > _MOST_ENLARGED:
        return kernel, 1.0
    points_across = max(_POINTS, int(np.ceil(2 * factor)))
    down, across = np.nonzero(kernel > _FAINT * kernel.max())
    within = (np.arange(points_across) + 0.5) / points_across - 0.5
    offsets = np.stack(np.meshgrid(within, within), axis=-1).reshape(-1, 1, 2)
    places = np.stack([across, down], axis=1) - side // 2 + offsets - np.asarray(middle)
    points = places.reshape(-1, 2) @ linear.T + side // 2
    light = np.tile(kernel[down, across] / points_across**2, points_across**2)
    inside = ((points >= 0) & (points < side - 1)).all(axis=1)
    result = laid(points[inside], light[inside], side)
    kept = float(result.sum())
    return np.asarray(result / max(kept, _FAINT), np.float32), max(0.0, 1 - kept)


@cache
def _waves() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Frequencies (n,) down and across, in cycles a pixel, and how much each counts: as much as natural detail has."""
    steps = np.arange(-_FREQUENCIES, _FREQUENCIES + 1) * _FINEST / _FREQUENCIES
    down, across = (axis.ravel() for axis in np.meshgrid(steps, steps[_FREQUENCIES:], indexing="ij"))
    length = np.hypot(down, across)
    use = (length > 0) & (length <= _FINEST)
    weights = 1 / length[use]
    waves = down[use], across[use], weights / weights.sum()
    for shared in waves:
        shared.flags.writeable = False
    return waves


def transfer(kernel: Plane, linear: Linear | None = None) -> Transfer:
    """(n,): the kernel's transfer function at `_waves`, as if its light lay around the middle.

    Of a kernel that is carried over by `linear`: a turned and enlarged picture has its frequencies turned and lower,
    and each pixel is a square of light there. Without that the spectrum of an enlarged kernel would repeat.
    """
    side = kernel.shape[0]
    turns = _turns(side) if linear is None else _carried_turns(side, linear.astype(np.float64).tobytes())
    places = np.arange(side) - side // 2
    middle = [float((kernel.sum(axis=axis) * places).sum()) for axis in (1, 0)]
    found = ((turns.rows @ kernel) * turns.columns).sum(axis=1)
    shifts = np.exp(2j * np.pi * (turns.down * middle[0] + turns.across * middle[1]))
    return np.asarray(turns.square * found * shifts)


@dataclass(frozen=True)
class _Turns:
    """How waves turn along the rows of a kernel, and its columns; shared by all who ask, and not to be written to."""

    down: Linear  # (n,): frequencies of the waves, in cycles a pixel of the kernel
    across: Linear
    rows: Transfer  # (n, side)
    columns: Transfer
    square: Linear  # (n,): what a pixel's own square of light leaves of them; 1 where it counts as a point


@cache
def _turns(side: int) -> _Turns:
    """At `_waves`, along a kernel of this side."""
    down, across, _ = _waves()
    return _turning(side, down, across, np.ones_like(down))


@lru_cache(maxsize=_KEPT)
def _carried_turns(side: int, linear: bytes) -> _Turns:
    """The same along one that is carried over: by its (2, 2) float64."""
    carry = np.frombuffer(linear).reshape(2, 2)
    down, across, _ = _waves()
    down, across = carry[0, 1] * across + carry[1, 1] * down, carry[0, 0] * across + carry[1, 0] * down
    return _turning(side, down, across, np.sinc(down) * np.sinc(across))


def _turning(side: int, down: Linear, across: Linear, square: Linear) -> _Turns:
    places = np.arange(side) - side // 2
    turns = _Turns(down, across, _turned(down, places), _turned(across, places), square)
    for shared in vars(turns).values():
        shared.flags.writeable = False
    return turns


def _turned(frequencies: Linear, places: NDArray[np.int_]) -> NDArray[np.complex128]:
    return np.asarray(np.exp(-2j * np.pi * np.outer(frequencies, places)))


def error(one: Transfer, other: Transfer) -> float:
    """Squared error of a transfer function (n,), 0 to 4; coarse frequencies count more, as faces hold more there."""
    weights = _waves()[2]
    return float((np.abs(one - other) ** 2 * weights).sum())


def _is_inside(transform: align.Transform, size: tuple[int, int]) -> bool:
    corners = align.moved([(x, y) for x in (0, SIDE - 1) for y in (0, SIDE - 1)], align.inverted(transform))
    return bool((corners >= 0).all() and (corners <= np.asarray(size) - 1).all())
