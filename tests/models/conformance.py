"""Weights and pictures made from fixed seeds, and what the published GPEN generator made of them."""

import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gpend.models.arch.generator import FullGenerator
from gpend.models.arch.layers import Form

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Vector:
    """A configuration of the network, and its reference output at every `stride`-th pixel."""

    size: int
    channel_multiplier: int
    narrow: float
    shapes: dict[str, list[int]]
    output: Tensor
    stride: int

    def error(self, output: Tensor) -> float:
        """The relative distance of `output` from the reference."""
        return float((output[..., :: self.stride, :: self.stride] - self.output).norm() / self.output.norm())


def vector(name: str, folder: Path = DATA) -> Vector:
    """The vector called `name`, such as "tiny-64"."""
    spec: dict[str, Any] = json.loads((folder / f"gpen_{name}.json").read_text())
    with np.load(folder / f"gpen_{name}.npz") as data:
        output, stride = torch.from_numpy(data["output"]), int(data["stride"])
    return Vector(spec["size"], spec["channel_multiplier"], spec["narrow"], spec["parameters"], output, stride)


def weights(shapes: dict[str, list[int]]) -> dict[str, Tensor]:
    """A tensor for every key of a published checkpoint."""
    return {key: torch.from_numpy(_array(key, tuple(shape))) for key, shape in shapes.items()}


def picture(size: int) -> Tensor:
    """RGB (1, 3, size, size) around [-1, 1]: coarse blocks and some noise."""
    random = np.random.RandomState(size)
    coarse = np.kron(random.uniform(-1, 1, (1, 3, size // 16, size // 16)), np.ones((1, 1, 16, 16)))
    return torch.from_numpy((coarse * 0.8 + random.uniform(-0.2, 0.2, (1, 3, size, size))).astype(np.float32))


def network(one: Vector, form: Form = Form.PLAIN) -> FullGenerator:
    """The network with the seeded weights, prepared."""
    with torch.device("meta"):
        built = FullGenerator(one.size, one.channel_multiplier, one.narrow)
    built.load_state_dict(weights(one.shapes), strict=True, assign=True)
    return built.prepare(form)


def _array(key: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    if key.endswith(".kernel"):
        row = np.array([1.0, 3.0, 3.0, 1.0])
        return (np.outer(row, row) / (16.0 if key.startswith("generator.") else 64.0)).astype(np.float32)
    random = np.random.RandomState(zlib.crc32(key.encode()))
    values = random.standard_normal(shape)
    style = key.startswith("generator.style.")
    if key.endswith("modulation.bias"):
        values = 1.0 + 0.1 * values
    elif key.endswith("noise.weight"):
        values = 0.3 * values
    elif key.endswith("bias"):
        values = (10.0 if style else 0.1) * values
    elif style:
        values = 100.0 * values
    return np.asarray(values, np.float32)
