"""The path of a camera that shook, found in the photo itself: blind deconvolution by its salient edges (pure).

A network that reads the blur of an aligned face knows what faces look like, and what shakes do in the mean. What this
shake was, the edges around the face tell, as many as there are. Two steps are taken in turn, from a small picture to
the whole one: the picture of few edges that the kernel explains best (the number of gradients counts, not their size:
Xu, Zheng and Jia 2013; by half-quadratic splitting, Wang et al. 2008), and the kernel that leads from the strongest of
these edges to the photo (least squares; Cho and Lee 2009). Grain and a blur of the lens that differs from place to
place mislead it: what is found is a proposal, and who takes it asks `roughness` and the face.
"""

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import cv2
import numpy as np
from numpy import fft
from numpy.typing import NDArray

from gpend.core.fourier import Spectrum, around_origin, spectrum_of, transfer_of
from gpend.core.photo import Plane, Point

_ROUNDS = 5  # at each size of the picture
_SMALLER = float(np.sqrt(0.5))  # from one size to the next
_FIRST_SIDE = 5  # of a kernel, from which on a picture is small enough to begin with
_FEW, _FEWEST, _LESS = 8e-3, 1e-4, 1.1  # what an edge costs at first, at least, and how many times less each round
_COUPLED, _TIGHTER = 100.0, 4.0  # up to which, and in which steps, gradients are held to those that are kept
_SALIENT = 0.1  # of all gradients: the strongest, that lead to the kernel
_CALM, _CALM_NEAR = 1.0, 0.3  # what light in the kernel costs, against gradients of full scale; near a point
_NEAR = 110.0  # pixels; the standard deviation of what is near
_FINE_SIZES = 2  # the last ones, at which what is near a point may count more
_FAINT = 0.05  # of a kernel's brightest pixel: less is none
_STRAY = 0.1  # of a kernel's light: a part that lies apart and holds less is none
_SPARSE = 0.8  # the power of gradients that is summed: few strong edges count less than many weak ones
_NOISE = 1.2 / 255  # standard deviation that the filter reckons with
_LEAST_GRADIENT, _ERROR = 1e-4, 1e-4
_BORDER = 8  # pixels, and the kernel's reach, that the picture's border may disturb

Power = NDArray[np.float32]


@dataclass(frozen=True)
class _Waves:
    """What a square picture's gradients are to its spectrum."""

    across: Spectrum
    down: Spectrum
    power: Power


@dataclass(frozen=True)
class _Photo:
    """The photo at one size."""

    plane: Plane  # (whole, whole), whole even
    spectrum: Spectrum
    waves: _Waves

    @property
    def whole(self) -> int:
        """Its side, in pixels."""
        return int(self.plane.shape[0])


def kernel_of(plane: Plane, reach: int, near: Point | None = None) -> Plane:
    """(2 reach + 1, 2 reach + 1), of sum 1: what blurred a photo, of which `plane` is a part.

    `plane` is (side, side), 0 to 1, luma or light; its side is at least six times the reach. The kernel's light has
    its middle within half a pixel of that of the kernel. With `near`, a point of the plane in pixels, x before y, what
    is near it counts most at the last sizes: where the camera rolled too, the kernel is another from place to place.
    """
    factors, cost = _factors(reach), _FEW
    kernel = _first(_reach_at(factors[0], reach))
    for place, factor in enumerate(factors):
        photo = _photo_of(_shrunk(plane, factor))
        here = _reach_at(factor, reach)
        kernel = _resized(kernel, here)
        for _ in range(_ROUNDS):
            faded = spectrum_of(_faded(photo, kernel))
            sharp = _of_few_edges(photo, faded, kernel, cost)
            is_fine = place >= len(factors) - _FINE_SIZES
            kernel = _led_near(faded, sharp, here, (near, factor)) if near and is_fine else _led_to(faded, sharp, here)
            cost = max(cost / _LESS, _FEWEST)
    return kernel


