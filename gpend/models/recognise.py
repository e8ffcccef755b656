"""The configuration of a GPEN, also of one that enlarges, as the shapes of its tensors tell it."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from gpend.errors import FatalError
from gpend.models.arch.generator import FullGenerator

_CODE = "final_linear.0.weight"  # from the smallest features to the latent
_STYLE = 512  # features of the latent
_FIRST_PIXELS = 16  # of the smallest features, 4 x 4
_FULL = 16384  # channels times side of the published width, from a side of 64 on
_WIDE = 32  # up to this side all features have the same width


@dataclass(frozen=True)
class Shape:
    """The configuration of a GPEN generator."""

    size: int
    channel_multiplier: int
    narrow: float
    seen: int | None = None  # side of what it is given, where that is smaller than its pictures

    def __str__(self) -> str:
        enlarges = f", from crops of {self.seen}" if self.seen else ""
        return f"size {self.size}, channel_multiplier {self.channel_multiplier}, narrow {self.narrow:g}{enlarges}"


def shape_of(tensors: Mapping[str, Tensor], file: str) -> Shape:
    """The configuration that makes a GPEN of these tensors. Raises FatalError saying what was expected and found."""
    first, last = tensors.get("ecd0.0.0.weight"), tensors.get(_CODE)
    if first is None or last is None or len(last.shape) != 2 or last.shape[0] != _STYLE:  # noqa: PLR2004 - a matrix
        raise FatalError(
            f"{file} holds no GPEN generator: expected were tensors such as ecd0.0.0.weight and {_CODE}, found were "
            f"{len(tensors)} others, such as {', '.join(list(tensors)[:3]) or 'none'}. It was not used."
        )
    seen = 2 << len({key.split(".", 1)[0] for key in tensors if key.startswith("ecd")})
    size = 4 << len({key.split(".")[2] for key in tensors if key.startswith("generator.to_rgbs.")})
    narrow = last.shape[1] / _FIRST_PIXELS / _STYLE
    multiplier = max(1, round(first.shape[0] * seen / (_FULL * narrow))) if seen > _WIDE else 1
    shape = Shape(size, multiplier, narrow, seen if seen < size else None)
    _refuse_other(tensors, shape, file)
    return shape


def refuse_no_numbers(tensors: Mapping[str, Tensor], file: str) -> None:
    """Raises FatalError where no picture could come of these tensors."""
    spoiled = [key for key, tensor in tensors.items() if not torch.isfinite(tensor).all()]
    if spoiled:
        raise FatalError(
            f"{file} paints no pictures: {len(spoiled)} of its tensors hold NaN or infinity, such as {spoiled[0]}. Its "
            "training went wrong there; take an earlier checkpoint. It was not used."
        )


def _refuse_other(tensors: Mapping[str, Tensor], shape: Shape, file: str) -> None:
    with torch.device("meta"):
        expected = FullGenerator(shape.size, shape.channel_multiplier, shape.narrow, shape.seen).state_dict()
    for key, tensor in expected.items():
        found = tensors.get(key)
        if found is None or found.shape != tensor.shape:
            told = "is not there" if found is None else f"is {tuple(found.shape)}"
            raise FatalError(
                f"{file} looks like a GPEN of {shape}, but its tensor {key} {told} where {tuple(tensor.shape)} was "
                "expected. It was not used."
            )
    surplus = [key for key in tensors if key not in expected]
    if surplus:
        raise FatalError(
            f"{file} looks like a GPEN of {shape}, but {len(surplus)} of its tensors are none of such a network's, as "
            f"{surplus[0]}. It was not used."
        )
