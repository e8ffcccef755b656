"""GPEN's FullGenerator: an encoder whose features steer a StyleGAN2 decoder, for any side from 64 to 2048.

With a picture larger than what the encoder sees it is the published FullGenerator_SR.
"""

import copy
from collections.abc import Iterator
from itertools import pairwise
from typing import Self, cast

import torch
from torch import Tensor, nn

from gpend.models.arch.layers import EncoderLayer, Form, Linear, normalise
from gpend.models.arch.modulated import PictureLayer, StyledLayer
from gpend.models.arch.widths import channel_widths

_STYLE = 512  # features of the latent
_MAPPINGS = 8  # layers from the encoder's code to the latent
_MAPPING_RATE = 0.01  # their weights are stored 100 times too large
_FIRST_SIDE = 4
_FINE_FROM = 64  # side of the picture from which bfloat16 is exact enough


class Normalise(nn.Module):
    """The first of the mapping layers."""

    def forward(self, code: Tensor) -> Tensor:
        """Each row of (count, features) to a mean square of one."""
        return normalise(code)


class Decoder(nn.Module):
    """From the encoder's code and features to the picture (`generator` in the published code)."""

    def __init__(self, widths: dict[int, int]) -> None:
        super().__init__()
        sides = sorted(widths)
        self.style = nn.Sequential(Normalise(), *(Linear(_STYLE, _STYLE, rate=_MAPPING_RATE) for _ in range(_MAPPINGS)))
        self.input = _Constant(widths[_FIRST_SIDE])
        self.conv1 = StyledLayer(widths[_FIRST_SIDE], widths[_FIRST_SIDE], _STYLE)
        self.to_rgb1 = PictureLayer(2 * widths[_FIRST_SIDE], _STYLE, upsample=False)
        self.convs = nn.ModuleList()
        self.to_rgbs = nn.ModuleList()
        for smaller, side in pairwise(sides):
            self.convs.append(StyledLayer(2 * widths[smaller], widths[side], _STYLE, upsample=True, seed=2 * side))
            self.convs.append(StyledLayer(2 * widths[side], widths[side], _STYLE, seed=2 * side + 1))
            self.to_rgbs.append(PictureLayer(2 * widths[side], _STYLE))

    def fine(self) -> Iterator[nn.Module]:
        """The convolutions of the larger pictures, where most of the work is and errors go no further."""
        for index, layer in enumerate(self.convs):
            if _FIRST_SIDE * 2 ** (index // 2 + 1) >= _FINE_FROM:
                yield from cast("StyledLayer", layer).conv.modules()

    def forward(self, code: Tensor, encoded: list[Tensor]) -> Tensor:
        """`code` (count, 512) and the encoder's features, smallest side first, to RGB around [-1, 1].

        Above the side of the last of them noise takes their place.
        """
        latent = self.style(code)
        features = self.input.input.expand(code.shape[0], -1, -1, -1)
        features = self.conv1(features, latent, encoded[0])
        picture: Tensor = self.to_rgb1(features, latent, None)
        for index, to_rgb in enumerate(self.to_rgbs):
            beside = encoded[index + 1] if index + 1 < len(encoded) else None
            features = self.convs[2 * index](features, latent, beside)
            features = self.convs[2 * index + 1](features, latent, beside)
            picture = to_rgb(features, latent, picture)
        return picture


class FullGenerator(nn.Module):
    """The published network, key for key: load a checkpoint with `strict=True`, then `prepare` once, then call.

    `size` is the side of the pictures, a power of two from 64; `channel_multiplier` and `narrow` set the width.
    `seen` is the side of what it is given, where that is smaller.
    """

    def __init__(self, size: int, channel_multiplier: int, narrow: float, seen: int | None = None) -> None:
        super().__init__()
        widths = channel_widths(size, channel_multiplier, narrow)
        seen = seen or size
        sides = sorted((side for side in widths if side <= seen), reverse=True)
        self._encoders = len(sides)
        self.ecd0 = nn.Sequential(EncoderLayer(3, widths[seen], 1, downsample=False))
        for number, (side, smaller) in enumerate(pairwise(sides), 1):
            layer = EncoderLayer(widths[side], widths[smaller], 3, downsample=True)
            self.add_module(f"ecd{number}", nn.Sequential(layer))
        self.final_linear = nn.Sequential(Linear(widths[_FIRST_SIDE] * _FIRST_SIDE**2, _STYLE))
        self.generator = Decoder(widths)

    @torch.no_grad()
    def prepare(self, form: Form) -> Self:
        """Turn the loaded weights, once and in place, into what the forward pass reads. Returns the network itself."""
        for module in self.modules():
            if isinstance(module, EncoderLayer | StyledLayer | PictureLayer):
                module.prepare(form)
        for mapping in (*self.final_linear, *self.generator.style):
            if isinstance(mapping, Linear):
                mapping.prepare()
        return self.eval()

    def narrowed(self, dtype: torch.dtype) -> Self:
        """A copy of a prepared network whose convolutions run in `dtype`; styles and demodulation stay float32.

        bfloat16's steps are eight times as coarse as float16's: in it only those layers run whose errors stay small.
        """
        twin = copy.deepcopy(self)
        for module in twin.generator.fine() if dtype is torch.bfloat16 else twin.modules():
            if not isinstance(module, Linear):
                for name, tensor in (*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)):
                    tensor.data = tensor.data if name == "energy" else tensor.data.to(dtype)
        return twin

    def forward(self, picture: Tensor) -> Tensor:
        """Float32 RGB (count, 3, seen, seen) in [-1, 1] to (count, 3, size, size); values may go slightly beyond."""
        encoded = []
        features = picture.to(next(self.ecd0.parameters()).dtype)
        for number in range(self._encoders):
            features = self.get_submodule(f"ecd{number}")(features)
            encoded.append(features)
        flat = features.contiguous(memory_format=torch.contiguous_format).flatten(1).float()
        output: Tensor = self.generator(self.final_linear(flat), encoded[::-1])
        return output.float()


class _Constant(nn.Module):
    """The learnt 4 x 4 features that every picture begins with."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.input = nn.Parameter(torch.empty(1, channels, _FIRST_SIDE, _FIRST_SIDE), requires_grad=False)
