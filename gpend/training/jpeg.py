"""What JPEG does to a picture, for batches on any device (ITU-T T.81, with libjpeg's tables and sampling).

Nothing is written: blocks are transformed, quantised and transformed back. A real encoder's result is met within one
level (root mean square), and the quality of every picture in the batch may differ.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

UNTOUCHED = 0.0  # the quality that means: not compressed

_LUMA = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)  # table K.1
_CHROMA = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *(((99,) * 8,) * 4),
)  # table K.2
_TO_YCC = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))
_TO_RGB = ((1.0, 0.0, 1.402), (1.0, -0.344136, -0.714136), (1.0, 1.772, 0.0))
_BLOCK, _UNIT = 8, 16  # pixels of a block, and of a unit whose chroma is halved


def split(rgb: Tensor) -> tuple[Tensor, Tensor]:
    """RGB (n, 3, h, w), 0 to 1, as luma (n, 1, h, w) and chroma (n, 2, h, w) about 0, as JFIF defines them."""
    planes = torch.einsum("ij,njhw->nihw", rgb.new_tensor(_TO_YCC), rgb)
    return planes[:, :1].contiguous(), planes[:, 1:].contiguous()


def joined(luma: Tensor, chroma: Tensor) -> Tensor:
    """The way back from `split`: RGB (n, 3, h, w), whose values may lie beyond 0 and 1."""
    return torch.einsum("ij,njhw->nihw", luma.new_tensor(_TO_RGB), torch.cat([luma, chroma], 1))


def compressed(pictures: Tensor, quality: Tensor, halved: Tensor) -> Tensor:
    """Pictures (n, 3, h, w) RGB or (n, 1, h, w) grey, 0 to 1, as they come back from JPEG.

    `quality` (n,) is libjpeg's, 1 to 100, or UNTOUCHED; `halved` (n,) says whose chroma has half the resolution.
    """
    touched = (quality > UNTOUCHED).view(-1, 1, 1, 1)
    safe = torch.where(quality > UNTOUCHED, quality, 100.0)
    height, width = pictures.shape[2:]
    padding = (0, -width % _UNIT, 0, -height % _UNIT)
    levels = torch.round(functional.pad(pictures, padding, mode="replicate") * 255)
    if pictures.shape[1] == 1:
        back = _quantised(levels - 128, _table(_LUMA, safe)) + 128
    else:
        luma, chroma = split(levels)
        chroma = _chroma(torch.round(chroma), _table(_CHROMA, safe), halved)
        back = joined(_quantised(torch.round(luma) - 128, _table(_LUMA, safe)) + 128, chroma)
    result = torch.round(back).clamp(0, 255)[..., :height, :width] / 255
    return torch.where(touched, result, pictures)


def _chroma(chroma: Tensor, table: Tensor, halved: Tensor) -> Tensor:
    """Each picture's chroma at its own resolution; enlarged by libjpeg's triangle filter."""
    results = []
    if not bool(halved.all()):
        results.append(_quantised(chroma, table))
    if bool(halved.any()):
        small = _quantised(_halved(chroma), table)
        results.append(functional.interpolate(small, scale_factor=2, mode="bilinear", align_corners=False))
    return torch.where(halved.view(-1, 1, 1, 1), results[-1], results[0])


def _halved(chroma: Tensor) -> Tensor:
    """Averages of 2 x 2 whole levels, rounded up and down in turn as libjpeg does."""
    sums = functional.avg_pool2d(chroma, 2, divisor_override=1)
    bias = 1 + torch.arange(sums.shape[-1], device=sums.device) % 2
    return torch.floor((sums + bias) / 4)


def _table(base: tuple[tuple[int, ...], ...], quality: Tensor) -> Tensor:
    """Quantisation steps (n, 1, 1, 1, 8, 8) for libjpeg's quality."""
    scale = torch.where(quality < 50, torch.floor(5000 / quality), 200 - 2 * quality)  # noqa: PLR2004
    steps = torch.floor((quality.new_tensor(base)[None] * torch.floor(scale).view(-1, 1, 1) + 50) / 100)
    return steps.clamp(1, 255)[:, None, None, None]


def _quantised(planes: Tensor, table: Tensor) -> Tensor:
    """Planes (n, channels, h, w) of levels about 0, sides multiples of 8; values are rounded as a decoder does."""
    count, channels, height, width = planes.shape
    basis = _basis().to(planes)
    blocks = planes.view(count, channels, height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK).transpose(3, 4)
    exact = torch.round(basis @ blocks @ basis.T * 8) / 8  # libjpeg computes in eighths, so halves are frequent,
    coefficients = torch.sign(exact) * torch.floor(exact.abs() / table + 0.5) * table  # and it rounds them outwards
    back = (basis.T @ coefficients @ basis).transpose(3, 4)
    return torch.round(back.reshape(count, channels, height, width)).clamp(-128, 127)


def _basis() -> Tensor:
    """The orthonormal DCT of 8 samples, a row for each frequency."""
    places, frequencies = torch.arange(_BLOCK), torch.arange(_BLOCK)[:, None]
    waves = torch.cos((2 * places + 1) * frequencies * math.pi / (2 * _BLOCK)) / 2
    waves[0] /= math.sqrt(2)
    return waves
