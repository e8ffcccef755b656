"""The generator's layers: convolutions whose channels are weighed by the style, and the picture made of them."""

import math
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from gpend.models.arch.layers import EPSILON, GAIN, Bias, Blur, Form, Linear, activate, blurred, empty, replaced


class ModulatedConvolution(nn.Module):
    """A convolution of inputs scaled by the style; with `upsample`, at twice the resolution."""

    energy: Tensor

    def __init__(self, inputs: int, outputs: int, side: int, style: int, *, upsample: bool = False) -> None:
        super().__init__()
        self.weight = empty(1, outputs, inputs, side, side)
        self.modulation = Linear(style, inputs, activated=False)
        self.blur = Blur() if upsample else None
        self._form = Form.PLAIN

    def prepare(self, form: Form, gain: float) -> None:
        """Multiply scale and gain in, sum the table that the demodulation reads, and fold the blur in if fused."""
        self.modulation.prepare()
        values = self.weight[0] / math.sqrt(self.weight[0, 0].numel())
        self.register_buffer("energy", values.square().sum((2, 3)).t().contiguous(), persistent=False)
        values = values * gain
        if self.blur is not None:
            values = values.transpose(0, 1)
            if form is Form.FUSED:
                values = blurred(values, self.blur.kernel)
            else:
                self.blur.prepare(values.shape[1])
        self._form = form
        self.weight = replaced(values)

    def forward(self, features: Tensor, style: Tensor) -> Tensor:
        """(count, inputs, side, side) and the layer's own style (count, inputs), not yet demodulated."""
        scaled = (features * style.to(features.dtype)[:, :, None, None]).to(self.weight.dtype)
        if self.blur is None:
            return functional.conv2d(scaled, self.weight, padding=self.weight.shape[-1] // 2)
        if self._form is Form.FUSED:
            return functional.conv_transpose2d(scaled, self.weight, stride=2, padding=2)
        return cast("Tensor", self.blur(functional.conv_transpose2d(scaled, self.weight, stride=2), padding=1))

    def demodulation(self, style: Tensor) -> Tensor:
        """(count, inputs) to (count, outputs): what brings every output channel back to unit variance."""
        return torch.rsqrt(style.square() @ self.energy + EPSILON)


class NoiseWeight(nn.Module):
    """How strongly the encoder's features enter beside the generator's own."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = empty(1)


def free_noise(shape: Sequence[int], seed: int) -> Tensor:
    """Normal noise (1, ...) for features (count, ...) of this shape, the same for every face and on every machine."""
    random = torch.Generator().manual_seed(seed)
    return torch.randn(1, *shape[1:], generator=random)


class StyledLayer(nn.Module):
    """A modulated convolution, joined by the encoder's features ("noise" in the published code) and activated.

    Where the encoder has none, above its own resolution, noise stands in for them; `seed` makes it.
    """

    def __init__(self, inputs: int, outputs: int, style: int, *, upsample: bool = False, seed: int = 0) -> None:
        super().__init__()
        self._seed = seed
        self._kept_noise: Tensor | None = None
        self.conv = ModulatedConvolution(inputs, outputs, 3, style, upsample=upsample)
        self.noise = NoiseWeight()
        self.activate = Bias(2 * outputs)

    def prepare(self, form: Form) -> None:
        """Multiply scales and gain in."""
        self._form = form
        self.conv.prepare(form, GAIN)
        self.noise.weight.mul_(GAIN)
        self.activate.bias.mul_(GAIN)

    def forward(self, features: Tensor, latent: Tensor, encoded: Tensor | None) -> Tensor:
        """(count, inputs, side, side) to (count, 2 x outputs, ...): the layer's own half first, then the encoder's."""
        style = self.conv.modulation(latent)
        own = self.conv(features, style)
        demodulation = self.conv.demodulation(style).to(features.dtype)[:, :, None, None]
        if encoded is None:
            encoded = self._noise(own, features.dtype).expand(own.shape)
        join = _joined_at_once if self._form is Form.FUSED else _joined
        return activate(join(own, demodulation, encoded, self.noise.weight, self.activate.bias[None, :, None, None]))

    def _noise(self, own: Tensor, dtype: torch.dtype) -> Tensor:
        """Made once on a graphics card: it costs more than the layer, and cannot be part of recorded kernels."""
        if self._kept_noise is not None and self._kept_noise.dtype == dtype:
            return self._kept_noise
        noise = free_noise(own.shape, self._seed).to(own.device, dtype)
        self._kept_noise = noise if own.is_cuda else None  # the CPU's memory is dearer than its time
        return noise


def _joined(own: Tensor, own_scale: Tensor, encoded: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    """Both halves scaled, with their bias: copied together first, as a CPU is slow where it skips channels."""
    scales = torch.cat((own_scale, scale.expand_as(own_scale)), 1)
    return torch.cat((own, encoded), 1).mul_(scales).add_(bias)


def _joined_at_once(own: Tensor, own_scale: Tensor, encoded: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    """The same in as few passes as can be."""
    outputs = own.shape[1]
    shape = (own.shape[0], 2 * outputs, *own.shape[2:])
    both = torch.empty(shape, dtype=encoded.dtype, device=own.device, memory_format=torch.channels_last)
    torch.addcmul(bias[:, :outputs], own.to(both.dtype), own_scale, out=both[:, :outputs])
    torch.addcmul(bias[:, outputs:], encoded, scale, out=both[:, outputs:])
    return both


class PictureLayer(nn.Module):
    """Red, green and blue read from the features and added to the picture so far (ToRGB in the published code)."""

    def __init__(self, inputs: int, style: int, *, upsample: bool = True) -> None:
        super().__init__()
        self.bias = empty(1, 3, 1, 1)
        self.conv = ModulatedConvolution(inputs, 3, 1, style)
        self.upsample = Blur() if upsample else None

    def prepare(self, form: Form) -> None:
        """Multiply the scale in."""
        self.conv.prepare(form, 1.0)
        if self.upsample is not None:
            self.upsample.prepare(3)

    def forward(self, features: Tensor, latent: Tensor, before: Tensor | None) -> Tensor:
        """The picture (count, 3, side, side) after this layer; `before` has half the side."""
        style = self.conv.modulation(latent).to(features.dtype)
        weights = self.conv.weight[None, :, :, 0, 0] * style[:, None, :]
        count, inputs, height, width = features.shape
        pixels = features.permute(0, 2, 3, 1).reshape(count, height * width, inputs) @ weights.transpose(1, 2)
        picture: Tensor = pixels.view(count, height, width, 3).permute(0, 3, 1, 2) + self.bias
        if before is None or self.upsample is None:
            return picture
        return picture + self.upsample.upsample(before)
