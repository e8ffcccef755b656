"""A few minutes on a machine with a GPU: `python -m gpend.training.slot --minutes 9`, ready to run first thing there.

Every slot goes on where the last one stopped. The checkpoint lies in the run's folder (--run), outside the repository;
where only the exported weights came along, the slot begins from those, and the step they were at. When the stage's
steps are done, the next slot takes the next stage. Weights come back in files of less than 16 MiB each.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import click
import torch

from gpend.errors import GpendError
from gpend.training import judging
from gpend.training.draws import GROUP
from gpend.training.settings import StageName, TrainSettings, load_settings
from gpend.training.training import WEIGHTS, load_material, minutes, train

_ORDER = (StageName.KERNEL, StageName.REFINE, StageName.GPEN)
_KEPT = 2  # processors for the training itself and for the machine
_BATCH = {StageName.KERNEL: 256, StageName.REFINE: 96, StageName.GPEN: 48}  # on a GPU of 24 GB and more
_JUDGED = 0.15  # share of the slot that is left for the tables
_DONE = "steps"  # the file beside exported weights that says how far they had come


@dataclass(frozen=True)
class Slot:
    """What one slot does, and why so."""

    settings: TrainSettings
    says: str


def slot_of(settings: TrainSettings, *, gpu: bool, processors: int) -> Slot:
    """The settings of a run, fitted to the machine and to what earlier slots have done."""
    stage = _next(settings)
    home = settings.run
    fitted = settings.model_copy(
        update={
            "stage": stage,
            "run": home / stage,
            "begin": _weights(home, stage) or (settings.begin if stage is settings.stage else None),
            "begin_step": _steps(home, stage),
            "kernel": settings.kernel or _weights(home, StageName.KERNEL),
            "refine": settings.refine or _weights(home, StageName.REFINE),
            "device": "auto" if gpu else "cpu",
            "batch": _BATCH[stage] if gpu else max(GROUP, settings.batch),
            "loaders": max(1, processors - _KEPT),
        }
    )
    where = "on the GPU, in bfloat16" if gpu else "There is no GPU that works here, so it runs on the CPU, and slowly"
    return Slot(fitted, f"Stage {stage}, from step {_steps(home, stage)}: {where}.")


def run_slot(settings: TrainSettings, amount: float, evaluate: int) -> None:
    """Train for `amount` minutes, all reading and writing included, and leave weights, tables and sheets."""
    started = time.monotonic()
    slot = slot_of(settings, gpu=torch.cuda.is_available(), processors=len(os.sched_getaffinity(0)))
    click.echo(slot.says)
    chosen = slot.settings.model_copy(update={"evaluate": evaluate})
    material = load_material(chosen)
    passed = (time.monotonic() - started) / 60
    left = max(0.0, amount * (1 - (_JUDGED if evaluate else 0.03)) - passed)
    progress = train(chosen, material, minutes(left), click.echo, resume=True)
    (chosen.run / WEIGHTS / _DONE).write_text(f"{progress.step}\n", encoding="ascii")
    if evaluate:
        judging.judge(chosen, material, progress, click.echo)


def _next(settings: TrainSettings) -> StageName:
    """The stage of the settings, or the first after it whose steps are not done."""
    order = _ORDER[_ORDER.index(settings.stage) :]
    return next((stage for stage in order if _steps(settings.run, stage) < settings.rates.steps), order[-1])


def _steps(home: Path, stage: StageName) -> int:
    path = home / stage / WEIGHTS / _DONE
    return int(path.read_text(encoding="ascii")) if path.is_file() else 0


def _weights(home: Path, stage: StageName) -> Path | None:
    folder = home / stage / WEIGHTS
    return folder if any(folder.glob("*.safetensors")) else None


@click.command()
@click.option("--minutes", "amount", type=float, default=9.0, show_default=True, help="How long the slot is.")
@click.option("--config", "config_file", type=click.Path(path_type=Path), default=Path("config/train.yaml"))
@click.option("--run", "run_folder", type=click.Path(path_type=Path), help="Where checkpoints and weights lie.")
@click.option("--evaluate", type=int, default=24, show_default=True, help="Held-out faces in the tables; 0 for none.")
def main(amount: float, config_file: Path, run_folder: Path | None, evaluate: int) -> None:
    """Train for some minutes, from where the last slot stopped."""
    try:
        settings = load_settings(config_file)
        if run_folder is not None:
            settings = settings.model_copy(update={"run": run_folder.absolute()})
        run_slot(settings, amount, evaluate)
    except GpendError as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main()
