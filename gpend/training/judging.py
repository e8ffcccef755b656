"""After a run: its stage and those before it on held-out faces, as a table, contact sheets and a model card."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from gpend.training import evaluation, faces
from gpend.training.checkpoint import Progress
from gpend.training.draws import SIDE
from gpend.training.evaluation import Row
from gpend.training.exporting import load_exported
from gpend.training.gpen import TrainableGpen
from gpend.training.model_card import card
from gpend.training.restoring import Restorer
from gpend.training.settings import StageName, TrainSettings
from gpend.training.stages import kernel_network, load_weights, refine_network
from gpend.training.training import WEIGHTS, Material, Tell, spoken

TABLE, CARD, SHEETS = "evaluation.md", "MODEL_CARD.md", "sheets"


@dataclass(frozen=True)
class Ways:
    """The networks as they stand."""

    restorer: Restorer
    gpen: Callable[[Tensor], Tensor] | None


def judge(settings: TrainSettings, material: Material, progress: Progress, tell: Tell) -> list[Row]:
    """Evaluate what `train` left in settings.run, and write table, sheets and card beside it.

    Without held-out faces, or with settings.evaluate 0, the card says that nothing was measured.
    """
    held = material.faces.held_out
    chosen = held[:: max(1, len(held) // max(1, settings.evaluate))][: settings.evaluate]
    found: list[Row] = []
    if chosen:
        pictures = torch.from_numpy(faces.loaded(chosen)).to(material.device).float() / 255
        truth = torch.nn.functional.interpolate(pictures, (SIDE, SIDE), mode="bilinear", antialias=True)
        found = _measured(truth, ways(settings, material), settings.run / SHEETS)
    (settings.run / TABLE).write_text(evaluation.table(found), encoding="utf-8")
    told = card(settings, material.faces, progress, found, spoken(material.device))
    (settings.run / CARD).write_text(told, encoding="utf-8")
    tell(f"{len(chosen)} held-out faces; {TABLE}, {CARD} and {SHEETS}/ are in {settings.run}.")
    return found


def ways(settings: TrainSettings, material: Material) -> Ways:
    """The stage's exported weights and the networks before it. Raises ConfigurationError where one is missing."""
    own = settings.run / WEIGHTS
    kernel = own if settings.stage is StageName.KERNEL else settings.kernel
    refine = own if settings.stage is StageName.REFINE else settings.refine
    named = settings.model_copy(update={"kernel": kernel, "refine": refine})
    refining = refine_network(named, material.device) if refine else None
    restorer = Restorer(kernel_network(named, material.device), material.wiener, refining)
    gpen = _gpen(own, settings.narrow, material.device) if settings.stage is StageName.GPEN else None
    return Ways(restorer, gpen)


def _gpen(weights: Path, narrow: float, device: torch.device) -> Callable[[Tensor], Tensor]:
    network = TrainableGpen(SIDE, 1, narrow)
    load_weights(network.network, load_exported(weights), weights)
    return network.to(device).eval()


def _measured(truth: Tensor, standing: Ways, sheets: Path) -> list[Row]:
    sheets.mkdir(parents=True, exist_ok=True)
    found = []
    for spoiling in evaluation.SPOILINGS:
        tries = evaluation.tried(truth, spoiling, standing.restorer, standing.gpen)
        found += evaluation.rows(spoiling, tries)
        picture = cv2.cvtColor(evaluation.sheet(tries), cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(sheets / f"{spoiling.name.replace(' ', '-')}.png"), np.asarray(picture))
    return found