def roughness(plane: Plane, kernel: Plane) -> float:
    """How much finest detail a weak filter leaves that is told the kernel: logarithm of the mean gradient.

    Wrong kernels leave echoes and waves, and so more. `plane` (side, side), 0 to 1; `kernel` (odd, odd), of sum 1,
    smaller. To be compared among kernels of one plane. Gradients count as in Levin et al. 2007.
    """
    photo = _photo_of(plane)
    transfer = transfer_of(kernel, photo.whole)
    faded = spectrum_of(_faded(photo, kernel) - np.float32(photo.plane.mean()))
    gradient = float(np.mean(_differences(photo.plane, 0) ** 2 + _differences(photo.plane, 1) ** 2))
    cost = np.float32(_NOISE**2 / max(2 * gradient, _LEAST_GRADIENT**2)) * photo.waves.power + np.float32(_ERROR)
    sharp = _plane_of(np.conj(transfer) * faded / (_power(transfer) + cost), photo.whole)
    border = min(kernel.shape[0] // 2 + _BORDER, photo.whole // 4)
    inner = slice(border, -border)
    steps = np.stack([_differences(sharp, axis)[inner, inner] for axis in (0, 1)])
    return float(np.log(np.mean((np.abs(steps) + _LEAST_GRADIENT) ** _SPARSE)) / _SPARSE)


def _factors(reach: int) -> list[float]:
    """What share of its own size the picture has at each, from the smallest to its own."""
    sizes = 0
    while (2 * reach + 1) * _SMALLER**sizes > _FIRST_SIDE:
        sizes += 1
    return [_SMALLER**size for size in range(sizes, -1, -1)]


def _reach_at(factor: float, reach: int) -> int:
    """What a kernel's reach is where the picture has this share of its size."""
    return max(1, round(reach * factor))


def _shrunk(plane: Plane, factor: float) -> Plane:
    if factor >= 1:
        return plane
    return np.asarray(cv2.resize(plane, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.float32)


def _photo_of(plane: Plane) -> _Photo:
    whole = _quick(min(plane.shape))
    even = np.ascontiguousarray(plane[:whole, :whole])
    return _Photo(even, spectrum_of(even), _waves(whole))


@cache
def _quick(side: int) -> int:
    """The largest even side up to this one that is a product of 2, 3 and 5: others take several times as long."""
    powers = range(side.bit_length())
    sides: list[int] = [2 * 2**twos * 3**threes * 5**fives for twos in powers for threes in powers for fives in powers]
    return max(one for one in sides if one <= side)


@lru_cache(maxsize=16)
def _waves(whole: int) -> _Waves:
    turns = np.exp(2j * np.pi * np.arange(whole) / whole).astype(np.complex64) - np.complex64(1)
    down, across = turns[:, None], turns[None, : whole // 2 + 1]
    waves = _Waves(across, down, np.asarray(_power(down) + _power(across), np.float32))
    for shared in vars(waves).values():
        shared.flags.writeable = False
    return waves


def _first(reach: int) -> Plane:
    """A kernel to begin with: as good as none, but not without a direction."""
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    kernel[reach, reach : reach + 2] = 0.5
    return kernel


def _resized(kernel: Plane, reach: int) -> Plane:
    side = 2 * reach + 1
    larger = np.maximum(cv2.resize(kernel, (side, side), interpolation=cv2.INTER_LINEAR), 0)
    return np.asarray(larger / larger.sum(), np.float32)


def _of_few_edges(photo: _Photo, faded: Spectrum, kernel: Plane, cost: float) -> Plane:
    """(whole, whole): the picture that the kernel leads to the photo, where each gradient that is not 0 costs alike."""
    transfer = transfer_of(kernel, photo.whole)
    seen, passed = np.conj(transfer) * faded, _power(transfer)
    sharp = _plane_of(faded, photo.whole)
    coupled = 2 * cost
    while coupled < _COUPLED:
        across, down = _differences(sharp, 1), _differences(sharp, 0)
        kept = across * across + down * down >= np.float32(cost / coupled)
        wanted = _back(across * kept, 1) + _back(down * kept, 0)
        strength = np.float32(coupled)
        spectrum = (seen + strength * spectrum_of(wanted)) / (passed + strength * photo.waves.power)
        sharp = _plane_of(spectrum, photo.whole)
        coupled *= _TIGHTER
    return sharp


def _led_to(faded: Spectrum, sharp: Plane, reach: int) -> Plane:
    """(2 reach + 1, 2 reach + 1), of sum 1: the kernel that leads from the picture's strongest edges to the photo."""
    across, down = _differences(sharp, 1), _differences(sharp, 0)
    salient = _salient(across, down)
    from_across, from_down = spectrum_of(across * salient), spectrum_of(down * salient)
    waves = _waves(sharp.shape[0])
    towards = np.conj(from_across) * waves.across + np.conj(from_down) * waves.down
    found = towards * faded / (_power(from_across) + _power(from_down) + np.float32(_CALM))
    return _cleaned(around_origin(np.asarray(found, np.complex64), reach))


def _led_near(faded: Spectrum, sharp: Plane, reach: int, there: tuple[Point, float]) -> Plane:
    """The same by what is near a point, told in pixels of the photo's own size, of which this is such a share."""
    whole = sharp.shape[0]
    (x, y), factor = there
    places = np.arange(whole, dtype=np.float32)
    off = (places[None] - x * factor) ** 2 + (places[:, None] - y * factor) ** 2
    near = np.exp(-off / np.float32(2 * (_NEAR * factor) ** 2)).astype(np.float32)
    across, down = _differences(sharp, 1), _differences(sharp, 0)
    salient = _salient(across, down) * near
    seen = _plane_of(faded, whole)
    towards, power = np.zeros_like(faded), np.full(faded.shape, _CALM_NEAR, np.float32)
    for axis, one in ((1, across), (0, down)):
        edges = spectrum_of(one * salient)
        towards += np.conj(edges) * spectrum_of(_differences(seen, axis) * near)
        power += _power(edges)
    return _cleaned(around_origin(np.asarray(towards / power, np.complex64), reach))


def _salient(across: Plane, down: Plane) -> NDArray[np.bool_]:
    """The strongest of all gradients."""
    strength = across * across + down * down
    weakest = strength.size - max(1, int(_SALIENT * strength.size))
    return np.asarray(strength >= np.partition(strength, weakest, axis=None)[weakest])


def _cleaned(kernel: Plane) -> Plane:
    """The kernel without what is faint or lies apart, of sum 1, and moved to its middle by whole pixels."""
    light = np.where(kernel < _FAINT * kernel.max(), np.float32(0), kernel)
    if light.sum() <= 0:
        return _first(kernel.shape[0] // 2)
    count, parts = cv2.connectedComponents((light > 0).astype(np.uint8), connectivity=8)
    held = np.bincount(parts.ravel(), light.ravel(), count)
    light[(held < _STRAY * held.sum())[parts]] = 0
    light /= light.sum()
    places = np.arange(kernel.shape[0]) - kernel.shape[0] // 2
    off = [-round(float((light.sum(axis=1 - axis) * places).sum())) for axis in (0, 1)]
    return np.asarray(np.roll(light, off, axis=(0, 1)), np.float32)


def _faded(photo: _Photo, kernel: Plane) -> Plane:
    """The photo, at its border more and more what it is blurred once more: as it repeats, there is no step to ring."""
    again = _plane_of(photo.spectrum * transfer_of(kernel, photo.whole), photo.whole)
    off = np.minimum(np.arange(photo.whole), np.arange(photo.whole)[::-1]).astype(np.float32)
    line = np.minimum(off / np.float32(kernel.shape[0]), np.float32(1))
    own = line[:, None] * line[None]
    return np.asarray(own * photo.plane + (1 - own) * again, np.float32)


def _differences(plane: Plane, axis: int) -> Plane:
    """From each pixel to the next one, as if the plane repeated."""
    return np.asarray(np.roll(plane, -1, axis) - plane, np.float32)


def _back(plane: Plane, axis: int) -> Plane:
    """What `_differences` is turned round to."""
    return np.asarray(np.roll(plane, 1, axis) - plane, np.float32)


def _power(spectrum: Spectrum) -> Power:
    return np.asarray(spectrum.real**2 + spectrum.imag**2, np.float32)


def _plane_of(spectrum: NDArray[Any], whole: int) -> Plane:
    return np.asarray(fft.irfft2(np.asarray(spectrum, np.complex64), (whole, whole)), np.float32)
