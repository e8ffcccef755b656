"""How well gpend judges faces: python -m tests.benchmarks.judgement FACES [--fit] prints tables, with seeds.

FACES is any folder of square, FFHQ-aligned pictures of sharp faces. With --fit the coefficients of the measure are
fitted to them first, and written; keep faces to measure on apart from those. Whether a restored face is still the same
person is measured too where dlib is: `pip install dlib-bin face-recognition-models`.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core import coefficients, sharpness
from gpend.core.blend import blended, weights_of
from gpend.core.blockiness import blockiness
from gpend.core.networks import Networks
from gpend.core.photo import Plane
from gpend.fitting import shots, trials
from gpend.fitting.degradations import DEGRADED, SEVERITIES, Kind, shot
from gpend.fitting.shots import Sample
from gpend.models.loading import load
from gpend.settings import CoreSettings
from tests.benchmarks import calibrating, regression, samples
from tests.benchmarks.differences import Distance, colour_shift, known

Values = NDArray[np.float64]
RAW, HALF, OURS, BEFORE = "raw network", "half of it", "gpend", "as it was"
WAYS = (RAW, HALF, OURS)
CLEARLY = {"structure": 0.02, "features": 0.02, "identity": 0.05}
"""Differences that are no chance: a sharp face saved as JPEG anew moves by about as much."""


@dataclass(frozen=True)
class Measured:
    """What is kept of a shot: crops by the thousand would fill the memory."""

    kind: Kind
    severity: int
    terms: sharpness.Terms
    others: dict[str, float]  # by the name of another measure: higher is more blurred

    @classmethod
    def of(cls, sample: Sample) -> "Measured":
        """The shot without its pixels."""
        others = {name: -measure(sample.crop) for name, measure in OTHERS.items()}
        return cls(sample.shot.kind, sample.shot.severity, sample.terms, others)


@dataclass(frozen=True)
class Tried:
    """A shot beside its truth, and what the network alone makes of it; all as measured crops."""

    sample: Sample
    truth: Plane
    output: Plane

    @classmethod
    def of(cls, sample: Sample, networks: Networks) -> "Tried":
        """Ask the network."""
        return cls(sample, trials.truth_of(sample), np.asarray(networks.restore(sample.crop[None])[0]))


@dataclass(frozen=True)
class Restoration:
    """What became of a shot: distances from the truth by way and measure; those of gpend only if it restored it."""

    kind: Kind
    severity: int
    strength: float  # 0 where gpend left the face alone
    distances: dict[str, dict[str, float]]

    def nearer(self, way: str, measure: str) -> bool:
        """Whether this way brought the face nearer to the truth."""
        return self.worsened(way, measure) < 0

    def worsened(self, way: str, measure: str) -> float:
        """How much farther from the truth this way left the face than it was."""
        return self.distances[way][measure] - self.distances[BEFORE][measure]


@click.command(help=__doc__)
@click.argument("faces", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--fit", is_flag=True, help="Fit the coefficients first, and write gpend/core/coefficients.py.")
@click.option("--every", default=1, show_default=True, help="Take every n-th face.")
@click.option("--each", default=8, show_default=True, help="Shots of each face; a quarter as many are restored.")
@click.option("--seed", default=1, show_default=True)
def main(faces: Path, *, fit: bool, every: int, each: int, seed: int) -> None:
    """Print the tables."""
    paths = shots.faces(faces, every)
    networks = load(CoreSettings())
    found = [Measured.of(sample) for sample in samples.samples(paths, each, np.random.default_rng(seed))]
    tries = max(1, each // 4)
    if fit:
        _fit(found)
    restored = _restorations(paths, tries, networks, seed + 1)
    click.echo(f"{len(paths)} faces, {len(found)} shots, {len(restored)} of them restored, seed {seed}\n")
    _print_areas(found)
    _print_decisions(found)
    _print_nearness(restored)
    _print_gains(restored)
    _print_harm(restored)
    _print_costs(paths, networks, np.random.default_rng(seed + 2))


def _fit(found: Sequence[Measured]) -> None:
    """How much of a network's change is used is fitted elsewhere: `gpend weights fit`."""
    is_degraded = np.array([one.kind is not Kind.SHARP for one in found], np.float64)
    calibrating.fit_log_odds([one.terms for one in found], is_degraded)
    click.echo(f"Written: {calibrating.write()}\n")


