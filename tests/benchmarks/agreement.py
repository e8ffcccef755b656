"""How well the physical gate tells what must not be restored: python -m tests.benchmarks.agreement FACES [--fit].

FACES is any folder of square, FFHQ-aligned pictures of faces. They are blurred by drawn kernels, shrunk, or sent
through an app; some are there twice, before some lies something sharp, before some something as blurred as they are.
With --fit the coefficients are fitted first, and written; keep faces to measure on apart from those. With the defaults
it takes some three minutes of one core for 300 faces.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core import agreement, align, coefficients, deconvolution, refining, sharpness
from gpend.core.agreement import Judgement
from gpend.core.blur import Blur
from gpend.core.networks import Networks
from gpend.core.photo import Plane
from gpend.fitting import shots, trials
from gpend.fitting.degradations import DEGRADED, SEVERITIES, Image, Kind, Random, resized, shot
from gpend.fitting.shots import Sample
from gpend.models.loading import load
from gpend.settings import CoreSettings, TriageSettings
from tests.benchmarks import calibrating, kernels, regression
from tests.benchmarks.coverings import COVERINGS, THIN, covered
from tests.benchmarks.differences import structure
from tests.benchmarks.overlays import doubled, overlaid

_RIDGE = 6.0
_REFUSED = 0.005  # share of the faces with nothing before them that each of two fits may refuse: 1 % together
_UNPAINTED = 0.03  # share of them that may go without paint, and keep the filter
_WORSE = 0.35  # of the chance that the filter makes a face worse, from which on it is not used
_CURVED, _LENGTHS = 0.6, (6.0, 20.0)  # share of what moved that was shaken along a curve, and how far in pixels
_HELD = 5  # parts of the faces: each is judged by a fit to the others
_DOUBLE, _OVERLAID, _ALIKE, _NONE = "double exposure", "sharp before blurred", "blurred alike before", "nothing"
_DRAWN = (_NONE, _NONE, _NONE, _DOUBLE, _OVERLAID, _ALIKE)
_NAMES = (*COVERINGS, *THIN)

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Seen:
    """One shot, what was done to it, and what the gate measured."""

    face: int  # its number
    what: str
    name: str  # of what lies before it, or ""
    kind: Kind
    row: Values
    confidence: float
    is_filtered: bool  # whether there is a blur that can be taken out
    gain: float  # of the structural similarity, by the filter and the refining network


@click.command(help=__doc__)
@click.argument("faces", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--fit", is_flag=True, help="Fit the coefficients first, and write gpend/core/coefficients.py.")
@click.option("--every", default=8, show_default=True, help="Take every n-th face.")
@click.option("--each", default=2, show_default=True, help="Shots of each face.")
@click.option("--seed", default=1, show_default=True)
def main(faces: Path, *, fit: bool, every: int, each: int, seed: int) -> None:
    """Print the table."""
    networks = load(CoreSettings())
    seen = list(_seen(shots.faces(faces, every), each, networks, np.random.default_rng(seed)))
    if fit:
        _print(seen, _held_out(seen), "each face judged by a fit to others")
        _fit(seen)
        click.echo(f"Written: {calibrating.write()}\n")
    _print(seen, [agreement.judged(one.row, one.confidence) for one in seen], "judged by the fit that gpend has")


def _seen(paths: Sequence[Path], each: int, networks: Networks, random: Random) -> Iterator[Seen]:
    for number, path in enumerate(paths):
        for _ in range(each):
            what = _DRAWN[int(random.integers(len(_DRAWN)))]
            one = _shot(number, shots.lit(shots.loaded(path), random), what, networks, random)
            if one is not None:
                yield one


def _shot(face: int, clean: Image, what: str, networks: Networks, random: Random) -> Seen | None:
    """One shot as the gate sees it; None where it is sharp enough not to be asked about."""
    kind, severity = DEGRADED[int(random.integers(len(DEGRADED)))], int(random.integers(SEVERITIES))
    face_px = float(np.exp(random.uniform(np.log(70), np.log(350))))
    name = _NAMES[int(random.integers(len(_NAMES)))] if what in {_OVERLAID, _ALIKE} else ""
    before = covered(clean, name, random) if what == _ALIKE else clean
    once = before
    if what == _DOUBLE:
        before, once = doubled(clean, random)
    if kind is Kind.MOTION and random.uniform() < _CURVED:
        shaken = kernels.curved(float(random.uniform(*_LENGTHS)), random)
        taken = replace(shot(_through(shaken, before), Kind.SHARP, severity, face_px, random), kind=kind)
    else:
        taken = shot(before, kind, severity, face_px, random)
    taken = replace(taken, truth=resized(once, taken.truth.shape[0]))
    if what == _OVERLAID:
        taken = overlaid(taken, covered(clean, name, random), clean)
    sample = shots.sampled(taken)
    measured = sharpness.measure(sample.crop, sample.scale, sample.blockiness)
    blur = trials.blur_of(sample, networks)
    if blur is None or measured.sharpness >= TriageSettings().sharpness_threshold:
        return None
    row, gain = _measured(sample, blur, networks)
    return Seen(face, what, name, kind, row, blur.confidence, deconvolution.helps(blur), gain)


def _through(kernel: Plane, image: Image) -> Image:
    """The face, shaken; `kernel` is told in pixels of the crop of SIDE."""
    side = image.shape[0]
    small = resized(image, shots.SIDE)
    shaken = cv2.filter2D(small, -1, np.asarray(kernel[::-1, ::-1]), borderType=cv2.BORDER_REFLECT_101)
    return resized(np.asarray(shaken, np.uint8), side)


def _measured(sample: Sample, blur: Blur, networks: Networks) -> tuple[Values, float]:
    """The evidence, and by how much filter and refining network come nearer to the truth, where they may be used."""
    seen = trials.seen_of(sample, blur)
    found = deconvolution.deconvolve(seen.padded, blur, seen.noise, align.scale_of(seen.transform))
    row = agreement.evidence(found, seen.crop, blur, seen.noise).row(sample.terms)
    if not deconvolution.helps(blur):
        return row, 0.0
    truth = trials.truth_of(sample)
    after = trials.resized(refining.refined(found.restored, seen, networks, alone=False), sample.crop.shape[0])
    return row, structure(sample.crop, truth, truth) - structure(after, truth, truth)


def _fit(seen: Sequence[Seen]) -> None:
    """Linear logistic fits on standardised evidence, into the coefficients.

    What the filter brings nearer to the truth need not be refused, whatever it is: two exposures a little apart are a
    shake with two pauses. And a clean face that it takes away from the truth is no loss where it is refused.
    """
    rows = np.vstack([one.row for one in seen])
    coefficients.EVIDENCE_MEANS = tuple(rows.mean(0).round(4).tolist())
    coefficients.EVIDENCE_SPREADS = tuple((rows.std(0) + 1e-4).round(4).tolist())
    sets = _standard(rows)
    what, gain = np.array([one.what for one in seen]), np.array([one.gain for one in seen])
    filtered = np.array([one.is_filtered for one in seen])
    alone = filtered & (what == _NONE)
    fitted = [regression.logistic(sets[alone], (gain < 0)[alone].astype(np.float64), _RIDGE)]
    fitted[0][0] -= np.log(_WORSE / (1 - _WORSE))
    part = np.array([one.face % _HELD for one in seen])
    helped, harmed = filtered & (gain > 0), filtered & (gain < 0)
    for name, alarms in ((_DOUBLE, _REFUSED), (_OVERLAID, _REFUSED), (_ALIKE, _UNPAINTED)):
        sought = (what == name) & (~helped | (name == _ALIKE))
        chosen = sought | ((what == _NONE) & ~harmed)
        fitted.append(_told_apart(sets[chosen], sought[chosen], part[chosen], alarms))
    coefficients.EVIDENCE = tuple(tuple(weights.tolist()) for weights in fitted)


def _told_apart(sets: Values, positive: NDArray[np.bool_], part: NDArray[np.intp], alarms: float) -> Values:
    """Weights that `alarms` of the negatives reach, as fits tell that never saw their faces."""
    labels, odds = positive.astype(np.float64), np.zeros(len(sets))
    for number in range(_HELD):
        others = part != number
        odds[~others] = sets[~others] @ regression.logistic(sets[others], labels[others], _RIDGE)
    weights = regression.logistic(sets, labels, _RIDGE)
    weights[0] -= float(np.quantile(odds[~positive], 1 - alarms))
    return weights


def _held_out(seen: Sequence[Seen]) -> list[Judgement]:
    """Every face judged by a fit to the other faces: what is to be expected of faces that were never seen."""
    found: dict[int, Judgement] = {}
    for part in range(_HELD):
        _fit([one for one in seen if one.face % _HELD != part])
        judged = {
            place: agreement.judged(one.row, one.confidence)
            for place, one in enumerate(seen)
            if one.face % _HELD == part
        }
        found |= judged
    return [found[place] for place in range(len(seen))]


def _standard(rows: Values) -> Values:
    unit = (rows - coefficients.EVIDENCE_MEANS) / np.asarray(coefficients.EVIDENCE_SPREADS)
    return np.hstack([np.ones((len(rows), 1)), np.clip(unit, -4, 4)])


def _print(seen: Sequence[Seen], judged: Sequence[Judgement], how: str) -> None:
    """By what was done: what is refused and not painted; how often the filter would make it worse, and that is left."""
    refused = np.array([bool(one.refusal) for one in judged])
    unpainted = np.array([bool(one.unpaintable) for one in judged])
    filtered = np.array([one.is_filtered for one in seen])
    gain = np.array([one.gain for one in seen])
    used = filtered & np.array([not one.forbids for one in judged])
    click.echo(f"{len(seen)} blurred faces, {how}")
    heads = ("shots", "refused", "unpainted", "worse", "let pass", "better", "let pass")
    click.echo(f"{'':<34}" + "".join(f"{head:>10}" for head in heads))
    for what, name in dict.fromkeys((one.what, name) for one in seen for name in ("", one.name)):
        of_it = np.array([one.what == what and name in {"", one.name} for one in seen])
        worse, better = of_it & filtered & (gain < 0), of_it & filtered & (gain > 0)
        cells = (refused[of_it], unpainted[of_it], worse[of_it], used[worse], better[of_it], used[better])
        told = "".join(f"{_mean(cell):>10.3f}" for cell in cells)
        click.echo(f"{f'{what} {name}':<34}{of_it.sum():>10}{told}")
    _print_use(seen, judged, refused)


def _print_use(seen: Sequence[Seen], judged: Sequence[Judgement], refused: NDArray[np.bool_]) -> None:
    """Of faces with nothing before them."""
    click.echo("\nBy kind: refused; how often the filter is used, its mean gain then, how often it is worse; if always")
    clean = np.array([one.what == _NONE for one in seen])
    able = clean & np.array([one.is_filtered for one in seen])
    used = able & np.array([not one.forbids for one in judged])
    kinds, gain = np.array([one.kind for one in seen]), np.array([one.gain for one in seen])
    for kind in DEGRADED:
        chosen, possible = used & (kinds == kind), able & (kinds == kind)
        share = chosen.sum() / max(1, possible.sum())
        cells = (_mean(refused[clean & (kinds == kind)]), share, _mean(gain[chosen]), _mean(gain[chosen] < 0))
        click.echo(f"{kind:<22}" + "".join(f"{cell:9.3f}" for cell in (*cells, _mean(gain[possible]))))


def _mean(values: NDArray[np.float64] | NDArray[np.bool_]) -> float:
    return float(values.mean()) if len(values) else float("nan")


if __name__ == "__main__":
    main()
