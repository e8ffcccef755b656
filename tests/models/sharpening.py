"""A GPEN in the published form that really helps: its weights make an unsharp mask, at any size and width.

The encoder hands the picture on from side to side, each channel and its negative, since a leaky ReLU of both tells the
value again. The decoder's last picture layer reads it at full size, and an earlier one, with a negative weight, at a
smaller side: what is enlarged of that is the picture without its detail. All other weights keep their seeded values,
and reach nothing.
"""

import math

import torch
from torch import Tensor

from gpend.models.arch.generator import FullGenerator
from gpend.models.recognise import Shape
from tests.models.conformance import weights

_COLOURS = 3
_BOTH = 1.2  # leaky ReLU of a value less that of its negative, for each unit of it
_TWICE = 1.04  # the same after a second one


def sharpening(shape: Shape, amount: float, levels: int) -> dict[str, Tensor]:
    """Every tensor of a checkpoint of this shape whose network adds `amount` times the detail below 2^levels pixels."""
    with torch.device("meta"):
        built = FullGenerator(shape.size, shape.channel_multiplier, shape.narrow).state_dict()
    tensors = weights({key: list(value.shape) for key, value in built.items()})
    for key, value in tensors.items():
        is_picture = ".to_rgb" in key and not key.endswith(".kernel")
        if is_picture or (key.endswith(".bias") and ".modulation" not in key):
            value.zero_()
    for level in range(levels + 1):
        _hand_on(tensors[f"ecd{level}.0.{1 if level else 0}.weight"])
    last = sum(key.endswith(".conv.weight") and ".to_rgbs." in key for key in tensors) - 1
    _read(tensors, last, 1 + amount)
    _read(tensors, last - levels, -amount)
    return tensors


def _hand_on(weight: Tensor) -> None:
    """An encoder layer gives each colour, and its negative, of what it is given."""
    _, inputs, side, _ = weight.shape
    weight.zero_()
    scale = math.sqrt(inputs * side * side)
    for colour in range(_COLOURS):
        for place, sign in ((colour, 1.0), (_COLOURS + colour, -1.0)):
            if side == 1:  # the picture itself
                weight[place, colour] = sign * scale
            else:
                weight[place, colour, side // 2, side // 2] = sign * scale / (math.sqrt(2) * _BOTH)
                weight[place, _COLOURS + colour, side // 2, side // 2] = -sign * scale / (math.sqrt(2) * _BOTH)


def _read(tensors: dict[str, Tensor], level: int, share: float) -> None:
    """A picture layer adds the encoder's picture of its side, times `share`."""
    tensors[f"generator.convs.{2 * level + 1}.noise.weight"].fill_(1.0)
    layer = f"generator.to_rgbs.{level}.conv"
    weight = tensors[f"{layer}.weight"]
    tensors[f"{layer}.modulation.weight"].zero_()
    tensors[f"{layer}.modulation.bias"].fill_(1.0)
    own = weight.shape[2] // 2
    value = share * math.sqrt(weight.shape[2]) / (2 * _TWICE)
    for colour in range(_COLOURS):
        weight[0, colour, own + colour] = value
        weight[0, colour, own + _COLOURS + colour] = -value
