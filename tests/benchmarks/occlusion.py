"""How well gpend sees what lies before a face: python -m tests.benchmarks.occlusion FACES [--fit], with seeds.

FACES is any folder of square, FFHQ-aligned pictures of faces. Half of them get something drawn over them, and all are
blurred as photos are. With --fit the coefficients are fitted to them first, and written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from gpend.core import coefficients, occlusion
from gpend.core.triage import COVERED
from gpend.fitting import shots
from gpend.fitting.degradations import DEGRADED, SEVERITIES, Kind, Random, shot
from tests.benchmarks import calibrating, regression
from tests.benchmarks.coverings import COVERINGS, covered

_NONE = "nothing"
_ALARMS = 0.008  # share of the uncovered faces of the fit that may be taken for covered
_RIDGE = 100.0
_TURNS = 20  # shots in a row that go into the fit, or are set aside, together


@dataclass(frozen=True)
class Seen:
    """One face: what lies before it, and the pattern that was measured."""

    covering: str
    pattern: NDArray[np.float64]


@click.command(help=__doc__)
@click.argument("faces", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--fit", is_flag=True, help="Fit the coefficients first, and write gpend/core/coefficients.py.")
@click.option("--every", default=1, show_default=True, help="Take every n-th face.")
@click.option("--each", default=4, show_default=True, help="Shots of each face, every other with nothing before it.")
@click.option("--seed", default=1, show_default=True)
def main(faces: Path, *, fit: bool, every: int, each: int, seed: int) -> None:
    """Print the table."""
    seen = list(_seen(shots.faces(faces, every), each, np.random.default_rng(seed)))
    if fit:
        _fit(seen)
        click.echo(f"Written: {calibrating.write()}\n")
    weights = np.asarray(coefficients.COVERED)
    odds = np.array([weights[0] + one.pattern @ weights[1:] for one in seen])
    names = np.array([one.covering for one in seen])
    area = regression.area_under_curve(odds, (names != _NONE).astype(np.float64))
    click.echo(f"{len(seen)} blurred faces, seed {seed}; area under the ROC curve {area:.3f}\nTaken for covered:")
    for name in (_NONE, *COVERINGS):
        of_name = odds[names == name]
        click.echo(f"{name:<14}{f'{(of_name > COVERED).mean():.3f}' if len(of_name) else '-':>8}")


def _seen(paths: Sequence[Path], each: int, random: Random) -> Iterator[Seen]:
    kinds = [kind for kind in (*DEGRADED, Kind.SHARP) if kind is not Kind.JPEG]
    for path in paths:
        for turn in range(each):
            clean = shots.lit(shots.loaded(path), random)
            name = tuple(COVERINGS)[int(random.integers(len(COVERINGS)))] if turn % 2 else _NONE
            face = covered(clean, name, random) if turn % 2 else clean
            face_px = float(np.exp(random.uniform(np.log(48), np.log(500))))
            kind, severity = kinds[int(random.integers(len(kinds)))], int(random.integers(SEVERITIES))
            sample = shots.sampled(shot(face, kind, severity, face_px, random), random)
            yield Seen(name, occlusion.pattern(sample.crop))


def _fit(seen: Sequence[Seen]) -> None:
    """On standardised patterns, folded back into weights of the patterns; every fifth face only sets the threshold."""
    patterns = np.array([one.pattern for one in seen])
    labels = np.array([one.covering != _NONE for one in seen], np.float64)
    means, spreads = patterns.mean(0), patterns.std(0) + 1e-6
    rows = np.hstack([np.ones((len(patterns), 1)), (patterns - means) / spreads])
    aside = np.arange(len(seen)) // _TURNS % 5 == 0
    fitted = regression.logistic(rows[~aside], labels[~aside], _RIDGE)
    fitted[0] -= float(np.quantile((rows @ fitted)[aside & (labels == 0)], 1 - _ALARMS)) - COVERED
    weights = fitted[1:] / spreads
    coefficients.COVERED = (float(fitted[0] - means @ weights), *weights.tolist())


if __name__ == "__main__":
    main()
