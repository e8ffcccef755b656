"""Convolutions that activate what they compute in the same pass, for CPUs; oneDNN, which PyTorch brings, does it.

A leaky ReLU by itself is a pass over all features, which takes as long as a small convolution. The operators are those
that torch.compile puts in; they are no public interface, so whoever uses this tries it first and can do without.
"""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

_CPUINFO = Path("/proc/cpuinfo")
_BFLOAT16 = "avx512_bf16"  # what Linux calls it; older processors only imitate it, and slowly


def computes_in_bfloat16(cpuinfo: Path = _CPUINFO) -> bool:
    """Whether the processor multiplies bfloat16 by itself."""
    try:
        text = cpuinfo.read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return any(_BFLOAT16 in line.split() for line in text.splitlines() if line.startswith("flags"))


class FusedConvolution(nn.Module):
    """A convolution with its bias and the leaky ReLU after it, on (count, channels, height, width) of its type."""

    def __init__(self, convolution: nn.Conv2d, slope: float | None, dtype: torch.dtype) -> None:
        """`slope` of the leaky ReLU, 0 for a plain one, None for none. Raises RuntimeError where oneDNN has no such."""
        super().__init__()
        place = (convolution.padding, convolution.stride, convolution.dilation, convolution.groups)
        self._weight = torch.ops.mkldnn._reorder_convolution_weight(  # noqa: SLF001 - see above
            convolution.weight.detach().to(dtype), *place, None
        )
        self._bias = None if convolution.bias is None else convolution.bias.detach().to(dtype)
        self._place = place
        self._activation = ("none", []) if slope is None else ("leaky_relu", [slope]) if slope else ("relu", [])

    def forward(self, features: Tensor) -> Tensor:
        """(count, inputs, h, w) to (count, outputs, h, w), as the convolution and its activation would give it."""
        computed: Tensor = torch.ops.mkldnn._convolution_pointwise(  # noqa: SLF001 - see above
            features, self._weight, self._bias, *self._place, *self._activation, ""
        )
        return computed


@torch.no_grad()
def fused(network: nn.Module, dtype: torch.dtype) -> nn.Module:
    """A copy of a network on the CPU that computes in `dtype`, its convolutions in sequences fused.

    Batch norms must have been multiplied in before. Raises RuntimeError or AttributeError where oneDNN cannot do it.
    """
    twin = copy.deepcopy(network).to(dtype)
    for block in twin.modules():
        if isinstance(block, nn.Sequential):
            for index, slope in list(_followed(block)):
                block[index] = FusedConvolution(cast("nn.Conv2d", block[index]), slope, dtype)
    return twin


def _followed(block: nn.Sequential) -> Iterator[tuple[int, float | None]]:
    """The place of every convolution, and the slope of the activation that follows it, which is taken out."""
    layers = list(block)
    for index, layer in enumerate(layers):
        if isinstance(layer, nn.Conv2d):
            after = next((at for at in range(index + 1, len(layers)) if not isinstance(layers[at], nn.Identity)), -1)
            slope = _slope(layers[after]) if after > 0 else None
            if slope is not None:
                block[after] = nn.Identity()
            yield index, slope


def _slope(layer: nn.Module) -> float | None:
    if isinstance(layer, nn.LeakyReLU):
        return float(layer.negative_slope)
    return 0.0 if isinstance(layer, nn.ReLU) else None
