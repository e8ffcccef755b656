"""How well the physical gate tells what must not be restored: python -m tests.benchmarks.agreement FACES [--fit all].

FACES is any folder of square, FFHQ-aligned pictures of faces. They are blurred by drawn kernels, shrunk, or sent
through an app; some are there twice, before some lies something sharp, before some something as blurred as they are.
With --fit the coefficients of one judgement, or of all, are fitted first, and written; keep faces to measure on apart
from those. What the network tells of two exposures it knows best of the faces that it was fitted to: `--every 5` takes
those that `doubling` held out. With the defaults it takes some three minutes of one core for 300 faces.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from gpend.core import agreement, align, coefficients, deconvolution, refining, sharpness
from gpend.core.agreement import Judgement
from gpend.core.blur import Blur
from gpend.core.networks import Networks
from gpend.fitting import shots, trials
from gpend.fitting.degradations import DEGRADED, SEVERITIES, Image, Kind, Random, resized
from gpend.fitting.shots import Sample
from gpend.models.loading import load
from gpend.settings import CoreSettings, TriageSettings
from tests.benchmarks import calibrating, regression
from tests.benchmarks.coverings import COVERINGS, THIN, covered
from tests.benchmarks.differences import structure
from tests.benchmarks.overlays import doubled, overlaid, shot_of

_RIDGE = 6.0
_REFUSED = 0.005  # share of the faces with nothing before them that each of two fits may refuse: 1 % together
_UNPAINTED = 0.03  # share of them that may go without paint, and keep the filter
_WORSE = 0.35  # of the chance that the filter makes a face worse, from which on it is not used
_HELD = 5  # parts of the faces: each is judged by a fit to the others
_DOUBLE, _OVERLAID, _ALIKE, _NONE = "double exposure", "sharp before blurred", "blurred alike before", "nothing"
_SOUGHT = {"doubled": (_DOUBLE, _REFUSED), "overlaid": (_OVERLAID, _REFUSED), "before": (_ALIKE, _UNPAINTED)}
_DRAWN = (_NONE, _NONE, _NONE, _DOUBLE, _OVERLAID, _ALIKE)
_NAMES = (*COVERINGS, *THIN)
_FITS = tuple(each.name for each in fields(Judgement))

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
@click.option("--fit", type=click.Choice([*_FITS, "all"]), help="Fit this first, and write gpend/core/coefficients.py.")
@click.option("--every", default=8, show_default=True, help="Take every n-th face.")
@click.option("--each", default=2, show_default=True, help="Shots of each face.")
@click.option("--seed", default=1, show_default=True)
def main(faces: Path, *, fit: str | None, every: int, each: int, seed: int) -> None:
    """Print the table."""
    networks = load(CoreSettings())
    drawn = (_NONE, _NONE, _SOUGHT[fit][0]) if fit in _SOUGHT else _DRAWN
    seen = list(_seen(shots.faces(faces, every), each, drawn, networks, np.random.default_rng(seed)))
    if fit:
        names = _FITS if fit == "all" else (fit,)
        _print(seen, _held_out(seen, names), "each face judged by a fit to others")
        _fit(seen, names)
        click.echo(f"Written: {calibrating.write()}\n")
    _print(seen, [agreement.judged(one.row, one.confidence) for one in seen], "judged by the fit that gpend has")


def _seen(paths: Sequence[Path], each: int, drawn: Sequence[str], networks: Networks, random: Random) -> Iterator[Seen]:
    for number, path in enumerate(paths):
        for _ in range(each):
            what = drawn[int(random.integers(len(drawn)))]
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
        before, once, _ = doubled(clean, random)
    taken = shot_of(before, kind, severity, face_px, random)
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


def _fit(seen: Sequence[Seen], names: Sequence[str]) -> None:
    """Linear logistic fits on standardised evidence, into the coefficients; those not named stay as they are.

    What the filter brings nearer to the truth need not be refused, whatever it is: two exposures a little apart are a
    shake with two pauses. And a clean face that it takes away from the truth is no loss where it is refused.
    """
    rows = np.vstack([one.row for one in seen])
    if set(names) == set(_FITS):
        coefficients.EVIDENCE_MEANS = tuple(rows.mean(0).round(4).tolist())
        coefficients.EVIDENCE_SPREADS = tuple((rows.std(0) + 1e-4).round(4).tolist())
    sets = _standard(rows)
    what, gain = np.array([one.what for one in seen]), np.array([one.gain for one in seen])
    filtered = np.array([one.is_filtered for one in seen])
    part = np.array([one.face % _HELD for one in seen])
    helped, harmed = filtered & (gain > 0), filtered & (gain < 0)
    fitted = dict(zip(_FITS, coefficients.EVIDENCE, strict=True))
    if "worsens" in names:
        alone = filtered & (what == _NONE)
        worse = regression.logistic(sets[alone], (gain < 0)[alone].astype(np.float64), _RIDGE)
        worse[0] -= np.log(_WORSE / (1 - _WORSE))
        fitted["worsens"] = tuple(worse.tolist())
    for name, (sought_for, alarms) in _SOUGHT.items():
        if name in names:
            sought = (what == sought_for) & (~helped | (sought_for == _ALIKE))
            chosen = sought | ((what == _NONE) & ~harmed)
            fitted[name] = tuple(_told_apart(sets[chosen], sought[chosen], part[chosen], alarms).tolist())
    coefficients.EVIDENCE = tuple(fitted[name] for name in _FITS)


def _told_apart(sets: Values, positive: NDArray[np.bool_], part: NDArray[np.intp], alarms: float) -> Values:
    """Weights that `alarms` of the negatives reach, as fits tell that never saw their faces."""
    labels, odds = positive.astype(np.float64), np.zeros(len(sets))
    for number in range(_HELD):
        others = part != number
        odds[~others] = sets[~others] @ regression.logistic(sets[others], labels[others], _RIDGE)
    weights = regression.logistic(sets, labels, _RIDGE)
    weights[0] -= float(np.quantile(odds[~positive], 1 - alarms))
    return weights


def _held_out(seen: Sequence[Seen], names: Sequence[str]) -> list[Judgement]:
    """Every face judged by a fit to the other faces: what is to be expected of faces that were never seen."""
    found: dict[int, Judgement] = {}
    for part in range(_HELD):
        _fit([one for one in seen if one.face % _HELD != part], names)
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
