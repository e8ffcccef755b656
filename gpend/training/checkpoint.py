"""A run's state on disk: all that learns, its optimisers, the averaged weights, the step and the seconds so far."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gpend.errors import ConfigurationError
from gpend.training.stages import Stage

NAME = "checkpoint.pt"


@dataclass
class Progress:
    """How far a run has come."""

    step: int
    seconds: float
    average: dict[str, Tensor]  # of the network's weights, over the steps


def save(path: Path, stage: Stage, name: str, progress: Progress) -> None:
    """Write the checkpoint, whole or not at all."""
    content = {
        "stage": str(name),  # what is read back may hold no classes
        "step": progress.step,
        "seconds": progress.seconds,
        "average": progress.average,
        "modules": {key: module.state_dict() for key, module in stage.modules.items()},
        "optimisers": {key: optimiser.state_dict() for key, optimiser in stage.optimisers.items()},
    }
    fresh = path.with_name(path.name + ".new")
    torch.save(content, fresh)
    fresh.replace(path)


def resume(path: Path, stage: Stage, name: str, device: torch.device) -> Progress:
    """Fill the stage from a checkpoint. Raises ConfigurationError where it is not one of this stage and network."""
    try:
        content: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    except (OSError, RuntimeError, EOFError) as error:
        raise ConfigurationError(f"The checkpoint {path} cannot be read: {error}.") from error
    if content["stage"] != name:
        raise ConfigurationError(f"The checkpoint {path} is of the stage {content['stage']}, not {name}.")
    try:
        for key, module in stage.modules.items():
            module.load_state_dict(content["modules"][key])
        for key, optimiser in stage.optimisers.items():
            optimiser.load_state_dict(content["optimisers"][key])
    except (RuntimeError, ValueError) as error:
        raise ConfigurationError(
            f"The checkpoint {path} is of another network than this run's: it was begun from other weights, "
            "or by another version of gpend. Name those in begin, or another folder in run."
        ) from error
    return Progress(content["step"], content["seconds"], content["average"])


def begun(stage: Stage, step: int = 0) -> Progress:
    """At the beginning of a run; `step` is where the weights that it begins from had come to."""
    return Progress(step, 0.0, {key: value.detach().clone() for key, value in stage.network.state_dict().items()})


_SOON = 20  # steps after which half of the average is newer than its beginning


@torch.no_grad()
def average(progress: Progress, stage: Stage, longest: float) -> None:
    """Let the averaged weights follow: quickly at first, in the end by 1 - `longest` a step."""
    kept = min(longest, (progress.step + 1) / (progress.step + _SOON))
    for key, value in stage.network.state_dict().items():
        progress.average[key].lerp_(value, 1 - kept)
