"""One run of training: faces in, steps until the time is over, checkpoints on the way, exported weights at the end."""

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader

from gpend.models.arch.kernel import heads_of
from gpend.models.device import resolve
from gpend.training import checkpoint, degradations, faces, filters
from gpend.training.checkpoint import Progress
from gpend.training.draws import Draw, Drawing, Draws
from gpend.training.exporting import export
from gpend.training.faces import FaceSet
from gpend.training.settings import RateSettings, TrainSettings
from gpend.training.stages import Stage, stage_of

WEIGHTS = "weights"
LOG = "log.jsonl"
_SPECTRUM_OF = 300  # faces
_LOWEST = 0.02  # of the rate, at the end
_FEW = 2**31  # steps: more than any run takes

Tell = Callable[[str], None]
Stop = Callable[[int, float], bool]
"""Asked after every step with the steps and the seconds of this session: is it over?"""


@dataclass(frozen=True)
class Material:
    """What a run works with."""

    faces: FaceSet
    pictures: NDArray[np.uint8]  # those to train on
    wiener: filters.Wiener
    device: torch.device


def load_material(settings: TrainSettings) -> Material:
    """Read the faces and find the prior. Raises ConfigurationError or FatalError saying what to do."""
    device = resolve(settings.device)
    folders = [(one.folder, one.manifest or one.folder / faces.MANIFEST) for one in settings.faces]
    found = faces.face_set(folders, settings.licences, settings.maximum_faces)
    pictures = faces.loaded(found.training)
    some = np.random.default_rng(0).permutation(len(pictures))[:_SPECTRUM_OF]
    return Material(found, pictures, filters.Wiener(filters.face_spectrum(pictures[some]), device), device)


def train(settings: TrainSettings, material: Material, is_over: Stop, tell: Tell, *, resume: bool) -> Progress:
    """Train the stage until `is_over`, export its averaged weights, and tell how it went.

    With `resume` it goes on from the checkpoint in settings.run, where there is one; the steps that follow are those
    that an unbroken run would have taken. Raises ConfigurationError for missing weights.
    """
    settings.run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(settings.seed)
    stage = stage_of(settings, material.wiener, material.device)
    path = settings.run / checkpoint.NAME
    begins = not (resume and path.is_file())
    progress = (
        checkpoint.begun(stage, settings.begin_step)
        if begins
        else checkpoint.resume(path, stage, settings.stage, material.device)
    )
    tell(f"{settings.stage}: {len(material.pictures)} faces, on {spoken(material.device)}, from step {progress.step}.")
    Run(settings, material, stage, progress, tell).go(is_over)
    written = export(progress.average, settings.run / WEIGHTS, settings.stage)
    tell(f"Step {progress.step}; weights: {', '.join(file.name for file in written)} in {settings.run / WEIGHTS}.")
    if heads := heads_of(progress.average):  # fitted to what the other weights made of a crop before they learnt on
        told = " and ".join(heads)
        tell(f"What tells {told} crops was fitted to the weights before: fit it anew (gpend help networks).")
    return progress


def rate_at(step: int, rates: RateSettings) -> float:
    """The learning rate of a step: it rises over the warm-up, then falls along a cosine to a fiftieth."""
    fallen = 0.5 * (1 + math.cos(math.pi * min(1.0, step / rates.steps)))
    return rates.rate * min(1.0, (step + 1) / rates.warm_up) * (fallen * (1 - _LOWEST) + _LOWEST)


@dataclass
class Run:
    """A stage on its way."""

    settings: TrainSettings
    material: Material
    stage: Stage
    progress: Progress
    tell: Tell
    seen: list[dict[str, Tensor]] = field(default_factory=list)  # losses since the last line of the log

    def go(self, is_over: Stop) -> None:
        """Take steps until it is over, and leave a checkpoint."""
        pictures = torch.from_numpy(self.material.pictures).to(self.material.device)
        started, before = time.monotonic(), self.progress.seconds
        saved = 0.0
        batches = iter(()) if is_over(0, 0.0) else self._batches()
        for taken, draw in enumerate(batches, 1):
            self._step(degradations.sharp(pictures, draw), draw)
            passed = time.monotonic() - started
            self.progress.seconds = before + passed
            if self.progress.step % self.settings.log_steps == 0:
                self._log()
            if is_over(taken, passed):
                break
            if passed - saved > self.settings.checkpoint_minutes * 60:
                self._save()
                saved = passed
        self._save()

    def _step(self, truth: Tensor, draw: Draw) -> None:
        rate = rate_at(self.progress.step, self.settings.rates)
        for optimiser in self.stage.optimisers.values():
            for group in optimiser.param_groups:
                group["lr"] = rate
        found = self.stage.step(truth, draw)
        checkpoint.average(self.progress, self.stage, self.settings.rates.average)
        self.progress.step += 1
        self.seen.append({name: value.detach() for name, value in found.items()})

    def _batches(self) -> Iterator[Draw]:
        """The draws of the steps to come, prepared ahead by processes of their own where the settings say so."""
        settings = self.settings
        drawing = Drawing(settings.seed, settings.batch, len(self.material.pictures), self.stage.blur_only)
        loader = DataLoader(
            Draws(drawing),
            batch_size=None,
            sampler=range(self.progress.step, _FEW),
            num_workers=settings.loaders,
            collate_fn=_as_it_is,
            prefetch_factor=4 if settings.loaders else None,
        )
        return iter(loader)

    def _save(self) -> None:
        checkpoint.save(self.settings.run / checkpoint.NAME, self.stage, self.settings.stage, self.progress)

    def _log(self) -> None:
        """One line for a person, one for a program."""
        step, seconds = self.progress.step, self.progress.seconds
        means = {name: float(torch.stack([row[name] for row in self.seen]).mean()) for name in self.seen[0]}
        self.seen.clear()
        with (self.settings.run / LOG).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"step": step, "seconds": round(seconds, 1), **means}) + "\n")
        speed = step * self.settings.batch / max(seconds, 1e-6)
        losses = ", ".join(f"{name} {value:.4f}" for name, value in means.items())
        self.tell(f"step {step}, {seconds / 60:.1f} min, {speed:.0f} faces a second: {losses}")


def _as_it_is(draw: Any) -> Any:  # noqa: ANN401 - PyTorch's own signature
    return draw


def spoken(device: torch.device) -> str:
    """The device, as a person calls it."""
    return (
        torch.cuda.get_device_name(device) if device.type == "cuda" else f"the CPU ({torch.get_num_threads()} threads)"
    )


def minutes(amount: float) -> Stop:
    """Over after so many minutes."""
    return lambda _, seconds: seconds >= amount * 60


def steps(amount: int) -> Stop:
    """Over after so many steps."""
    return lambda taken, _: taken >= amount
