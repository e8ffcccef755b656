"""How well the physical gate tells what the filter cannot help: python -m tests.benchmarks.agreement FACES [--fit].

FACES is any folder of square, FFHQ-aligned pictures of faces. They are blurred by drawn kernels, shrunk, or sent
through an app; some are there twice, before some lies something sharp. With --fit the coefficients are fitted first,
and written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from gpend.core import agreement, coefficients, deconvolution
from gpend.core.networks import Networks
from gpend.models.loading import load
from gpend.settings import CoreSettings
from tests.benchmarks import calibrating, fitting, material, restoring
from tests.benchmarks.coverings import COVERINGS, covered
from tests.benchmarks.degradations import DEGRADED, SEVERITIES, Image, Kind, Random, doubled, overlaid, shot

_RIDGE = 6.0
_ALARMS = 0.01  # share of the faces with nothing before them that may be refused
_WORSE = 0.35  # of the chance that the filter makes a face worse, from which on it is not used
_DOUBLE, _OVERLAID, _NONE = "double exposure", "sharp before blurred", "nothing"


@dataclass(frozen=True)
class Seen:
    """One shot, what was done to it, and what the gate measured."""

    what: str
    kind: Kind
    row: NDArray[np.float64]
    gain: float  # of the structural similarity, by the filter


@click.command(help=__doc__)
@click.argument("faces", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--fit", is_flag=True, help="Fit the coefficients first, and write gpend/core/coefficients.py.")
@click.option("--every", default=1, show_default=True, help="Take every n-th face.")
@click.option("--each", default=6, show_default=True, help="Shots of each face.")
@click.option("--seed", default=1, show_default=True)
def main(faces: Path, *, fit: bool, every: int, each: int, seed: int) -> None:
    """Print the table."""
    networks = load(CoreSettings())
    seen = list(_seen(material.faces(faces, every), each, networks, np.random.default_rng(seed)))
    if fit:
        _fit(seen)
        click.echo(f"Written: {calibrating.write()}\n")
    _print(seen)


def _seen(paths: Sequence[Path], each: int, networks: Networks, random: Random) -> Iterator[Seen]:
    for path in paths:
        for _ in range(each):
            what = (_NONE, _NONE, _NONE, _NONE, _DOUBLE, _OVERLAID)[int(random.integers(6))]
            one = _shot(material.lit(material.loaded(path), random), what, networks, random)
            if one is not None:
                yield one


def _shot(clean: Image, what: str, networks: Networks, random: Random) -> Seen | None:
    """One shot as the gate sees it; None where no blur is found, so that the gate is not asked."""
    kind, severity = DEGRADED[int(random.integers(len(DEGRADED)))], int(random.integers(SEVERITIES))
    face_px = float(np.exp(random.uniform(np.log(70), np.log(350))))
    taken = shot(doubled(clean, random) if what == _DOUBLE else clean, kind, severity, face_px, random)
    if what == _OVERLAID:
        name = tuple(COVERINGS)[int(random.integers(len(COVERINGS)))]
        taken = overlaid(taken, covered(clean, name, random), clean)
    sample = material.sampled(taken)
    blur = restoring.blur_of(sample, networks)
    if blur is None or not deconvolution.helps(blur):
        return None
    seen = restoring.seen_of(sample, blur)
    found = deconvolution.deconvolve(seen.padded, blur, seen.noise, sample.scale * seen.side / material.SIDE)
    row = agreement.evidence(found, seen.crop, blur, seen.noise).row(sample.terms)
    truth = restoring.truth_of(sample)
    after = restoring.resized(found.restored, sample.crop.shape[0])
    gain = restoring.structure(sample.crop, truth, truth) - restoring.structure(after, truth, truth)
    return Seen(what, kind, row, gain)


def _fit(seen: Sequence[Seen]) -> None:
    """Three linear logistic fits on standardised evidence."""
    rows = np.vstack([one.row for one in seen])
    coefficients.EVIDENCE_MEANS = tuple(rows.mean(0).round(4).tolist())
    coefficients.EVIDENCE_SPREADS = tuple((rows.std(0) + 1e-4).round(4).tolist())
    sets = _standard(rows)
    what = np.array([one.what for one in seen])
    worse = np.array([one.gain < 0 for one in seen])
    fitted = [fitting.logistic(sets, worse.astype(np.float64), _RIDGE)]
    fitted[0][0] -= np.log(_WORSE / (1 - _WORSE))
    for name in (_DOUBLE, _OVERLAID):
        chosen = (what == name) | (what == _NONE)
        weights = fitting.logistic(sets[chosen], (what[chosen] == name).astype(np.float64), _RIDGE)
        weights[0] -= float(np.quantile((sets @ weights)[what == _NONE], 1 - _ALARMS / 2))
        fitted.append(weights)
    coefficients.EVIDENCE = tuple(tuple(weights.tolist()) for weights in fitted)


def _standard(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    unit = (rows - coefficients.EVIDENCE_MEANS) / np.asarray(coefficients.EVIDENCE_SPREADS)
    return np.hstack([np.ones((len(rows), 1)), np.clip(unit, -4, 4)])


def _print(seen: Sequence[Seen]) -> None:
    odds = _standard(np.vstack([one.row for one in seen])) @ np.asarray(coefficients.EVIDENCE).T
    what, gain = np.array([one.what for one in seen]), np.array([one.gain for one in seen])
    kinds = np.array([one.kind for one in seen])
    refused = (odds[:, 1:] >= agreement.CERTAIN).any(1)
    click.echo(f"{len(seen)} faces with a blur that was found\nRefused:")
    for name in (_NONE, _DOUBLE, _OVERLAID):
        click.echo(f"{name:<22}{refused[what == name].mean():8.3f} of {(what == name).sum()}")
    used = ~refused & (odds[:, 0] < agreement.CERTAIN)
    click.echo("\nThe filter, by kind: how often it is used, its mean gain then, how often it is worse; gain if always")
    for kind in DEGRADED:
        of_kind = (kinds == kind) & (what == _NONE)
        chosen = of_kind & used
        cells = (chosen.sum() / max(1, of_kind.sum()), _mean(gain[chosen]), _mean(gain[chosen] < 0))
        told = "".join(f"{cell:9.3f}" for cell in (*cells, _mean(gain[of_kind])))
        click.echo(f"{kind:<22}{told}")


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else float("nan")


if __name__ == "__main__":
    main()
