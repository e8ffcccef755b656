"""How well gpend judges faces: python -m tests.benchmarks.judgement FACES [--fit] prints tables, with seeds.

FACES is any folder of square, FFHQ-aligned pictures of sharp faces. With --fit the coefficients of the measure are
fitted to them first, and written; keep faces to measure on apart from those.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core import coefficients, restore, sharpness
from gpend.core.networks import Networks
from gpend.core.photo import Plane
from gpend.core.strength import LIGHT, strength
from gpend.models.loading import load
from gpend.settings import CoreSettings
from tests.benchmarks import fitting, material
from tests.benchmarks.degradations import DEGRADED, SEVERITIES, Kind, shot
from tests.benchmarks.material import Sample
from tests.benchmarks.restoring import Curve, FaceFeatures, colour_shift, curve

Values = NDArray[np.float64]
TOUCHED = 0.004  # share of the sharp faces of the fit that may fall below the default threshold
HURT = 0.12  # quantile of the largest good strength that is aimed at


@dataclass(frozen=True)
class Measured:
    """What is kept of a shot: crops by the thousand would fill the memory."""

    kind: Kind
    severity: int
    terms: dict[str, float]
    others: dict[str, float]  # by the name of another measure: higher is more blurred

    @classmethod
    def of(cls, sample: Sample) -> "Measured":
        """The shot without its pixels."""
        others = {name: -measure(sample.crop) for name, measure in OTHERS.items()}
        return cls(sample.shot.kind, sample.shot.severity, sample.terms, others)


@click.command(help=__doc__)
@click.argument("faces", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--fit", is_flag=True, help="Fit the coefficients first, and write gpend/core/coefficients.py.")
@click.option("--every", default=1, show_default=True, help="Take every n-th face.")
@click.option("--each", default=8, show_default=True, help="Shots of each face; a quarter as many are restored.")
@click.option("--seed", default=1, show_default=True)
def main(faces: Path, *, fit: bool, every: int, each: int, seed: int) -> None:
    """Print the tables."""
    paths = material.faces(faces, every)
    networks = load(CoreSettings())
    found = [Measured.of(sample) for sample in material.samples(paths, each, np.random.default_rng(seed))]
    curves = _curves(paths, max(1, each // 4), networks, np.random.default_rng(seed + 1))
    if fit:
        _fit(found, curves)
    click.echo(f"{len(paths)} faces, {len(found)} shots, {len(curves)} restored shots, seed {seed}\n")
    _print_areas(found)
    _print_decisions(found)
    _print_nearness(curves)
    _print_costs(paths, networks, np.random.default_rng(seed + 2))


def _curves(paths: Sequence[Path], each: int, networks: Networks, random: np.random.Generator) -> list[Curve]:
    features, curves = FaceFeatures(networks), []
    for path in paths:
        clean = material.loaded(path)
        for _ in range(each):
            kind = DEGRADED[int(random.integers(len(DEGRADED)))] if random.uniform() < 0.85 else Kind.SHARP
            face_px = float(np.exp(random.uniform(np.log(50), np.log(500))))
            taken = shot(material.lit(clean, random), kind, int(random.integers(SEVERITIES)), face_px, random)
            curves.append(curve(material.sampled(taken), networks, features))
    return curves


def _rows(samples: Sequence[Measured | Curve]) -> Values:
    return np.array([list(sample.terms.values()) for sample in samples])


def _fit(found: Sequence[Measured], curves: Sequence[Curve]) -> None:
    terms = _rows(found)
    coefficients.MEANS = tuple(terms.mean(0).round(4).tolist())
    coefficients.SPREADS = tuple(terms.std(0).round(4).tolist())
    rows = sharpness.quadratic(terms)
    labels = np.array([sample.kind is not Kind.SHARP for sample in found], np.float64)
    need = fitting.logistic(rows, labels, 4.0)
    need[0] -= float(np.quantile((rows @ need)[labels == 0], 1 - TOUCHED))
    tried = sharpness.quadratic(_rows(curves))
    helped = np.array([one.nearer(LIGHT)[1] for one in curves], np.float64)
    largest = np.array([one.largest() for one in curves])
    coefficients.NEED = tuple(need.tolist())
    coefficients.HELP = tuple(fitting.logistic(tried, helped, 6.0).tolist())
    coefficients.STRENGTH = tuple(fitting.quantile(tried, largest, HURT, 60.0).tolist())
    Path(coefficients.__file__).write_text(_module(), encoding="utf-8")


def _module() -> str:
    lines = ['"""The fitted part of the sharpness measure: `python -m tests.benchmarks.judgement FACES --fit`."""\n']
    lines.append("# fmt: off\n")
    for name in ("MEANS", "SPREADS", "NEED", "HELP", "STRENGTH"):
        values = [f"{value:.4f}," for value in getattr(coefficients, name)]
        lines += [f"{name} = ("] + ["    " + " ".join(values[i : i + 10]) for i in range(0, len(values), 10)] + [")"]
    return "\n".join(lines) + "\n"


def _print_areas(found: Sequence[Measured]) -> None:
    """Area under the ROC curve against the sharp controls, beside measures that others use."""
    kinds = np.array([sample.kind for sample in found])
    scores = {"gpend": _needs(found)} | {name: np.array([one.others[name] for one in found]) for name in OTHERS}
    click.echo("Area under the ROC curve   " + "".join(f"{name:>11}" for name in scores))
    for kind in (*DEGRADED, None):
        chosen = np.ones(len(kinds), np.bool_) if kind is None else (kinds == kind) | (kinds == Kind.SHARP)
        labels = (kinds[chosen] != Kind.SHARP).astype(np.float64)
        areas = (fitting.area_under_curve(values[chosen], labels) for values in scores.values())
        click.echo(f"{kind or 'all':<27}" + "".join(f"{area:11.4f}" for area in areas))


def _print_decisions(found: Sequence[Measured]) -> None:
    click.echo("\nBelow the default threshold, by severity")
    for kind in Kind:
        shares = []
        for severity in range(SEVERITIES):
            chosen = [one for one in found if one.kind is kind and one.severity == severity]
            shares.append(float((_needs(chosen) > 0).mean()) if chosen else float("nan"))
        click.echo(f"{kind:<27}" + "".join(f"{share:11.3f}" for share in shares))


def _print_nearness(curves: Sequence[Curve]) -> None:
    """The share of faces nearer to the truth: structure and features, by way of choosing."""
    ways: dict[str, Callable[[Curve], float]] = {
        "raw network": lambda _: 1.0,
        "half of it": lambda _: 0.5,
        "gpend": lambda one: strength(one.terms),
    }
    click.echo("\nNearer to the sharp face (structure / features)")
    click.echo(f"{'':<22}" + "".join(f"{name:>18}" for name in ways) + f"{'gpend restores':>18}{'strength':>10}")
    for kind in DEGRADED:
        for severity in range(SEVERITIES):
            group = [one for one in curves if one.kind is kind and one.severity == severity]
            tried = [one for one in group if strength(one.terms) > 0]
            cells = "".join(f"{_share(tried, way):>18}" for way in ways.values())
            mean = np.mean([strength(one.terms) for one in tried]) if tried else float("nan")
            click.echo(f"{kind:<20}{severity:>2}{cells}{len(tried):>10} of {len(group):<4}{mean:10.2f}")


def _share(curves: Sequence[Curve], way: Callable[[Curve], float]) -> str:
    if not curves:
        return "-"
    nearer = np.mean([one.nearer(way(one)) for one in curves], axis=0)
    return f"{nearer[0]:.2f} / {nearer[1]:.2f}"


def _print_costs(paths: Sequence[Path], networks: Networks, random: np.random.Generator) -> None:
    shifts, crops = [], []
    for path in paths[:40]:
        sample = material.sampled(shot(material.loaded(path), Kind.GAUSSIAN, 1, 150, random))
        output = restore.matched(np.asarray(networks.restore(sample.crop[None])[0]), sample.crop)
        shifts.append(colour_shift(sample.crop, restore.blended(output, sample.crop, 1.0)))
        crops.append(sample.crop)
    start = time.process_time()
    for crop in crops:
        sharpness.measure(crop, 1.0, 0.0)
    each = (time.process_time() - start) / len(crops)
    click.echo(f"\nMean colour difference after low-pass, at full strength: {np.mean(shifts):.2f} (CIE76)")
    click.echo(f"One measure: {1000 * each:.1f} ms of CPU time")


def _needs(found: Sequence[Measured]) -> Values:
    """The log-odds that each face needs restoring."""
    return np.asarray(sharpness.quadratic(_rows(found)) @ np.asarray(coefficients.NEED))


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
