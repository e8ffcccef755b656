"""See through the blur: what blurred an aligned face is taken out again, as far as noise lets it (pure).

A Wiener filter (Wiener 1949) whose prior is the mean power spectrum of sharp aligned faces. Its noise is the sensor's,
measured in the photo's own pixels, and what quantisation took; and because the kernel is estimated, its error
counts too: with E|dH|^2 for the expected squared error of the transfer function H, the gain that leaves the least
squared error is H* / (|H|^2 + E|dH|^2 + N / S). Nothing is painted: all detail in the result is the photo's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce

import cv2
import numpy as np
from numpy import fft
from numpy.typing import NDArray

from gpend.core import fourier
from gpend.core.blur import SIDE, Blur
from gpend.core.fourier import Spectrum, spectrum_of
from gpend.core.noise import Noise, Power, noise_level
from gpend.core.photo import Plane

MARGIN = 0.25
"""Of the side: so much of the photo around the crop is filtered with it, so that its edges ring outside of it."""

_PRIOR = (5.7615, 1.5163, 2.90, 3.26, 1.1142, 400.0)
"""Log power of sharp FFHQ-aligned faces of unit variance: level, slope, cycles across and down where it begins to
fall, further slope, and the square of how many times those it begins at. Fitted to 300 faces, within 0.3."""

_ERROR = 0.15  # expected squared error of the transfer function for each unit that the confidence lacks
_LEAST_ERROR = 0.001  # of a kernel that is told with full confidence
_CAUTION = 2.0  # noise counts so many times: what JPEG and cameras do is less even than the model
_CLIPPED = 0.985  # from here on a pixel's light may have been cut off: the blur happened before that
_ROUNDS = 3  # in which clipped pixels are filled with what the result predicts
_CHROMA = 4.0  # colour differences count as so many times noisier: they are stored coarser
_SURE = 0.85  # the least confidence with which a kernel is believed
_SEEN = 0.9  # pixels of the crop of SIDE; the spread of a blur that is worth taking out
_FINEST = 0.375  # cycles for each pixel of a crop of SIDE; from here to 0.5 is its finest detail
_LARGER = (4 * SIDE, 2 * SIDE)  # sides of crops for large faces, largest first
_LEFT = 0.12  # so much left of the finest detail is worth a larger crop
_ROOM = 0.8  # of a larger crop, which the photo must fill
_TRAINED_NOISE = 2.5 / 255  # standard deviation: the least that the refining network was trained with
_TRAINED_RANGE = (-0.1, 1.1)
_CORNER = 0.5 * np.sqrt(2)  # cycles for each pixel of the photo: beyond its grid's corner it saw nothing
_NEVER_SEEN = np.float32(1e3)  # times dearer
_ENOUGH = 1e-6
_KEPT = 4  # sides of crops for which what all faces share is kept


@dataclass(frozen=True)
class Deconvolved:
    """A face seen through its blur."""

    restored: Plane  # as the crop
    residual: Plane  # (side, side) luma: the crop less the result blurred again


def helps(blur: Blur) -> bool:
    """Whether there is a blur that can be taken out: one that was found surely enough, and not next to none."""
    return blur.confidence >= _SURE and blur.spread >= _SEEN


def side_for(blur: Blur, scale: float) -> int:
    """The side of the crop to work in, SIDE or a multiple: the smallest that holds what the blur has left.

    `scale` is pixels of the crop of SIDE for each photo pixel: a face that is no larger needs no larger crop.
    """
    _, frequency = prior_of(SIDE, SIDE)
    finest = (frequency > _FINEST) & (frequency < 0.5)  # noqa: PLR2004 - what a grid can hold
    left = float(np.sqrt(passed_of(blur.kernel, SIDE, SIDE)[finest]).mean())
    return next((side for side in _LARGER if left > _LEFT and side * _ROOM <= SIDE / scale), SIDE)


def share_heard(blur: Blur, noise: Noise, scale: float, variance: float) -> float:
    """Of all frequencies of a crop of SIDE, the share at which a face of this variance, blurred so, is above its noise.

    `scale` is pixels of that crop for each photo pixel; `variance` of luma, 0 to 1.
    """
    above = passed_of(blur.kernel, SIDE, SIDE) * np.float32(variance) > _cost(SIDE, SIDE, noise, scale)
    twice = np.full(above.shape[1], 2.0)  # all columns but two stand for their mirror images too
    twice[[0, -1]] = 1.0
    return float((above * twice).sum()) / SIDE**2


def deconvolve(padded: Plane, blur: Blur, noise: Noise, scale: float, caution: float = 1.0) -> Deconvolved:
    """The face in the middle of `padded`, seen through its blur.

    `padded` is an aligned crop with MARGIN of its side around it, (1.5 side, 1.5 side, 3) float32, 0 to 1; `scale` its
    pixels for each photo pixel. `caution` above 1 takes out less of the blur, and rings less.
    """
    whole = padded.shape[0]
    side = side_of(padded)
    ycc = np.asarray(cv2.cvtColor(padded, cv2.COLOR_RGB2YCrCb), np.float32)
    cost = _cost(whole, side, noise, scale) * np.float32(caution)
    shade, *tints = (np.asarray(channel, np.float32) for channel in cv2.split(ycc))
    luma = _filtered(shade, blur, cost, reduce(np.maximum, cv2.split(padded)) >= _CLIPPED)
    chroma = [_filtered(tint, blur, cost * np.float32(_CHROMA), None).plane for tint in tints]
    result = np.asarray(cv2.cvtColor(cv2.merge([luma.plane, *chroma]), cv2.COLOR_YCrCb2RGB), np.float32)
    again = luma.again(shade, transfer_of(blur.kernel, side, whole))
    return Deconvolved(np.clip(middle(result), 0, 1), middle(shade - again))


def luma_of(padded: Plane, blur: Blur, noise: Noise, scale: float) -> Plane:
    """Luma `padded`, (1.5 side, 1.5 side), as `deconvolve` sees it through its blur, both of any range.

    What was clipped is taken for what it seems.
    """
    whole, side = padded.shape[0], side_of(padded)
    return _filtered(padded, blur, _cost(whole, side, noise, scale), None).plane


def lumas(padded: Plane, blur: Blur, strengths: tuple[float, float], least: float = 0.0) -> tuple[Plane, Plane]:
    """Luma of `padded`, (1.5 side, 1.5 side, 3) 0 to 1, through the filter at two strengths, each -0.1 to 1.1.

    That is what `RefineFaces` is given. Noise is white here, as where the network was trained: `strengths` are how many
    times it counts. `least` is the standard deviation of what noise there surely is, 0 to 1.
    """
    plane = np.asarray(cv2.cvtColor(padded, cv2.COLOR_RGB2GRAY), np.float32)
    level = noise_level(np.asarray(np.rint(middle(padded) * 255), np.uint8))
    weak, strong = lumas_without(plane, blur, max(level, least), strengths)
    return weak, strong


def lumas_without(padded: Plane, blur: Blur, noise: float, strengths: Sequence[float]) -> list[Plane]:
    """Luma `padded` (1.5 side, 1.5 side) filtered, -0.1 to 1.1, for each of `strengths`.

    So many times counts white `noise`, 0 to 1.
    """
    faded, side, whole = _faded(padded), side_of(padded), padded.shape[0]
    spectrum = spectrum_of(faded.seen) * np.conj(transfer_of(blur.kernel, side, whole))
    return [_luma_of(spectrum * _white_gain(faded, blur, noise, strength), faded) for strength in strengths]


def luma_either_way(padded: Plane, blur: Blur, noise: float, strength: float) -> tuple[Plane, Plane]:
    """The same of luma (1.5 side, 1.5 side), for one strength: by the kernel, and by its mirror image.

    The transfer function of that is the conjugate.
    """
    faded, side, whole = _faded(padded), side_of(padded), padded.shape[0]
    spectrum = spectrum_of(faded.seen) * _white_gain(faded, blur, noise, strength)
    transfer = transfer_of(blur.kernel, side, whole)
    return _luma_of(spectrum * np.conj(transfer), faded), _luma_of(spectrum * transfer, faded)


def _white_gain(faded: "_Faded", blur: Blur, noise: float, strength: float) -> Power:
    """`_gain` where white `noise`, 0 to 1, counts `strength` times."""
    whole, side = faded.seen.shape[0], side_of(faded.seen)
    cost = _cost(whole, side, Noise(max(noise, _TRAINED_NOISE)), 1.0) * np.float32(strength / _CAUTION)
    return _gain(blur, side, faded, cost)


def _luma_of(spectrum: Spectrum, faded: "_Faded") -> Plane:
    plane = fft.irfft2(spectrum, faded.seen.shape) + faded.mean
    return np.asarray(np.clip(plane, *_TRAINED_RANGE), np.float32)


def blurred(padded: Plane, blur: Blur) -> Plane:
    """(1.5 side, 1.5 side), of any range: blurred as the face is, as if it repeated."""
    whole = padded.shape[0]
    again = fft.irfft2(spectrum_of(padded) * transfer_of(blur.kernel, side_of(padded), whole), padded.shape)
    return np.asarray(again, np.float32)


def blurred_again(plane: Plane, around: Plane, blur: Blur) -> Plane:
    """(side, side), 0 to 1: luma of a crop blurred as the face is, with `around`, (1.5 side, 1.5 side), around it."""
    whole, side = around.shape[0], plane.shape[0]
    laid = around.copy()
    start = (whole - side) // 2
    laid[start : start + side, start : start + side] = plane
    mean = np.float32(laid.mean())
    again = fft.irfft2(spectrum_of((laid - mean) * fade(whole)) * transfer_of(blur.kernel, side, whole), laid.shape)
    return middle(np.asarray(again + mean, np.float32))


def side_of(padded: Plane) -> int:
    """Side of the crop in the middle of `padded`, (1.5 side, 1.5 side) or more axes, of any range, in pixels."""
    side: int = round(padded.shape[0] / (1 + 2 * MARGIN))
    return side


def middle(padded: Plane) -> Plane:
    """The crop (side, side, ...) in the middle of (1.5 side, 1.5 side, ...), of any range: a view of it."""
    side = side_of(padded)
    inner = slice((padded.shape[0] - side) // 2, (padded.shape[0] - side) // 2 + side)
    return padded[inner, inner]


@dataclass(frozen=True)
class _Filtered:
    """A plane (n, n) through the filter."""

    spectrum: Spectrum  # of the result, without its mean
    mean: np.float32
    wanted: Plane  # what the result was to explain: the plane less its mean, within the window

    @property
    def plane(self) -> Plane:
        """(n, n): the result."""
        return np.asarray(fft.irfft2(self.spectrum, self.wanted.shape) + self.mean, np.float32)

    def again(self, plane: Plane, transfer: Spectrum) -> Plane:
        """(n, n): the result blurred again, beside what of the `plane` it had not to explain."""
        again = fft.irfft2(self.spectrum * transfer, plane.shape)
        return np.asarray(again + self.mean + plane - self.mean - self.wanted, np.float32)


@dataclass(frozen=True)
class _Faded:
    """A plane (n, n) as it is filtered."""

    seen: Plane  # without its mean, falling to 0 across its margin
    mean: np.float32
    variance: np.float32


def _faded(plane: Plane) -> _Faded:
    inner = slice(plane.shape[0] // 6, -plane.shape[0] // 6)
    mean, variance = np.float32(plane[inner, inner].mean()), np.float32(plane[inner, inner].var() + _ENOUGH)
    return _Faded((plane - mean) * fade(plane.shape[0]), mean, variance)


def _filtered(plane: Plane, blur: Blur, cost: Power, clipped: NDArray[np.bool_] | None) -> _Filtered:
    """The plane through the filter; what was clipped may be brighter than it is."""
    side, faded = side_of(plane), _faded(plane)
    transfer = transfer_of(blur.kernel, side, plane.shape[0])
    gain = np.conj(transfer) * _gain(blur, side, faded, cost)
    wanted = faded.seen
    rounds = _ROUNDS if clipped is not None and clipped.any() else 1
    for left in reversed(range(rounds)):
        spectrum = spectrum_of(wanted)
        spectrum *= gain
        if left and clipped is not None:
            again = fft.irfft2(spectrum * transfer, plane.shape)
            wanted = np.where(clipped, np.maximum(faded.seen, again), faded.seen).astype(np.float32)
    return _Filtered(spectrum, faded.mean, wanted)


def _gain(blur: Blur, side: int, faded: _Faded, cost: Power) -> Power:
    """(n, n / 2 + 1): what the filter multiplies with, beside the conjugate of the transfer function."""
    passed = passed_of(blur.kernel, side, faded.seen.shape[0])
    return np.asarray(1 / (passed + error_of(blur) + cost / faded.variance), np.float32)


def error_of(blur: Blur) -> np.float32:
    """The expected squared error of the transfer function."""
    return np.float32(max(_LEAST_ERROR, _ERROR * (1 - blur.confidence)))


def transfer_of(kernel: Plane, side: int, whole: int) -> Spectrum:
    """(whole, whole / 2 + 1): the kernel's transfer function in a crop of `side` pixels, its centre at the origin.

    It is shared by all who ask for it, and cannot be written to.
    """
    return _transfer_of(np.asarray(kernel, np.float32).tobytes(), kernel.shape[0], side, whole)[0]


def passed_of(kernel: Plane, side: int, whole: int) -> Power:
    """(whole, whole / 2 + 1): how much of the power of each frequency the kernel lets through; shared likewise."""
    return _transfer_of(np.asarray(kernel, np.float32).tobytes(), kernel.shape[0], side, whole)[1]


@lru_cache(maxsize=_KEPT)
def _transfer_of(kernel: bytes, length: int, side: int, whole: int) -> tuple[Spectrum, Power]:
    wide = resampled(np.frombuffer(kernel, np.float32).reshape(length, length), side / SIDE)
    transfer = fourier.transfer_of(wide, whole)
    passed = np.asarray(transfer.real**2 + transfer.imag**2, np.float32)
    for shared in (transfer, passed):
        shared.flags.writeable = False
    return transfer, passed


def resampled(kernel: Plane, factor: float) -> Plane:
    """A kernel (k, k) float32 for a crop `factor` times as large, (m, m) of odd side, 0 and above, of sum 1."""
    if factor == 1:
        return kernel
    reach = int(np.ceil(kernel.shape[0] // 2 * factor))
    middle = kernel.shape[0] // 2
    shift = np.array([[factor, 0, reach - factor * middle], [0, factor, reach - factor * middle]])
    size = (2 * reach + 1, 2 * reach + 1)
    wide = np.clip(cv2.warpAffine(kernel, shift, size, flags=cv2.INTER_LINEAR), 0, None)
    return np.asarray(wide / wide.sum(), np.float32)


@lru_cache(maxsize=_KEPT)
def _cost(whole: int, side: int, noise: Noise, scale: float) -> Power:
    """Noise against the prior, (whole, whole / 2 + 1): what the filter pays for detail of faces of unit variance."""
    prior, frequencies = prior_of(whole, side)
    frequency = np.asarray(frequencies * scale, np.float32)  # of the photo's own pixels
    told = noise.power(frequency, _CAUTION) * np.float32(scale**2)
    beyond = np.where(frequency > _CORNER, _NEVER_SEEN, np.float32(1))
    cost = np.asarray(told * beyond / prior, np.float32)
    cost.flags.writeable = False
    return cost


@lru_cache(maxsize=_KEPT)
def prior_of(whole: int, side: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The power spectrum of sharp faces, (whole, whole / 2 + 1), and the frequencies in cycles for each crop pixel."""
    down = fft.fftfreq(whole)[:, None]
    across = fft.rfftfreq(whole)[None]
    level, slope, first, second, further, start = _PRIOR
    squared = (across * side / first) ** 2 + (down * side / second) ** 2
    prior = np.exp(level - slope * np.log1p(squared) - further * np.log1p(squared / start))
    prior *= (side / SIDE) ** 2  # the spectrum is of the crop of SIDE; in a larger one the same power is denser
    frequencies = np.hypot(across, down)
    for shared in (prior, frequencies):
        shared.flags.writeable = False
    return prior, frequencies


@lru_cache(maxsize=_KEPT)
def fade(whole: int) -> Plane:
    """(whole, whole), 0 to 1: 1 in the crop, falling to 0 across its margin: so the plane repeats without a step."""
    margin = round(whole * MARGIN / (1 + 2 * MARGIN))
    edge = 0.5 - 0.5 * np.cos(np.pi * (np.arange(margin) + 0.5) / margin)
    line = np.concatenate([edge, np.ones(whole - 2 * margin), edge[::-1]]).astype(np.float32)
    result = np.asarray(line[:, None] * line[None], np.float32)
    result.flags.writeable = False  # it is shared by all faces
    return result