def _tried(paths: Sequence[Path], each: int, networks: Networks, seed: int) -> Iterator[Tried]:
    for sample in samples.spoiled(paths, each, np.random.default_rng(seed)):
        yield Tried.of(sample, networks)


def _restorations(paths: Sequence[Path], each: int, networks: Networks, seed: int) -> list[Restoration]:
    measures = known(networks)
    return [_restoration(tried, networks, measures) for tried in _tried(paths, each, networks, seed)]


def _restoration(tried: Tried, networks: Networks, measures: dict[str, Distance]) -> Restoration:
    crop, output = tried.sample.crop, np.clip(tried.output, 0, 1)
    pictures = {BEFORE: crop, RAW: output, HALF: crop + 0.5 * (output - crop)}
    strength, ours = _ours(tried.sample, networks)
    if ours is not None:
        pictures[OURS] = ours
    found = {
        way: {name: measure(picture, tried.truth, tried.truth) for name, measure in measures.items()}
        for way, picture in pictures.items()
    }
    return Restoration(tried.sample.shot.kind, tried.sample.shot.severity, strength, found)


def _ours(sample: Sample, networks: Networks) -> tuple[float, Plane | None]:
    """The restored crop, if gpend's judgement, its choice of strength and its gates let it come to that."""
    found = trials.blur_of(sample, networks)
    attempt = trials.attempted(sample, found, networks)
    if attempt is None or attempt.refusal:
        return 0.0, None
    return float(np.abs(attempt.change).mean()), trials.applied(sample.crop, attempt, sample.transform)


def _print_areas(found: Sequence[Measured]) -> None:
    """Area under the ROC curve against the sharp controls, beside measures that others use."""
    kinds = np.array([sample.kind for sample in found])
    scores = {"gpend": _needs(found)} | {name: np.array([one.others[name] for one in found]) for name in OTHERS}
    click.echo("Area under the ROC curve   " + "".join(f"{name:>11}" for name in scores))
    for kind in (*DEGRADED, None):
        chosen = np.ones(len(kinds), np.bool_) if kind is None else (kinds == kind) | (kinds == Kind.SHARP)
        labels = (kinds[chosen] != Kind.SHARP).astype(np.float64)
        areas = (regression.area_under_curve(values[chosen], labels) for values in scores.values())
        click.echo(f"{kind or 'all':<27}" + "".join(f"{area:11.4f}" for area in areas))


def _print_decisions(found: Sequence[Measured]) -> None:
    click.echo("\nBelow the default threshold, by severity, and in all")
    for name, kinds in {**{kind.value: (kind,) for kind in Kind}, "all but sharp": DEGRADED}.items():
        of_kinds = [one for one in found if one.kind in kinds]
        groups = ([one for one in of_kinds if one.severity == severity] for severity in range(SEVERITIES))
        click.echo(f"{name:<27}" + "".join(f"{_below(group):>11}" for group in (*groups, of_kinds)))


def _below(group: Sequence[Measured]) -> str:
    return f"{(_needs(group) > 0).mean():.3f}" if group else "-"


def _print_nearness(restored: Sequence[Restoration]) -> None:
    """The share of the faces that gpend restores which come nearer to the truth, by way of restoring."""
    measures = tuple(restored[0].distances[BEFORE])
    width = 7 * len(measures) + 4
    click.echo(f"\nNearer to the sharp face: {' / '.join(measures)}")
    click.echo(f"{'':<22}" + "".join(f"{way:>{width}}" for way in WAYS) + f"{'gpend restores':>18}{'strength':>10}")
    for kind in Kind:
        of_kind = [one for one in restored if one.kind is kind]
        groups = {str(severity): [one for one in of_kind if one.severity == severity] for severity in range(SEVERITIES)}
        for name, group in (groups | {"all": of_kind}).items():
            tried = [one for one in group if one.strength > 0]
            cells = "".join(f"{_cell(tried, way, measures):>{width}}" for way in WAYS)
            mean = np.mean([one.strength for one in tried]) if tried else float("nan")
            click.echo(f"{kind:<18}{name:>4}{cells}{len(tried):>10} of {len(group):<4}{mean:10.2f}")


def _cell(group: Sequence[Restoration], way: str, measures: Sequence[str]) -> str:
    if not group:
        return "-"
    return " / ".join(f"{np.mean([one.nearer(way, measure) for one in group]):.2f}" for measure in measures)


