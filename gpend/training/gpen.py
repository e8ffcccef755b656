"""GPEN as it learns: the modules of gpend.models.arch, computed so that gradients reach every weight.

What the shipped form multiplies in once, when it is prepared, is multiplied here at every step (equalised learning
rate, Karras et al. 2018; weight modulation, Karras et al. 2020).
"""

import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from gpend.models.arch.generator import FullGenerator
from gpend.models.arch.layers import EPSILON, GAIN, Bias, Blur, Convolution, EncoderLayer, Linear, normalise
from gpend.models.arch.modulated import ModulatedConvolution, PictureLayer, StyledLayer

_SLOPE = 0.2
_BLUR = (1.0, 3.0, 3.0, 1.0)
_DOUBLED = 4.0  # gain of a blur after pixels were spread to twice the resolution


class TrainableGpen(nn.Module):
    """A FullGenerator whose stored weights learn; its `network` has the published keys."""

    def __init__(self, size: int, channel_multiplier: int, narrow: float) -> None:
        super().__init__()
        self.network = FullGenerator(size, channel_multiplier, narrow)
        _initialise(self.network)
        self.network.requires_grad_(requires_grad=True)

    def forward(self, picture: Tensor) -> Tensor:
        """RGB (count, 3, size, size), 0 to 1, to the same, restored; values may go slightly beyond."""
        features, encoded = picture * 2 - 1, []
        stages = [stage for name, stage in self.network.named_children() if name.startswith("ecd")]
        for stage in stages:
            features = _encoded(cast("EncoderLayer", cast("nn.Sequential", stage)[0]), features)
            encoded.append(features)
        code = _linear(cast("Linear", self.network.final_linear[0]), features.float().flatten(1))
        return self._decoded(code, encoded[::-1]) / 2 + 0.5

    def _decoded(self, code: Tensor, encoded: list[Tensor]) -> Tensor:
        decoder = self.network.generator
        latent = normalise(code)
        for mapping in decoder.style[1:]:
            latent = _linear(cast("Linear", mapping), latent)
        features = decoder.input.input.expand(len(code), -1, -1, -1)
        features = _styled(decoder.conv1, features, latent, encoded[0])
        picture = _picture(decoder.to_rgb1, features, latent, None)
        for index, to_rgb in enumerate(decoder.to_rgbs):
            for half in (0, 1):
                layer = cast("StyledLayer", decoder.convs[2 * index + half])
                features = _styled(layer, features, latent, encoded[index + 1])
            picture = _picture(cast("PictureLayer", to_rgb), features, latent, picture)
        return picture


def _activated(features: Tensor) -> Tensor:
    return functional.leaky_relu(features, _SLOPE) * GAIN


def _linear(layer: Linear, features: Tensor, *, activated: bool = True) -> Tensor:
    rate = layer._rate  # noqa: SLF001 - the module's own constant, which only its prepared form tells
    scale = rate / math.sqrt(layer.weight.shape[1])
    out = functional.linear(features, layer.weight * scale, layer.bias * rate)
    return _activated(out) if activated else out


def _encoded(layer: EncoderLayer, features: Tensor) -> Tensor:
    *blur, convolution, activation = layer
    stored = cast("Convolution", convolution).weight
    weight = stored / math.sqrt(stored[0].numel())
    bias = cast("Bias", activation).bias
    if blur:
        features = _blurred(cast("Blur", blur[0]), features, 2)
    return _activated(functional.conv2d(features, weight, bias, stride=2 if blur else 1))


def _styled(layer: StyledLayer, features: Tensor, latent: Tensor, encoded: Tensor) -> Tensor:
    style = _linear(layer.conv.modulation, latent, activated=False)
    weight = layer.conv.weight[0] / math.sqrt(layer.conv.weight[0, 0].numel())
    scaled = features * style.to(features.dtype)[:, :, None, None]
    if layer.conv.blur is None:
        own = functional.conv2d(scaled, weight, padding=weight.shape[-1] // 2)
    else:
        own = _blurred(layer.conv.blur, functional.conv_transpose2d(scaled, weight.transpose(0, 1), stride=2), 1)
    demodulation = torch.rsqrt(style.float().square() @ weight.float().square().sum((2, 3)).t() + EPSILON)
    both = torch.cat([own * demodulation.to(own.dtype)[:, :, None, None], encoded * layer.noise.weight], 1)
    return _activated(both + layer.activate.bias[None, :, None, None])


def _picture(layer: PictureLayer, features: Tensor, latent: Tensor, before: Tensor | None) -> Tensor:
    style = _linear(layer.conv.modulation, latent, activated=False)
    weight = layer.conv.weight[0] / math.sqrt(layer.conv.weight[0, 0].numel())
    picture = functional.conv2d(features * style.to(features.dtype)[:, :, None, None], weight).float() + layer.bias
    if before is None or layer.upsample is None:
        return picture
    kernel = layer.upsample.kernel.expand(3, 1, 4, 4)
    return picture + functional.conv_transpose2d(before, kernel, stride=2, padding=1, groups=3)


def _blurred(blur: Blur, features: Tensor, padding: int) -> Tensor:
    channels = features.shape[1]
    kernel = blur.kernel.to(features.dtype).expand(channels, 1, 4, 4)
    return functional.conv2d(features, kernel, padding=padding, groups=channels)


@torch.no_grad()
def _initialise(network: nn.Module) -> None:
    """As published: unit normal weights, styles that begin at one, no features from the encoder."""
    for module in network.modules():
        if isinstance(module, Linear):
            module.weight.normal_().div_(module._rate)  # noqa: SLF001 - as above
        elif isinstance(module, Convolution | ModulatedConvolution):
            module.weight.normal_()
        elif isinstance(module, Blur):
            module.kernel.copy_(_smooth())
    for name, values in (*network.named_parameters(), *network.named_buffers()):
        if name.endswith(("modulation.bias", "input.input")):
            values.fill_(1)
        elif name.endswith(("bias", "noise.weight")):
            values.zero_()
        elif name.endswith("kernel") and "generator" in name:
            values.mul_(_DOUBLED)


def _smooth() -> Tensor:
    line = torch.tensor(_BLUR)
    return torch.outer(line, line) / line.sum() ** 2
