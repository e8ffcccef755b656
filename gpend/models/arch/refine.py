"""The network that takes ringing and noise out of a filtered face: a U-Net on luma, with chroma at half resolution.

It is given the photo's luma and two Wiener results of it, and answers with a mixture of the three, whose weights it
finds for every place, and a correction. Sharpness is seen in luma; chroma follows luma's edges at half resolution.
"""

from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from gpend.models.arch.kernel import Residual

WIDTHS = (48, 96, 160, 192)  # channels at a quarter, an eighth, a sixteenth and a 32nd of the crop's side
STEP = 32  # a crop's side must be a multiple of this
_FOLD = 4  # luma is unshuffled by this
_LUMA, _CHROMA, _WEIGHTS = 16, 8, 12  # output planes: luma's correction, chroma's, the mixture at half resolution
_PLACES = 8  # places along a 256 px crop that the network knows apart
_AT_FIRST = (2.0, 0.0, 1.0)  # logits of photo, weak and strong in the mixture before any training


class RefineNetwork(nn.Module):
    """Luma and chroma of the photo and two filtered lumas to the refined luma and chroma."""

    def __init__(self, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        steps = list(pairwise(widths))
        self.first = nn.Conv2d(3 * _LUMA + _CHROMA, widths[0], 3, 1, 1)
        self.encoders = nn.ModuleList(nn.Sequential(Residual(narrow)) for narrow, _ in steps)
        self.downs = nn.ModuleList(nn.Conv2d(narrow, wide, 2, 2) for narrow, wide in steps)
        self.ups = nn.ModuleList(nn.Conv2d(wide, narrow * 4, 1) for narrow, wide in steps)
        self.decoders = nn.ModuleList(nn.Sequential(Residual(narrow)) for narrow, _ in steps)
        self.middle = nn.Sequential(Residual(widths[-1]), Residual(widths[-1]))
        self.position = nn.Parameter(torch.zeros(1, widths[-1], _PLACES, _PLACES))
        self.last = nn.Conv2d(widths[0], _LUMA + _WEIGHTS + _CHROMA + 1, 3, 1, 1)
        self._begin()

    def forward(
        self, luma: Tensor, chroma: Tensor, weak: Tensor, strong: Tensor, at: tuple[int, int] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Luma (n, 1, h, w), 0 to 1, and chroma (n, 2, h, w) about 0 (JFIF's), refined; h and w multiples of STEP.

        `weak` and `strong` are Wiener results of luma. Without `at`, the crop is the whole aligned face; with it, a
        part of a 256 px face that begins `at` (row, column) times STEP.
        """
        half = _halved(chroma)
        lumas = torch.cat([luma, weak, strong], 1)
        planes = torch.cat(
            [functional.pixel_unshuffle(lumas * 2 - 1, _FOLD), functional.pixel_unshuffle(half * 2, 2)], 1
        )
        planes = planes.to(self.first.weight.dtype, memory_format=torch.channels_last)
        found = self.last(self._features(planes, at)).float()
        correction, logits, tint, finest = found.split([_LUMA, _WEIGHTS, _CHROMA, 1], 1)
        weights = _enlarged(torch.softmax(functional.pixel_shuffle(logits, 2), 1), 2)
        refined = (lumas * weights).sum(1, keepdim=True) + functional.pixel_shuffle(correction, _FOLD)
        kept = _enlarged(torch.sigmoid(finest), _FOLD)  # how much of chroma's own finest detail stays
        coarse = _enlarged(half + functional.pixel_shuffle(tint, 2), 2)
        return refined, coarse + kept * (chroma - _enlarged(half, 2))

    def _features(self, planes: Tensor, at: tuple[int, int] | None) -> Tensor:
        """Down, through the middle, and up again with what each level had."""
        features: Tensor = self.first(planes)
        levels = []
        for encoder, down in zip(self.encoders, self.downs, strict=True):
            features = encoder(features)
            levels.append(features)
            features = down(features)
        features = self.middle(features + self._position(features, at))
        for up, decoder, level in zip(reversed(self.ups), reversed(self.decoders), reversed(levels), strict=True):
            features = decoder(functional.pixel_shuffle(up(features), 2) + level)
        return features

    def _position(self, features: Tensor, at: tuple[int, int] | None) -> Tensor:
        """What the network knows of the places under `features`: eyes above, a mouth below."""
        height, width = features.shape[2:]
        if at is not None:
            return self.position[:, :, at[0] : at[0] + height, at[1] : at[1] + width]
        if (height, width) == (_PLACES, _PLACES):
            return self.position
        return functional.interpolate(self.position, (height, width), mode="bilinear", align_corners=False)

    @torch.no_grad()
    def _begin(self) -> None:
        """Nothing is corrected at first, and the photo weighs most."""
        bias = cast("Tensor", self.last.bias)
        self.last.weight.zero_()
        bias.zero_()
        for index, logit in enumerate(_AT_FIRST):
            bias[_LUMA + 4 * index : _LUMA + 4 * (index + 1)] = logit
        bias[-1] = 1.0


def _halved(planes: Tensor) -> Tensor:
    """The mean of each four neighbours of (n, channels, h, w): on a CPU pooling takes five times as long."""
    upper, lower = planes[:, :, ::2], planes[:, :, 1::2]
    return (upper[..., ::2] + upper[..., 1::2] + lower[..., ::2] + lower[..., 1::2]) / 4


def _enlarged(planes: Tensor, factor: int) -> Tensor:
    return functional.interpolate(planes, scale_factor=factor, mode="bilinear", align_corners=False)
