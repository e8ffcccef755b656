"""The network that finds the blur kernel of an aligned face: its luma tells the phase, its spectrum the symmetry."""

import functools
import itertools
import math
from collections.abc import Collection
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

_FIRST = 4  # the luma is unshuffled by this, and the spectrum shrunk to the same side
_WIDTHS = (32, 64, 96, 128)  # channels at a quarter, an eighth, a sixteenth and a 32nd of the crop's side
_HEAD = (64, 768)  # channels of each place, and what all places share
_HIGH_PASS = 9  # pixels: what is coarser than this box tells of the face and not of the blur
_CONTRAST = 2.0  # the high-passed luma is raised to the size that the layers work with
_FLOORS = (0.02, 1e-2)  # of the crop's spread, and of its spectrum, so that an empty picture has a kernel too

HEADS = ("enlarged", "doubled")
"""What is told of a crop beside its kernel, each by tensors of that name: that it was shrunk and enlarged again rather
than blurred, and that it shows the face twice, as a double exposure does."""


class Residual(nn.Module):
    """Two convolutions beside a path that changes nothing; begins as that path alone."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, 1, 1)
        self.second = nn.Conv2d(channels, channels, 3, 1, 1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(cast("Tensor", self.second.bias))

    def forward(self, features: Tensor) -> Tensor:
        """(n, channels, height, width) in and out."""
        return features + cast("Tensor", self.second(functional.gelu(self.first(features))))


class KernelNetwork(nn.Module):
    """(n, 1, size, size) luma, 0 to 1, to the logits of a kernel, (n, side, side): a softmax over a kernel's places.

    What it knows of a crop tells as well whether one of HEADS is true of it. Each is fitted afterwards, and a network
    has those that are named in `heads`.
    """

    def __init__(self, size: int, side: int, heads: Collection[str] = ()) -> None:
        super().__init__()
        self.size, self.side = size, side
        places = (size // _FIRST // 8) ** 2
        self.picture = _tower(_FIRST**2)
        self.spectrum = _tower(2)
        self.head = nn.Sequential(
            nn.Conv2d(2 * _WIDTHS[-1], _HEAD[0], 1),
            nn.GELU(),
            nn.Flatten(),
            nn.Linear(_HEAD[0] * places, _HEAD[1]),
            nn.GELU(),
            nn.Linear(_HEAD[1], side * side),
        )
        self.enlarged, self.doubled = (_linear() if name in heads else None for name in HEADS)

    def forward(self, luma: Tensor) -> Tensor:
        """Logits (n, side, side)."""
        shared, _ = self._known(luma)
        return self._logits(shared)

    def told(self, luma: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (n, side, side), and the log-odds (n, 2) of HEADS: -inf for one that the network does not have."""
        shared, features = self._known(luma)
        known = summary(shared, features)
        odds = [
            torch.full_like(shared[:, :1], -math.inf) if head is None else cast("Tensor", head(known))
            for head in (self.enlarged, self.doubled)
        ]
        return self._logits(shared), torch.cat(odds, 1)

    def features(self, luma: Tensor) -> Tensor:
        """(n, values): what HEADS are linear functions of."""
        return summary(*self._known(luma))

    def _logits(self, shared: Tensor) -> Tensor:
        return cast("Tensor", self.head[-1](shared)).view(-1, self.side, self.side)

    def _known(self, luma: Tensor) -> tuple[Tensor, Tensor]:
        """What all places share, (n, values), and the features of each place, (n, channels, rows, columns)."""
        mean = luma.mean((2, 3), keepdim=True)
        plain = (luma - mean) / (_deviation(luma) + _FLOORS[0])
        picture = functional.pixel_unshuffle((plain - _coarse(plain)) * _CONTRAST, _FIRST)
        dtype = cast("Tensor", self.picture[0].weight).dtype
        features = torch.cat([self.picture(picture.to(dtype)), self.spectrum(_spectra(plain).to(dtype))], 1).float()
        return cast("Tensor", self.head[:-1](features)), features


def heads_of(tensors: Collection[str]) -> list[str]:
    """Those of HEADS that weights with tensors of these names have."""
    return [name for name in HEADS if f"{name}.bias" in tensors]


def _linear() -> nn.Linear:
    return nn.Linear(_HEAD[1] + 4 * _WIDTHS[-1], 1)


def summary(shared: Tensor, features: Tensor) -> Tensor:
    """What all places share beside the mean and the spread of each channel, (n, values)."""
    return torch.cat([shared, features.mean((2, 3)), _deviation(features).flatten(1)], 1)


def _deviation(planes: Tensor) -> Tensor:
    """The standard deviation of each plane of (n, channels, h, w), (n, channels, 1, 1): in a tenth of `std`'s time."""
    centred = planes - planes.mean((2, 3), keepdim=True)
    return (centred.square().sum((2, 3), keepdim=True) / (planes[0, 0].numel() - 1)).sqrt()


def _coarse(plain: Tensor) -> Tensor:
    """(n, 1, h, w): the mean over a box of `_HIGH_PASS` around each place; borders are mirrored.

    Its rows are added up, then its columns: on a CPU pooling takes ten times as long.
    """
    reach, (height, width) = _HIGH_PASS // 2, plain.shape[2:]
    padded = functional.pad(plain, (reach,) * 4, mode="reflect")
    rows = functools.reduce(torch.add, (padded[:, :, row : row + height] for row in range(_HIGH_PASS)))
    total = functools.reduce(torch.add, (rows[..., column : column + width] for column in range(_HIGH_PASS)))
    return total / _HIGH_PASS**2


def _spectra(plain: Tensor) -> Tensor:
    """(n, 1, s, s) to (n, 2, s/4, s/4): the log power spectrum whole, and its lower half at twice the resolution."""
    size = plain.shape[-1]
    window = torch.hann_window(size, periodic=False, device=plain.device)
    spectrum = torch.fft.fft2(plain.float() * (window[:, None] * window[None]))
    power = torch.fft.fftshift(spectrum.real**2 + spectrum.imag**2, dim=(2, 3))
    inner = slice(size // 8, size // 2 - size // 8)
    whole, lower = functional.avg_pool2d(power, 4), functional.avg_pool2d(power, 2)[:, :, inner, inner]
    return torch.cat([torch.log(part + _FLOORS[1]) / 4 for part in (whole, lower)], 1)


def _tower(channels: int) -> nn.Sequential:
    """From a quarter of the crop's side to a 32nd."""
    layers: list[nn.Module] = [nn.Conv2d(channels, _WIDTHS[0], 5, 1, 2), nn.GELU(), Residual(_WIDTHS[0])]
    for narrow, wide in itertools.pairwise(_WIDTHS):
        layers += [nn.Conv2d(narrow, wide, 2, 2), Residual(wide)]
    return nn.Sequential(*layers)
