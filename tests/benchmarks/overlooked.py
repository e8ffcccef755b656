"""How many blurred faces count as sharp: python -m tests.benchmarks.overlooked FACES [--fit] prints a table.

FACES is any folder of square, FFHQ-aligned pictures of sharp faces. Two shots of five stay sharp; one is spoiled, and
two are shaken, one of them as light, as cameras are, and one in its tones, as apps blur. Marks are drawn before some of
the others: dust, scratches, hairs, writing. With --fit the coefficients are fitted first, and written; keep faces to
measure on apart from those.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core import coefficients, overlooked, sharpness
from gpend.fitting import shots
from gpend.fitting.degradations import DEGRADED, SEVERITIES, Image, Kind, Random, Shot, resized, shot
from gpend.settings import TriageSettings
from gpend.training.kernels import log_uniform
from tests.benchmarks import calibrating, kernels, regression
from tests.benchmarks.marks import MARKS, marked

_RIDGE = 12.0
_ALARMS = 0.003  # share of the sharp faces that may be taken for blurred
_PARTS = 5  # of the faces: the alarms are counted by fits that never saw them
_MARKED = {True: 0.5, False: 0.75}  # share of sharp faces, and of spoiled ones, before which something is drawn
_WIDTHS = (45.0, 450.0)  # of faces, in pixels of the photo
_LENGTHS = (5.5, 30.0)  # of shakes, in pixels of the crop of SIDE
_EXPONENT = (1.6, 2.4)  # of tones to light, as in gpend.training.draws
_LEAST = 3.5  # the same in pixels of the photo: less nobody sees
_FACE = 133  # pixels of a face in the crop of SIDE
_STEPS = ((0.0, 8.0), (8.0, 11.0), (11.0, 16.0), (16.0, 99.0))  # lengths that are told together
_STRAIGHT, _CURVED = "shaken straight", "shaken along a curve"
_TONES, _LIGHT = "its tones", "light"
_DRAWN = (Kind.SHARP, Kind.SHARP, "", _TONES, _LIGHT)

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Done:
    """What was done to a face."""

    face: int  # its number
    what: str  # a kind, or how it was shaken
    mark: str  # what was drawn before it, or ""
    length: float = 0.0  # of the shake, in pixels of the crop
    blurred: str = ""  # what of the face was shaken: its tones, or its light

    @property
    def is_sharp(self) -> bool:
        """Whether nothing was done to the face itself."""
        return self.what == Kind.SHARP


@dataclass(frozen=True)
class Seen:
    """One shot as it is judged."""

    done: Done
    values: Values  # of `overlooked.values`
    before: float  # sharpness by the measure alone
    now: float  # and with what `overlooked` says; as coefficients stand


@click.command(help=__doc__)
@click.argument("faces", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--fit", is_flag=True, help="Fit the coefficients first, and write gpend/core/coefficients.py.")
@click.option("--every", default=1, show_default=True, help="Take every n-th face.")
@click.option("--seed", default=1, show_default=True)
def main(faces: Path, *, fit: bool, every: int, seed: int) -> None:
    """Print the table."""
    seen = list(_seen(shots.faces(faces, every), np.random.default_rng(seed)))
    if fit:
        _fit(seen)
        click.echo(f"Written: {calibrating.write()}: measure with it in another run")
    else:
        _print(seen)


def _seen(paths: Sequence[Path], random: Random) -> Iterator[Seen]:
    """Five shots of every face: two sharp, one spoiled, two shaken."""
    for number, path in enumerate(paths):
        clean = shots.loaded(path)
        for drawn in _DRAWN:
            face = shots.lit(clean, random)
            if drawn in {_TONES, _LIGHT}:
                yield _shaken(number, face, drawn, random)
                continue
            kind = Kind(drawn) if drawn else DEGRADED[int(random.integers(len(DEGRADED)))]
            taken = shot(face, kind, int(random.integers(SEVERITIES)), log_uniform(random, *_WIDTHS), random)
            mark = ""
            if random.uniform() < _MARKED[kind is Kind.SHARP]:
                mark = tuple(MARKS)[int(random.integers(len(MARKS)))]
                taken = marked(taken, mark, random)
            yield _judged(taken, Done(number, kind, mark), random)


def _shaken(number: int, face: Image, blurred: str, random: Random) -> Seen:
    """By a path of a known length, straight or curved."""
    width = log_uniform(random, *_WIDTHS)
    length = max(log_uniform(random, *_LENGTHS), _LEAST * _FACE / width)
    what, drawn = (_CURVED, kernels.curved) if random.uniform() < 0.5 else (_STRAIGHT, kernels.straight)
    kernel = np.asarray(drawn(length, random)[::-1, ::-1])
    exponent = random.uniform(*_EXPONENT) if blurred == _LIGHT else 1.0
    light = np.asarray(resized(face, shots.SIDE) / 255.0, np.float32) ** np.float32(exponent)
    light = np.clip(cv2.filter2D(light, -1, kernel, borderType=cv2.BORDER_REFLECT_101), 0, 1)
    small = np.asarray(np.rint(255 * light ** (1 / exponent)), np.uint8)
    taken = replace(shot(small, Kind.SHARP, 0, width, random), kind=Kind.MOTION)
    return _judged(taken, Done(number, what, "", length, blurred), random)


def _judged(taken: Shot, done: Done, random: Random) -> Seen:
    sample = shots.sampled(taken, random)
    values = overlooked.values(sample.crop, sample.terms)
    asked = sample.crop, sample.scale, sample.blockiness
    before, (_, now) = sharpness.measure(*asked), overlooked.measured(*asked)
    return Seen(done, values, before.sharpness, now.sharpness)


def _fit(seen: Sequence[Seen]) -> None:
    """A quadratic logistic fit on standardised values, which the given share of sharp faces may reach."""
    values = np.vstack([one.values for one in seen])
    coefficients.OVERLOOKED_MEANS = tuple(values.mean(0).round(4).tolist())
    coefficients.OVERLOOKED_SPREADS = tuple((values.std(0) + 1e-4).round(4).tolist())
    sets = overlooked.rows(values)
    is_sharp = np.array([one.done.is_sharp for one in seen])
    part = np.array([one.done.face % _PARTS for one in seen])
    labels, odds = (~is_sharp).astype(np.float64), np.zeros(len(sets))
    for number in range(_PARTS):
        others = part != number
        odds[~others] = sets[~others] @ regression.logistic(sets[others], labels[others], _RIDGE)
    weights = regression.logistic(sets, labels, _RIDGE)
    weights[0] -= float(np.quantile(odds[is_sharp], 1 - _ALARMS))
    coefficients.OVERLOOKED = tuple(weights.tolist())


def _print(seen: Sequence[Seen]) -> None:
    """By what was done: how many count as sharp."""
    click.echo(f"{len(seen)} shots; counted as sharp{'':<18}{'shots':>8}{'before':>10}{'now':>10}")
    for mark in ("", *MARKS):
        for is_sharp in (True, False):
            chosen = [
                one for one in seen if one.done.is_sharp is is_sharp and (one.done.mark, one.done.length) == (mark, 0)
            ]
            _print_line(f"{'sharp' if is_sharp else 'spoiled'}, {mark or 'nothing before it'}", chosen)
    for what, blurred in itertools.product((_STRAIGHT, _CURVED), (_TONES, _LIGHT)):
        of_these = [one for one in seen if (one.done.what, one.done.blurred) == (what, blurred)]
        for low, high in _STEPS:
            chosen = [one for one in of_these if low <= one.done.length < high]
            _print_line(f"{what}, {blurred}, {low:.0f} to {high:.0f} px", chosen)


def _print_line(name: str, chosen: Sequence[Seen]) -> None:
    limit = TriageSettings().sharpness_threshold
    before, now = (
        np.mean([value >= limit for value in values]) if values else float("nan")
        for values in ([one.before for one in chosen], [one.now for one in chosen])
    )
    click.echo(f"{name:<44}{len(chosen):>8}{before:>10.3f}{now:>10.3f}")


if __name__ == "__main__":
    main()
