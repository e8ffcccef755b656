"""How surely the kernel network tells faces that are there twice, as in a double exposure, from blurred ones.

Beside the network, the physical gate asks what a photo's own spectrum tells of that (`agreement`). A fifth of the faces
is held out for the table.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import click
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gpend.core.blend import luma
from gpend.core.photo import Plane
from gpend.fitting import shots
from gpend.fitting.degradations import DEGRADED, SEVERITIES, Kind, Random
from gpend.models.arch.kernel import KernelNetwork
from tests.benchmarks import heads
from tests.benchmarks.overlays import doubled, shot_of
from tests.benchmarks.regression import area_under_curve

_KINDS = (*DEGRADED, Kind.MOTION, Kind.MOTION)  # shakes with pauses look most alike
_WIDTHS = (70, 350)  # of the faces, in pixels of the photo
_APART = 9  # pixels of the crop: nearer, two images are hardly told from a shake with two pauses, and harm no more
_SHIFTS = (6, 9, 13, 18, 23)  # pixels: the table has a row for what lies between each two
_OTHERS = 0.01  # share of faces that are there once and may be taken for doubled


@dataclass(frozen=True)
class Seen:
    """Faces as the network knows them."""

    features: Tensor  # (n, values)
    shifts: NDArray[np.float64]  # (n,) pixels of the crop by which the second image is shifted; 0 where there is none
    faces: NDArray[np.int64]  # (n,)


@click.command(help=__doc__)
@heads.options
def main(faces: Path, weights: Path, count: int, seed: int, *, fit: bool) -> None:
    """Print the table."""
    seen = _seen(shots.faces(faces), count, heads.network_of(weights), np.random.default_rng(seed))
    held = seen.faces % heads.HELD == 0
    if fit:
        chosen = torch.from_numpy(~held & ((seen.shifts == 0) | (seen.shifts >= _APART)))
        wanted = torch.from_numpy(seen.shifts > 0)[chosen].float()
        click.echo(heads.fit("doubled", weights, seen.features[chosen], wanted, torch.ones(len(wanted))))
    _print(heads.told("doubled", weights, seen.features).numpy()[held], seen.shifts[held])


def _seen(paths: Sequence[Path], count: int, network: KernelNetwork, random: Random) -> Seen:
    shifts, numbers = list[float](), list[int]()

    def crops() -> Iterator[Plane]:
        for crop, shift, number in _drawn(paths, count, random):
            shifts.append(shift)
            numbers.append(number)
            yield crop

    return Seen(heads.features_of(crops(), network), np.array(shifts), np.array(numbers))


def _drawn(paths: Sequence[Path], count: int, random: Random) -> Iterator[tuple[Plane, float, int]]:
    """Half of them there twice, all of them blurred, compressed or in noise."""
    for _ in range(count):
        face, is_doubled = int(random.integers(len(paths))), bool(random.integers(2))
        clean, shift = shots.lit(shots.loaded(paths[face]), random), 0.0
        if is_doubled:
            clean, _, shift = doubled(clean, random)
        kind, severity = _KINDS[int(random.integers(len(_KINDS)))], int(random.integers(SEVERITIES))
        width = float(np.exp(random.uniform(*np.log(_WIDTHS))))
        yield luma(shots.sampled(shot_of(clean, kind, severity, width, random), random).crop), shift, face


def _print(told: NDArray[np.float32], shifts: NDArray[np.float64]) -> None:
    once = shifts == 0
    limit = float(np.quantile(told[once], 1 - _OTHERS))
    area = area_under_curve(told.astype(np.float64), ~once)
    click.echo(f"area under the curve {area:.3f}; {_OTHERS:.0%} of those that are there once reach {limit:.1f}")
    for least, most in pairwise(_SHIFTS):
        ours = told[(shifts >= least) & (shifts < most)]
        reached = int((ours >= limit).sum())
        click.echo(
            f"shifted by {least:2} to {most:2} px {len(ours):5} faces, {reached / max(1, len(ours)):4.0%} reach it"
        )


if __name__ == "__main__":
    main()
