"""What the kernel network tells beside a kernel: linear functions of what it knows of a crop, fitted logistically.

The network itself stays as it is. What was fitted is written into its weights.
"""

import hashlib
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import click
import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from gpend.core.photo import Plane
from gpend.models.arch.kernel import KernelNetwork

Command = TypeVar("Command", bound=Callable[..., Any])

HELD = 5
"""Of so many faces one is held out for the table."""

SHIPPED = Path("weights/blur-kernel-256.safetensors")
_BATCH = 32
_DECAY = 0.003
_EVEN = 1e-3  # spread of a feature, at least


def options(command: Command) -> Command:
    """What a command is given that measures one of `gpend.models.arch.kernel.HEADS`, and fits it."""
    given = (
        click.argument("faces", type=click.Path(exists=True, file_okay=False, path_type=Path)),
        click.option("--weights", default=SHIPPED, show_default=True, type=Path),
        click.option("--count", type=click.IntRange(1), default=4000, show_default=True, help="Faces to draw."),
        click.option("--fit", is_flag=True, help="Fit it first, and write it into the weights."),
        click.option("--seed", default=1, show_default=True),
    )
    for each in reversed(given):
        command = each(command)
    return command


def network_of(weights: Path) -> KernelNetwork:
    """The network of these weights, for what it knows of a crop alone."""
    network = KernelNetwork(256, 41)
    network.load_state_dict({name: tensor.float() for name, tensor in load_file(weights).items()}, strict=False)
    return network.eval()


def features_of(crops: Iterable[Plane], network: KernelNetwork) -> Tensor:
    """(n, values): what the network knows of luma crops (256, 256), 0 to 1."""
    found, left = [], iter(crops)
    while batch := list(islice(left, _BATCH)):
        with torch.inference_mode():
            found.append(network.features(torch.from_numpy(np.stack(batch))[:, None]))
    return torch.cat(found).clone()


def fit(name: str, weights: Path, features: Tensor, wanted: Tensor, counts: Tensor) -> str:
    """Fit one of `gpend.models.arch.kernel.HEADS` to features (n, values), and write it; what was written.

    It is to tell those that are `wanted` (n,), 0 or 1; each counts so many times.
    """
    weight, bias = _fitted(features, wanted, counts)
    fresh = weights.with_name(f"{weights.name}.new")
    save_file(load_file(weights) | {f"{name}.weight": weight.half()[None], f"{name}.bias": bias.half()}, fresh)
    fresh.replace(weights)  # whole or not at all
    return f"Written: {weights}, sha256 {hashlib.sha256(weights.read_bytes()).hexdigest()}"


def told(name: str, weights: Path, features: Tensor) -> Tensor:
    """(n,) log-odds that the head of this name tells of features (n, values). Raises UsageError where there is none."""
    tensors = load_file(weights)
    if f"{name}.weight" not in tensors:
        raise click.UsageError(f"{weights} does not tell what is {name} yet: fit it with --fit")
    odds: Tensor = features @ tensors[f"{name}.weight"][0].float() + tensors[f"{name}.bias"].float()
    return odds


def _fitted(features: Tensor, wanted: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
    """Weight (values,) and bias (1,) for the features as they are."""
    mean, spread = features.mean(0), features.std(0) + _EVEN
    unit = (features - mean) / spread
    weight, bias = torch.zeros(unit.shape[1], requires_grad=True), torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=100)

    def step() -> Tensor:
        optimiser.zero_grad()
        loss = functional.binary_cross_entropy_with_logits(unit @ weight + bias, wanted, counts)
        loss = loss + _DECAY * weight.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimiser.step(step)  # type: ignore[no-untyped-call]
    scaled = weight.detach() / spread
    return scaled, bias.detach() - (scaled @ mean)
