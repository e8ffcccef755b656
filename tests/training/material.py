"""A small folder of faces with its manifest, and settings that train on it in seconds."""

import csv
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from gpend.models.arch.kernel import KernelNetwork
from gpend.models.arch.refine import RefineNetwork
from gpend.training.exporting import export
from gpend.training.settings import FacesSettings, RateSettings, StageName, TrainSettings
from tests.pictures import portrait

COLUMNS = ("file", "source", "licence_class", "licence", "group")


def faces(folder: Path, training: int = 5, held_out: int = 2) -> Path:
    """A folder of variations of one portrait, in two parts."""
    rows = []
    for index in range(training + held_out):
        part = "train" if index < training else "val"
        place = folder / part / f"{index}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        turned = Image.fromarray(portrait(300, 300)).rotate(3 * index).crop((6, 6, 294, 294))
        turned.save(place)
        licence = ("CC0", "public domain dedication") if index % 2 == 0 else ("NC", "research only")
        rows.append((f"{part}/{index}.png", f"source {index % 2}", *licence, f"person {index}"))
    write_manifest(folder, rows)
    return folder


def write_manifest(folder: Path, rows: list[tuple[str, str, str, str, str]]) -> None:
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([COLUMNS, *rows])


def settings(folder: Path, stage: StageName = StageName.KERNEL) -> TrainSettings:
    """For faces made in `folder`; the networks before the stage are untrained."""
    return TrainSettings(
        stage=stage,
        faces=(FacesSettings(folder=faces(folder / "faces")),),
        run=folder / "run",
        kernel=_exported(folder, "kernel", KernelNetwork(256, 41)) if stage is not StageName.KERNEL else None,
        refine=_exported(folder, "refine", RefineNetwork()) if stage is StageName.GPEN else None,
        batch=8,
        rates=RateSettings(rate=3e-4, warm_up=3, steps=1000),
        device="cpu",
        loaders=0,
        log_steps=1,
        evaluate=1,
        narrow=1 / 16,
    )


def _exported(folder: Path, name: str, network: torch.nn.Module) -> Path:
    export(network.state_dict(), folder / "before" / name, name)
    return folder / "before" / name


def photos(count: int = 2) -> torch.Tensor:
    """RGB (count, 3, 256, 256), 0 to 1."""
    picture = np.ascontiguousarray(portrait(256, 256).transpose(2, 0, 1)[None])
    return torch.from_numpy(picture).float().repeat(count, 1, 1, 1) / 255
