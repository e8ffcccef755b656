"""The Wiener filter for batches, with the spectrum of faces as its prior: what the later networks are given.

Luma alone is filtered, once weakly and once strongly, as gpend.core.deconvolution does it for one face:
Y conj(H) / (|H|^2 + error + factor noise^2 / (light S)), with H the kernel's transfer function, `error` what its
estimate is expected to be off, S the mean power spectrum of sharp faces and `light` the crop's variance against theirs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from gpend.models.kernel import agreed
from gpend.training.degradations import transfer
from gpend.training.draws import SIDE
from gpend.training.kernels import SIDE as KERNEL

FACTORS = (1.5, 12.0)
"""How strongly noise is held down, in the weak and in the strong result."""

LEAST_NOISE = 2.5 / 255  # what the finest band shows of a compressed photo is less than its error
_BORDER = 64  # pixels around the crop, mirrored, that fade to its mean, so that nothing rings across
_ERROR = 0.15  # expected squared error of a transfer function for each unit that two estimates disagree
_LEAST_ERROR = 0.001
_GRID = SIDE + 2 * _BORDER
_SPREAD = 0.22  # standard deviation of the luma of faces in good light
_INNER = slice(40, -40)
_TINY = 1e-12  # of a power spectrum, for a logarithm or a division to be had
_RANGE = (-0.1, 1.1)  # of what is filtered: rings beyond it are cut, as core.deconvolution does
_DISTURBED, _FAINT, _SPARSE = 8, 1e-4, 0.8  # as in core.direction, which asks the same of one face
_MEDIAN = 0.6745 * 6  # of |x|, where x is the second difference of white noise of deviation 1


def face_spectrum(faces: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The geometric mean power spectrum of faces (n, 3, side, side) RGB: (256, 129), with a Hann window."""
    window = np.hanning(SIDE)[:, None] * np.hanning(SIDE)
    total = np.zeros((SIDE, SIDE // 2 + 1))
    for face in faces:
        luma = cv2.cvtColor(np.ascontiguousarray(face.transpose(1, 2, 0)), cv2.COLOR_RGB2GRAY)
        small = cv2.resize(luma, (SIDE, SIDE), interpolation=cv2.INTER_AREA) / 255.0
        power = np.abs(np.fft.rfft2((small - small.mean()) * window)) ** 2
        total += np.log(power / (window**2).sum() + _TINY)
    return np.exp(total / len(faces)).astype(np.float32)


@dataclass(frozen=True)
class Estimate:
    """What blurred each picture of a batch."""

    kernels: Tensor  # (n, 41, 41)
    error: Tensor  # (n,): expected squared error of their transfer functions


class Wiener:
    """The filter for one prior, on one device."""

    def __init__(self, spectrum: NDArray[np.float32], device: torch.device) -> None:
        """`spectrum` is what `face_spectrum` gives."""
        self._prior = torch.from_numpy(_resampled(spectrum)).to(device)
        self._window = _window().to(device)

    def __call__(self, luma: Tensor, blur: Estimate, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Luma (n, 1, 256, 256) without the blur, weakly and strongly held down.

        `noise` (n,) is a standard deviation, as `noise_of` finds it.
        """
        weak, strong = self._filtered(luma, blur, noise, FACTORS)
        return weak, strong

    def _filtered(self, luma: Tensor, blur: Estimate, noise: Tensor, factors: Sequence[float]) -> list[Tensor]:
        """Luma for each of `factors`, by which noise is held down."""
        response = transfer(blur.kernels, (_GRID, _GRID))[:, None]
        light = (luma.std((2, 3), keepdim=True) / _SPREAD) ** 2
        wide = functional.pad(luma, (_BORDER,) * 4, mode="reflect")
        mean = luma.mean((2, 3), keepdim=True)
        crossed = torch.fft.rfft2((wide - mean) * self._window) * response.conj()
        power = response.real**2 + response.imag**2 + blur.error.view(-1, 1, 1, 1)
        against = noise.view(-1, 1, 1, 1) ** 2 / (light * self._prior + _TINY)
        return [self._back(crossed / (power + factor * against), mean) for factor in factors]

    def directed(self, luma: Tensor, blur: Estimate, noise: Tensor) -> Estimate:
        """Each kernel or its mirror image, whichever leaves fewer edges in luma (n, 1, 256, 256): core.direction."""
        turned = Estimate(blur.kernels.flip(1, 2), blur.error)
        there, here = (_edges(*self._filtered(luma, each, noise, FACTORS[:1])) for each in (turned, blur))
        better = there < here
        return Estimate(torch.where(better[:, None, None], turned.kernels, blur.kernels), blur.error)

    def _back(self, spectrum: Tensor, mean: Tensor) -> Tensor:
        filtered = torch.fft.irfft2(spectrum, s=(_GRID, _GRID)) + mean
        inner: Tensor = filtered[..., _BORDER:-_BORDER, _BORDER:-_BORDER].clamp(*_RANGE)
        return inner


def noise_of(luma: Tensor) -> Tensor:
    """The standard deviation (n,) of the noise in luma (n, 1, h, w) by its second differences; at least LEAST_NOISE."""
    second = luma.new_tensor(((1.0, -2.0, 1.0), (-2.0, 4.0, -2.0), (1.0, -2.0, 1.0)))[None, None]
    differences = functional.conv2d(luma[..., _INNER, _INNER], second)[..., ::2, ::2].flatten(1).abs()
    return (differences.median(1).values / _MEDIAN).clamp_min(LEAST_NOISE)


def estimated(network: Callable[[Tensor], Tensor], luma: Tensor) -> Estimate:
    """What blurred luma (n, 1, 256, 256): `network` (logits, (n, 41, 41)) is asked for the mirrored too."""
    logits = network(torch.cat([luma, luma.flip(3)])).float()
    soft = torch.softmax(logits.flatten(1), 1).view(-1, KERNEL, KERNEL)
    found, mirrored = soft[: len(luma)], soft[len(luma) :].flip(2)
    kernels, agreement = agreed(found, mirrored)
    return Estimate(kernels, (_ERROR * (1 - agreement)).clamp_min(_LEAST_ERROR))


def known(kernels: Tensor) -> Estimate:
    """Kernels (n, 41, 41) as an estimate that is as good as certain."""
    return Estimate(kernels, torch.full((len(kernels),), _LEAST_ERROR, device=kernels.device))


def without(blur: Estimate, which: Tensor) -> Estimate:
    """The estimate, but for the pictures `which` (n,), bool, that of no blur at all."""
    none = torch.zeros_like(blur.kernels[0])
    none[KERNEL // 2, KERNEL // 2] = 1
    kernels = torch.where(which[:, None, None], none, blur.kernels)
    return Estimate(kernels, torch.where(which, blur.error.new_tensor(_LEAST_ERROR), blur.error))


def _edges(luma: Tensor) -> Tensor:
    """(n,): the sum of differences, each to the power of less than 1."""
    inner = luma[..., _DISTURBED:-_DISTURBED, _DISTURBED:-_DISTURBED]
    across, down = inner.diff(dim=3).abs(), inner.diff(dim=2).abs()
    return ((across + _FAINT) ** _SPARSE).mean((1, 2, 3)) + ((down + _FAINT) ** _SPARSE).mean((1, 2, 3))


def _window() -> Tensor:
    edge = 0.5 - 0.5 * torch.cos(torch.pi * (torch.arange(_BORDER) + 0.5) / _BORDER)
    line = torch.cat([edge, torch.ones(SIDE), edge.flip(0)])
    return line[:, None] * line[None]


def _resampled(spectrum: NDArray[np.float32]) -> NDArray[np.float32]:
    """From the crop's frequencies to those of the crop with its border."""
    rows, columns = np.fft.fftfreq(_GRID)[:, None], np.fft.rfftfreq(_GRID)[None]
    shape = np.ones((_GRID, _GRID // 2 + 1))
    x, y = (columns * SIDE * shape).astype(np.float32), ((rows + 0.5) * SIDE * shape).astype(np.float32)
    centred = np.fft.fftshift(np.log(spectrum), 0)
    return np.asarray(np.exp(cv2.remap(centred, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)), np.float32)
