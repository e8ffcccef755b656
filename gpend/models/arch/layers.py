"""The layers of GPEN in shared-weight form, holding the parameters of the published ones under the same names.

A layer is loaded with published weights; `prepare` then turns them once, in place, into what its forward pass reads:
scales, gains and blurs are multiplied in. The values are those of the published layers (GPEN, Yang et al. 2021, on
StyleGAN2, Karras et al. 2020): to scale the inputs by the style and the outputs by the demodulation is the same as to
scale a weight tensor for every sample, and it keeps one weight tensor for a whole batch.
"""

import math
from enum import StrEnum
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

GAIN = math.sqrt(2.0)  # of every activation; a leaky ReLU is homogeneous, so what comes before it takes the gain
_SLOPE = 0.2
EPSILON = 1e-8


class Form(StrEnum):
    """How a change of resolution is computed; the values are equal, the speed is not."""

    PLAIN = "plain"  # a 3 x 3 convolution and a blur, one after the other: best on a CPU
    FUSED = "fused"  # the blur folded into a 6 x 6 kernel: more arithmetic, fewer passes, best on a GPU


def normalise(latent: Tensor) -> Tensor:
    """Each row of (count, features) to a mean square of one."""
    return latent * torch.rsqrt(latent.square().mean(1, keepdim=True) + EPSILON)


def activate(features: Tensor) -> Tensor:
    """Leaky ReLU of (count, channels, h, w) or (count, features), in place; bias and gain are in already."""
    return functional.leaky_relu_(features, _SLOPE)


def empty(*shape: int) -> nn.Parameter:
    """A parameter that a checkpoint will fill."""
    return nn.Parameter(torch.empty(*shape), requires_grad=False)


def replaced(values: Tensor) -> nn.Parameter:
    """A parameter of any shape, in the memory layout that convolutions are fastest in."""
    if values.dim() == 4:  # noqa: PLR2004 - the layout is defined for these alone
        values = values.contiguous(memory_format=torch.channels_last)
    return nn.Parameter(values, requires_grad=False)


def blurred(kernels: Tensor, blur: Tensor) -> Tensor:
    """(a, b, 3, 3) kernels followed by a 4 x 4 blur, as (a, b, 6, 6) kernels."""
    first, second = kernels.shape[:2]
    return functional.conv2d(kernels.reshape(-1, 1, 3, 3), blur[None, None], padding=3).view(first, second, 6, 6)


class Blur(nn.Module):
    """The fixed 4 x 4 kernel, as the checkpoints store it."""

    kernel: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("kernel", torch.empty(4, 4))

    def prepare(self, channels: int) -> None:
        """One copy of the kernel for each channel, for a depthwise convolution."""
        self.kernel = self.kernel.expand(channels, 1, 4, 4).contiguous(memory_format=torch.channels_last)

    def forward(self, features: Tensor, padding: int) -> Tensor:
        """Blur every channel of (count, channels, h, w) by itself; the sides grow by 2 x padding - 3."""
        return functional.conv2d(features, self.kernel, padding=padding, groups=self.kernel.shape[0])

    def upsample(self, image: Tensor) -> Tensor:
        """(count, channels, 2 * h, 2 * w) of (count, channels, h, w)."""
        return functional.conv_transpose2d(image, self.kernel, stride=2, padding=1, groups=self.kernel.shape[0])


class Convolution(nn.Module):
    """The weight of a convolution, as an encoder layer stores it."""

    def __init__(self, inputs: int, outputs: int, side: int) -> None:
        super().__init__()
        self.weight = empty(outputs, inputs, side, side)


class Bias(nn.Module):
    """The bias of an activation, as encoder and generator layers store it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = empty(channels)


class Linear(nn.Module):
    """A fully connected layer whose stored weights are to be scaled; computed in float32 whatever the rest is in."""

    def __init__(self, inputs: int, outputs: int, rate: float = 1.0, *, activated: bool = True) -> None:
        super().__init__()
        self.weight = empty(outputs, inputs)
        self.bias = empty(outputs)
        self._rate = rate
        self._activated = activated

    def prepare(self) -> None:
        """Multiply the scales in."""
        gain = self._rate * (GAIN if self._activated else 1.0)
        self.weight.mul_(gain / math.sqrt(self.weight.shape[1]))
        self.bias.mul_(gain)

    def forward(self, features: Tensor) -> Tensor:
        """(count, inputs) to (count, outputs)."""
        out = functional.linear(features, self.weight, self.bias)
        return activate(out) if self._activated else out


class EncoderLayer(nn.Sequential):
    """A convolution with its activation, at half the resolution if it begins with a blur."""

    def __init__(self, inputs: int, outputs: int, side: int, *, downsample: bool) -> None:
        super().__init__(*([Blur()] if downsample else []), Convolution(inputs, outputs, side), Bias(outputs))
        self._form = Form.PLAIN

    def prepare(self, form: Form) -> None:
        """Multiply scale and gain in; in the fused form, fold the blur into the kernel."""
        values = self._convolution.weight * (GAIN / math.sqrt(self._convolution.weight[0].numel()))
        if self._blur is not None and form is Form.FUSED:
            values = blurred(values, self._blur.kernel)
        elif self._blur is not None:
            self._blur.prepare(values.shape[1])
        self._form = form
        self._convolution.weight = replaced(values)
        self._activation.bias.mul_(GAIN)

    def forward(self, features: Tensor) -> Tensor:
        """(count, inputs, side, side) to (count, outputs, side, side), or half the side after a blur."""
        weight, bias = self._convolution.weight, self._activation.bias
        if self._blur is None:
            out = functional.conv2d(features, weight, bias)
        elif self._form is Form.FUSED:
            out = functional.conv2d(features, weight, bias, stride=2, padding=2)
        else:
            out = functional.conv2d(self._blur(features, padding=2), weight, bias, stride=2)
        return activate(out)

    @property
    def _blur(self) -> Blur | None:
        return cast("Blur", self[0]) if len(self) == 3 else None  # noqa: PLR2004 - blur, convolution, activation

    @property
    def _convolution(self) -> Convolution:
        return cast("Convolution", self[-2])

    @property
    def _activation(self) -> Bias:
        return cast("Bias", self[-1])
