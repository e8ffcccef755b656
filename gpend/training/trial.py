"""Checkpoints of the trial scripts that came before this package, as checkpoints of it.

`python -m gpend.training.trial STATE.pt train.yaml` writes the run's checkpoint; then `gpend train --config train.yaml
--minutes 0 --resume` exports, evaluates and describes it. A file that holds weights alone begins with a fresh
optimiser; its steps and hours are told by hand.
"""

import re
from pathlib import Path
from typing import Any

import click
import torch
from torch import Tensor, nn
from torch.optim import AdamW

from gpend.errors import ConfigurationError
from gpend.training import checkpoint
from gpend.training.settings import StageName, TrainSettings, load_settings

_RENAMED = {
    StageName.KERNEL: ((r"^img\.", "picture."), (r"^spec\.", "spectrum.")),
    StageName.REFINE: (
        (r"^inp\.", "first."),
        (r"^enc\.", "encoders."),
        (r"^dn\.", "downs."),
        (r"^up\.", "ups."),
        (r"^dec\.", "decoders."),
        (r"^mid\.", "middle."),
        (r"^pos$", "position"),
        (r"^out\.", "last."),
    ),
}
_EVERYWHERE = ((r"\.a\.(weight|bias)$", r".first.\1"), (r"\.b\.(weight|bias)$", r".second.\1"))
_DROPPED = "win"  # a constant window, which the network now computes


def renamed(tensors: dict[str, Tensor], stage: StageName) -> dict[str, Tensor]:
    """A trial's weights under the names of gpend.models.arch, as float32."""
    result = {}
    for key, value in tensors.items():
        name = key
        for pattern, replacement in (*_RENAMED[stage], *_EVERYWHERE):
            name = re.sub(pattern, replacement, name)
        if key != _DROPPED:
            result[name] = value.float()
    return result


def convert(state: Path, settings: TrainSettings, steps: int = 0, hours: float = 0.0) -> Path:
    """Write settings.run's checkpoint from a trial's: its weights, optimiser, average, steps and seconds.

    `steps` and `hours` stand for what a file of weights alone does not tell.

    Raises ConfigurationError where there is no such trial stage or the file is none of its checkpoints.
    """
    if settings.stage not in _RENAMED:
        raise ConfigurationError(f"There were no trials of the stage {settings.stage}.")
    try:
        trial: dict[str, Any] = torch.load(state, map_location="cpu", weights_only=True)
        content = {
            "stage": str(settings.stage),
            "step": int(trial.get("n", steps)),
            "seconds": float(trial.get("spent", hours * 3600)),
            "average": renamed(trial["ema"], settings.stage),
            "modules": {"network": renamed(trial.get("net", trial["ema"]), settings.stage)},
            "optimisers": {"network": trial.get("opt") or _fresh(trial["ema"])},
        }
    except (OSError, RuntimeError, KeyError, EOFError) as error:
        raise ConfigurationError(f"{state} is no checkpoint of a trial: {error}.") from error
    settings.run.mkdir(parents=True, exist_ok=True)
    path = settings.run / checkpoint.NAME
    torch.save(content, path)
    return path


def _fresh(tensors: dict[str, Tensor]) -> dict[str, Any]:
    """The state of an optimiser that has not taken a step yet."""
    learning = [nn.Parameter(value.float()) for key, value in tensors.items() if key != _DROPPED]
    return AdamW(learning, betas=(0.9, 0.98)).state_dict()


@click.command()
@click.argument("state", type=click.Path(path_type=Path))
@click.argument("config_file", type=click.Path(path_type=Path))
@click.option("--steps", type=int, default=0, help="Taken so far, for a file of weights alone.")
@click.option("--hours", type=float, default=0.0, help="Spent on them.")
def main(state: Path, config_file: Path, steps: int, hours: float) -> None:
    """Turn a trial's STATE into the checkpoint of the run that CONFIG_FILE describes."""
    click.echo(f"Written: {convert(state, load_settings(config_file), steps, hours)}")


if __name__ == "__main__":
    main()