def _print_gains(restored: Sequence[Restoration]) -> None:
    """Mean distance from the truth against that of the blurred face, over the faces that gpend restores."""
    measures = tuple(restored[0].distances[BEFORE])
    width = 7 * len(measures) + 4
    click.echo(f"\nDistance from the sharp face, of the blurred one's: {' / '.join(measures)}")
    click.echo(f"{'':<22}" + "".join(f"{way:>{width}}" for way in WAYS))
    for kind in (*DEGRADED, None):
        tried = [one for one in restored if one.strength > 0 and kind in (None, one.kind)]
        cells = "".join(f"{_ratios(tried, way, measures):>{width}}" for way in WAYS)
        click.echo(f"{kind or 'all':<22}{cells}")


def _ratios(group: Sequence[Restoration], way: str, measures: Sequence[str]) -> str:
    if not group:
        return "-"
    means = {
        name: np.mean([[one.distances[name][measure] for measure in measures] for one in group], axis=0)
        for name in (way, BEFORE)
    }
    return " / ".join(f"{ratio:.2f}" for ratio in means[way] / means[BEFORE])


def _print_harm(restored: Sequence[Restoration]) -> None:
    """The share of the faces that gpend restores which end clearly farther from the truth than they began."""
    measures = [name for name in restored[0].distances[BEFORE] if name in CLEARLY]
    tried = [one for one in restored if one.strength > 0]
    limits = ", ".join(f"{name} by {CLEARLY[name]}" for name in measures)
    click.echo(f"\nClearly farther from the sharp face ({limits}): {' / '.join(measures)}")
    for way in WAYS:
        shares = (np.mean([one.worsened(way, name) > CLEARLY[name] for one in tried]) for name in measures)
        click.echo(f"{way:<22}" + " / ".join(f"{share:.3f}" for share in shares))


def _print_costs(paths: Sequence[Path], networks: Networks, random: np.random.Generator) -> None:
    shifts, crops = [], []
    for path in paths[:40]:
        tried = Tried.of(shots.sampled(shot(shots.loaded(path), Kind.GAUSSIAN, 1, 150, random)), networks)
        weights = weights_of(networks.restore.fit.on_photo, tried.sample.terms)
        shifts.append(colour_shift(tried.sample.crop, blended(tried.output, tried.sample.crop, weights.shares, 1.0)))
        crops.append(tried.sample.crop)
    under = [np.asarray(np.rint(crop * 255), np.uint8)[48:208, 64:192] for crop in crops]
    blockiness(under[0])  # its combs are made once
    start = time.process_time()
    for crop, pixels in zip(crops, under, strict=True):
        sharpness.measure(crop, 1.0, blockiness(pixels))
    each = (time.process_time() - start) / len(crops)
    click.echo(f"\nMean colour difference after low-pass, at full strength: {np.mean(shifts):.2f} (CIE76)")
    click.echo(f"One measure: {1000 * each:.1f} ms of CPU time")


def _needs(found: Sequence[Measured]) -> Values:
    """The log-odds that each face needs restoring."""
    sets = sharpness.quadratic(calibrating.rows([one.terms for one in found]))
    return np.asarray(sets @ np.asarray(coefficients.LOG_ODDS))


def _luma(crop: Plane) -> Plane:
    return np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), np.float32)


def _laplacian(crop: Plane) -> float:
    return float(cv2.Laplacian(_luma(crop), cv2.CV_32F).var())


def _tenengrad(crop: Plane) -> float:
    luma = _luma(crop)
    return float((cv2.Sobel(luma, cv2.CV_32F, 1, 0) ** 2 + cv2.Sobel(luma, cv2.CV_32F, 0, 1) ** 2).mean())


def _spectrum(crop: Plane) -> float:
    power = np.abs(np.fft.fftshift(np.fft.fft2(_luma(crop)))) ** 2
    side = power.shape[0]
    radius = np.hypot(*(np.mgrid[0:side, 0:side] - side / 2))
    return float(power[radius > side / 8].sum() / power[radius > 2].sum())


OTHERS: dict[str, Callable[[Plane], float]] = {
    "Laplacian": _laplacian,
    "Tenengrad": _tenengrad,
    "FFT ratio": _spectrum,
}


if __name__ == "__main__":
    main()
