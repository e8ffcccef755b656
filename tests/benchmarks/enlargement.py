"""How surely the kernel network tells faces that an app shrank and somebody enlarged again from blurred ones.

The network itself stays as it is: a linear function of what it knows of a crop is fitted, by logistic regression, to
faces spoiled in known ways, and written into its weights. A fifth of the faces is held out for the table.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gpend.core.blend import luma
from gpend.core.photo import Plane
from gpend.fitting import shots
from gpend.fitting.degradations import SEVERITIES, Image, Kind, Random, resized, saved, shot
from gpend.models.arch.kernel import KernelNetwork
from tests.benchmarks import heads
from tests.benchmarks.regression import area_under_curve

_KINDS = (Kind.MESSAGING, Kind.MESSAGING, Kind.GAUSSIAN, Kind.DISC, Kind.MOTION, Kind.DARK)
_WIDTHS = (50, 400)  # of the faces, in pixels of the photo
_MILD = 0.6  # of the Gaussian blurs
_MILD_WIDTHS, _MILD_GRAIN = (0.8, 2.2), 8  # standard deviation in pixels of the crop; levels of 255, at most
_MILD_FACES = (100, 400)  # pixels of the photo
_DEAR = 4.0  # times as much as another face weighs a Gaussian blur, which looks most alike and would lose its filter
_OTHERS = 0.02  # share of faces blurred otherwise that may be taken for enlarged


@dataclass(frozen=True)
class Seen:
    """Faces as the network knows them."""

    features: Tensor  # (n, values)
    kinds: NDArray[np.int64]  # (n,), places in Kind
    faces: NDArray[np.int64]  # (n,)


@click.command(help=__doc__)
@heads.options
def main(faces: Path, weights: Path, count: int, seed: int, *, fit: bool) -> None:
    """Print the table."""
    seen = _seen(shots.faces(faces), count, heads.network_of(weights), np.random.default_rng(seed))
    held = seen.faces % heads.HELD == 0
    if fit:
        click.echo(heads.fit("enlarged", weights, *_fitted_to(seen, ~held)))
    _print(heads.told("enlarged", weights, seen.features).numpy()[held], seen.kinds[held])


def _seen(paths: Sequence[Path], count: int, network: KernelNetwork, random: Random) -> Seen:
    drawn = list(_drawn(paths, count, random))
    features = heads.features_of([crop for crop, _, _ in drawn], network)
    kinds = [list(Kind).index(kind) for _, kind, _ in drawn]
    return Seen(features, np.array(kinds), np.array([face for _, _, face in drawn]))


def _drawn(paths: Sequence[Path], count: int, random: Random) -> Iterator[tuple[NDArray[np.float32], Kind, int]]:
    for _ in range(count):
        face, kind = int(random.integers(len(paths))), _KINDS[int(random.integers(len(_KINDS)))]
        clean = shots.lit(shots.loaded(paths[face]), random)
        if kind is Kind.GAUSSIAN and random.uniform() < _MILD:
            yield _mildly_blurred(clean, random), kind, face
            continue
        face_px = float(np.exp(random.uniform(*np.log(_WIDTHS))))
        taken = shot(clean, kind, int(random.integers(SEVERITIES)), face_px, random)
        yield luma(shots.sampled(taken, random).crop), kind, face


def _mildly_blurred(clean: Image, random: Random) -> Plane:
    """Less than `shot` blurs, and grainy: little blur and much grain are what shrinking leaves least alike."""
    soft = cv2.GaussianBlur(resized(clean, shots.SIDE), (0, 0), random.uniform(*_MILD_WIDTHS))
    face_px = float(np.exp(random.uniform(*np.log(_MILD_FACES))))
    taken = shot(np.asarray(soft, np.uint8), Kind.SHARP, 0, face_px, random)
    grainy = taken.seen + random.normal(0, random.uniform(0, _MILD_GRAIN), taken.seen.shape)
    noisy = replace(taken, seen=saved(grainy.astype(np.float32), taken.quality))
    return luma(shots.sampled(noisy, random).crop)


def _fitted_to(seen: Seen, chosen: NDArray[np.bool_]) -> tuple[Tensor, Tensor, Tensor]:
    """Features, whether each was sent, and what each weighs."""
    wanted = torch.from_numpy((seen.kinds == list(Kind).index(Kind.MESSAGING))[chosen]).float()
    is_gaussian = torch.from_numpy((seen.kinds == list(Kind).index(Kind.GAUSSIAN))[chosen])
    return seen.features[torch.from_numpy(chosen)], wanted, torch.where(is_gaussian, _DEAR, 1.0)


def _print(told: NDArray[np.float32], kinds: NDArray[np.int64]) -> None:
    sent = kinds == list(Kind).index(Kind.MESSAGING)
    limit = float(np.quantile(told[~sent], 1 - _OTHERS))
    area = area_under_curve(told.astype(np.float64), sent)
    click.echo(f"area under the curve {area:.3f}; {_OTHERS:.0%} of the others reach {limit:.1f}")
    for place in sorted(set(kinds.tolist())):
        ours = told[kinds == place]
        click.echo(f"{list(Kind)[place]:15} {len(ours):5} faces, {float((ours >= limit).mean()):4.0%} reach it")


if __name__ == "__main__":
    main()
