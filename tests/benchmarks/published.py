"""GPEN computed the way that the published code computes it: a weight tensor for every sample, grouped convolutions.

Written from the architecture, to be compared with: gpend.models.arch computes the same values another way.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

_GAIN = math.sqrt(2.0)


class PublishedForm:
    """The generator over a checkpoint's tensors, by their published keys."""

    def __init__(self, tensors: dict[str, Tensor]) -> None:
        self._tensors = tensors
        self._encoders = sum(key.startswith("ecd") and key.endswith(".bias") for key in tensors)

    def __call__(self, picture: Tensor) -> Tensor:
        """RGB (count, 3, size, size) in [-1, 1] to the same."""
        encoded = []
        for number in range(self._encoders):
            picture = self._encode(f"ecd{number}.0", picture)
            encoded.append(picture)
        latent = self._latent(picture.flatten(1))
        encoded.reverse()
        count = len(picture)
        features = self._styled(
            "generator.conv1", self._of("generator.input.input").repeat(count, 1, 1, 1), latent, encoded[0]
        )
        skip = self._rgb("generator.to_rgb1", features, latent)
        for index, noise in enumerate(encoded[1:]):
            features = self._styled(f"generator.convs.{2 * index}", features, latent, noise)
            features = self._styled(f"generator.convs.{2 * index + 1}", features, latent, noise)
            kernel = self._of(f"generator.to_rgbs.{index}.upsample.kernel")
            larger = functional.conv_transpose2d(skip, kernel.expand(3, 1, 4, 4), stride=2, padding=1, groups=3)
            skip = self._rgb(f"generator.to_rgbs.{index}", features, latent) + larger
        return skip

    def _of(self, key: str) -> Tensor:
        return self._tensors[key]

    def _encode(self, name: str, features: Tensor) -> Tensor:
        first = 1 if f"{name}.0.kernel" in self._tensors else 0
        weight = self._of(f"{name}.{first}.weight")
        if first:
            features = _blurred(functional.pad(features, (2, 2, 2, 2)), self._of(f"{name}.0.kernel"))
        out = functional.conv2d(features, weight / math.sqrt(weight[0].numel()), stride=1 + first)
        return _activated(out, self._of(f"{name}.{first + 1}.bias"))

    def _latent(self, flat: Tensor) -> Tensor:
        latent = _activated(self._linear("final_linear.0", flat, 1.0), self._of("final_linear.0.bias"))
        latent = latent * torch.rsqrt(latent.square().mean(1, keepdim=True) + 1e-8)
        for number in range(1, 9):
            name = f"generator.style.{number}"
            latent = _activated(self._linear(name, latent, 0.01), self._of(f"{name}.bias") * 0.01)
        return latent

    def _linear(self, name: str, features: Tensor, rate: float) -> Tensor:
        weight = self._of(f"{name}.weight")
        return functional.linear(features, weight * (rate / math.sqrt(weight.shape[1])))

    def _modulated(self, name: str, features: Tensor, latent: Tensor, *, demodulate: bool) -> Tensor:
        style = self._linear(f"{name}.modulation", latent, 1.0) + self._of(f"{name}.modulation.bias")
        shared = self._of(f"{name}.weight")
        weight = shared / math.sqrt(shared[0, 0].numel()) * style[:, None, :, None, None]
        if demodulate:
            weight = weight * torch.rsqrt(weight.square().sum((2, 3, 4), keepdim=True) + 1e-8)
        count, outputs, inputs, side, _ = weight.shape
        grouped = features.reshape(1, count * inputs, *features.shape[2:])
        if f"{name}.blur.kernel" in self._tensors:
            weight = weight.transpose(1, 2).reshape(count * inputs, outputs, side, side)
            out = functional.conv_transpose2d(grouped, weight, stride=2, groups=count)
            out = out.view(count, outputs, *out.shape[2:])
            return _blurred(functional.pad(out, (1, 1, 1, 1)), self._of(f"{name}.blur.kernel"))
        out = functional.conv2d(grouped, weight.view(-1, inputs, side, side), padding=side // 2, groups=count)
        return out.view(count, outputs, *out.shape[2:])

    def _styled(self, name: str, features: Tensor, latent: Tensor, noise: Tensor) -> Tensor:
        own = self._modulated(f"{name}.conv", features, latent, demodulate=True)
        joined = torch.cat((own, self._of(f"{name}.noise.weight") * noise), 1)
        return _activated(joined, self._of(f"{name}.activate.bias"))

    def _rgb(self, name: str, features: Tensor, latent: Tensor) -> Tensor:
        return self._modulated(f"{name}.conv", features, latent, demodulate=False) + self._of(f"{name}.bias")


def _blurred(features: Tensor, kernel: Tensor) -> Tensor:
    count, channels, height, width = features.shape
    out = functional.conv2d(features.reshape(count * channels, 1, height, width), kernel[None, None])
    return out.view(count, channels, *out.shape[2:])


def _activated(features: Tensor, bias: Tensor) -> Tensor:
    shape = (1, -1, 1, 1) if features.dim() == 4 else (1, -1)
    return functional.leaky_relu(features + bias.view(shape), 0.2) * _GAIN
