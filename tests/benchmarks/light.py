"""How well is it told whether light was blurred, or tones: python -m tests.benchmarks.light FACES [--fit].

FACES is any folder of square, FFHQ-aligned pictures of sharp faces. Each is blurred by a drawn kernel, every other as
light, as by a camera, and stored as a JPEG; then the filter and the refining network take the blur out, as that of
tones and as that of light. With --fit the coefficients are fitted first, and written; keep faces to measure on apart
from those. It takes some four minutes of one core for 1,000 faces; what gpend has was fitted with --every 3.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core import agreement, align, coefficients, deconvolution, light, refining
from gpend.core.networks import Networks
from gpend.core.photo import Plane
from gpend.core.seen import Seen
from gpend.fitting import shots, trials
from gpend.fitting.degradations import FACE_SHARE, Image, Kind, Random, Shot, resized, saved
from gpend.models.loading import load
from gpend.settings import CoreSettings
from gpend.training.kernels import log_uniform
from tests.benchmarks import calibrating, kernels, regression
from tests.benchmarks.differences import structure

_RIDGE = 1.0
_FARTHER = 3.0  # times that it counts where light would take a face of blurred tones farther from the truth
_WIDTHS = (60.0, 450.0)  # of faces, in pixels of the photo
_EXPONENT = (1.6, 2.4)  # of tones to light: of cameras whose curve is not that of sRGB, which every other one has
_NOISE = (0.5, 10.0)  # levels of 255, standard deviation
_QUALITY = (40, 97)
_GAUSSIAN, _RADIUS, _STRAIGHT, _CURVED = (1.0, 6.0), (2.0, 10.0), (5.0, 28.0), (5.0, 24.0)  # pixels of the crop of SIDE
_KINDS = ("Gaussian", "focus", "straight", "curved")

SHARES = (0.0, 0.5, 1.0)

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Blurred:
    """A face whose blur may be taken out, and what comes of it."""

    kind: str
    is_light: bool
    gradients: float  # of `light.Told`
    leftover: float
    share: float  # of what light gains, which gpend takes off
    gains: tuple[float, ...]  # of structural similarity, for each of SHARES of what light gains taken off

    @property
    def bent(self) -> float:
        """How far the parabola through the gains is bent."""
        first, half, last = self.gains
        return 2 * (2 * half - first - last)

    def gain(self, share: float) -> float:
        """Of structural similarity, by that parabola."""
        first, _, last = self.gains
        return first + (last - first) * share + self.bent * share * (1 - share)


@click.command(help=__doc__)
@click.argument("faces", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--fit", is_flag=True, help="Fit the coefficients first, and write gpend/core/coefficients.py.")
@click.option("--every", default=2, show_default=True, help="Take every n-th face.")
@click.option("--seed", default=1, show_default=True)
def main(faces: Path, *, fit: bool, every: int, seed: int) -> None:
    """Print the table."""
    networks = load(CoreSettings())
    seen = list(_seen(shots.faces(faces, every), networks, np.random.default_rng(seed)))
    if fit:
        _fit(seen)
        click.echo(f"Written: {calibrating.write()}: measure with it in another run")
    else:
        _print(seen)


def _seen(paths: Sequence[Path], networks: Networks, random: Random) -> Iterator[Blurred]:
    for number, path in enumerate(paths):
        kind, is_light = _KINDS[number // 2 % len(_KINDS)], bool(number % 2)
        clean = shots.lit(shots.loaded(path), random)
        sample = shots.sampled(shot(clean, _kernel(kind, random), random, is_light=is_light))
        blur = trials.blur_of(sample, networks)
        if blur is None or not deconvolution.helps(blur):
            continue
        seen, truth = trials.seen_of(sample, blur), trials.truth_of(sample)
        if _is_refused(seen):
            continue
        told = light.compared(seen)
        ways = (replace(seen, brighter=told.brighter * np.float32(share)).as_tones for share in SHARES)
        before = structure(sample.crop, truth, truth)
        gains = tuple(before - structure(_restored(way, networks), truth, truth) for way in ways)
        yield Blurred(kind, is_light, told.gradients, told.leftover, told.share, gains)


def shot(clean: Image, kernel: Plane, random: Random, *, is_light: bool) -> Shot:
    """A face as a JPEG holds it, its light or its tones blurred by a kernel for a crop of SIDE."""
    exponent = random.uniform(*_EXPONENT)
    is_srgb = random.uniform() < 0.5
    there = np.asarray(resized(clean, shots.SIDE) / 255.0, np.float32)
    if is_light:
        there = light.light_of(there) if is_srgb else there ** np.float32(exponent)
    moved = cv2.filter2D(there, -1, np.ascontiguousarray(kernel[::-1, ::-1]), borderType=cv2.BORDER_REFLECT_101)
    blurred = np.asarray(np.clip(moved, 0, 1), np.float32)
    if is_light:
        blurred = light.stored(blurred) if is_srgb else blurred ** np.float32(1 / exponent)
    width = log_uniform(random, *_WIDTHS)
    side = round(width / FACE_SHARE)
    image = resized(np.asarray(np.rint(255 * blurred), np.uint8), side).astype(np.float32)
    grain = random.normal(0, log_uniform(random, *_NOISE), image.shape).astype(np.float32)
    quality = int(random.integers(*_QUALITY))
    return Shot(saved(image + grain, quality), resized(clean, side), Kind.MOTION, 0, width, quality)


def _kernel(kind: str, random: Random) -> Plane:
    match kind:
        case "Gaussian":
            return kernels.gaussian(random.uniform(*_GAUSSIAN))
        case "focus":
            return kernels.disc(random.uniform(*_RADIUS))
        case "straight":
            return kernels.straight(random.uniform(*_STRAIGHT), random)
        case _:
            return kernels.curved(random.uniform(*_CURVED), random)


def _is_refused(seen: Seen) -> bool:
    """Whether the physical gate lets nothing be taken out."""
    found = deconvolution.deconvolve(seen.padded, seen.blur, seen.noise, align.scale_of(seen.transform))
    return bool(agreement.judgement(found, seen.crop, seen.blur, seen.noise, seen.terms).forbids)


def _restored(seen: Seen, networks: Networks) -> Plane:
    found = deconvolution.deconvolve(seen.padded, seen.blur, seen.noise, align.scale_of(seen.transform))
    return trials.resized(refining.refined(found.restored, seen, networks, alone=False), shots.SIDE)


def _fit(seen: Sequence[Blurred]) -> None:
    """A logistic fit of which way comes nearer to the truth; a face counts by how much, and for more if by tones."""
    rows = np.array([(1.0, one.gradients, one.leftover) for one in seen])
    spread = rows[:, 1:].std(0)
    rows[:, 1:] /= spread
    nearer = np.array([one.gains[-1] - one.gains[0] for one in seen])
    counts = np.where(nearer < 0, -_FARTHER * nearer, nearer)
    weights = regression.logistic(rows, (nearer > 0).astype(np.float64), _RIDGE, counts=counts / counts.mean())
    coefficients.LIGHT = (float(weights[0]), *(weights[1:] / spread).tolist())


def _print(seen: Sequence[Blurred]) -> None:
    """By kind: the mean share that is taken off, and the mean gain in structure by each of SHARES, and by that."""
    click.echo(f"{'':<24}{'faces':>8}{'share':>8}{'as tones':>10}{'half':>10}{'as light':>10}{'as told':>10}")
    for kind in _KINDS:
        for is_light in (False, True):
            chosen = [one for one in seen if (one.kind, one.is_light) == (kind, is_light)]
            if not chosen:
                continue
            gains = np.array([one.gains for one in chosen]).mean(0)
            told = np.mean([one.gain(one.share) for one in chosen])
            means = "".join(f"{value:>10.4f}" for value in (*gains, told))
            name, share = f"{kind}, {'light' if is_light else 'tones'}", np.mean([one.share for one in chosen])
            click.echo(f"{name:<24}{len(chosen):>8}{share:>8.2f}{means}")


if __name__ == "__main__":
    main()
