"""What is gained, and what could be: python -m tests.benchmarks.gains FACES [--sheets FOLDER] prints a table.

FACES is any folder of square, FFHQ-aligned pictures of sharp faces. Each is blurred by a kernel that is known, so that
beside gpend, gpend without the kernel network, half of the raw network and unsharp masking stands the Wiener filter
that is told the kernel: its share that gpend reaches is the score. With --sheets, a picture for each kind: the input,
gpend before, gpend now, the truth.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core import align, deconvolution
from gpend.core.blur import Blur
from gpend.core.networks import Networks
from gpend.core.photo import Plane
from gpend.fitting import shots, trials
from gpend.fitting.degradations import Kind, Random, Shot, saved
from gpend.fitting.shots import Sample
from gpend.models.loading import load
from gpend.settings import CoreSettings
from tests.benchmarks import kernels
from tests.benchmarks.differences import Distance, decibels, known

INPUT, BEFORE, NOW, HALF, UNSHARP, KNOWN = "input", "before", "now", "half raw", "unsharp", "kernel known"
WAYS = (BEFORE, NOW, HALF, UNSHARP, KNOWN)
SHOWN = 12
"""Faces on a contact sheet."""

_UNSHARP = (2.0, 1.0)  # radius in pixels, and amount
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Row:
    """One kind of blur at one severity."""

    name: str
    kernel: Callable[[Random], Plane]
    noise: float = 2.5  # of 255, standard deviation
    light: float = 1.0
    saves: int = 1  # how often it is saved as a JPEG
    in_light: bool = False  # whole photos: blurred as light, as by a camera, and not as it is stored
    dark: float | None = None  # whole photos: taken by a phone's camera by day (0) up to next to no light (1)


ROWS = (
    Row("Gaussian 1.5", lambda _: kernels.gaussian(1.5)),
    Row("Gaussian 3", lambda _: kernels.gaussian(3)),
    Row("Gaussian 4.5", lambda _: kernels.gaussian(4.5)),
    Row("focus 5", lambda _: kernels.disc(5)),
    Row("focus 8", lambda _: kernels.disc(8)),
    Row("motion 9", lambda random: kernels.straight(9, random)),
    Row("motion 17", lambda random: kernels.straight(17, random)),
    Row("motion 27", lambda random: kernels.straight(27, random)),
    Row("curved shake 8", lambda random: kernels.curved(8, random)),
    Row("curved shake 12", lambda random: kernels.curved(12, random)),
    Row("curved shake 20", lambda random: kernels.curved(20, random)),
    Row("dark room", lambda _: kernels.gaussian(2), noise=9, light=0.5),
    Row("noise 14", lambda _: kernels.gaussian(1), noise=14),
    Row("motion 9, saved twice", lambda random: kernels.straight(9, random), saves=2),
)


@click.command(help=__doc__)
@click.argument("faces", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--every", default=8, show_default=True, help="Take every n-th face.")
@click.option("--seed", default=1, show_default=True)
@click.option("--sheets", type=click.Path(file_okay=False, path_type=Path), help="A folder for contact sheets.")
def main(faces: Path, *, every: int, seed: int, sheets: Path | None) -> None:
    """Print the tables."""
    networks, paths = load(CoreSettings()), shots.faces(faces, every)
    measures = known(networks)
    click.echo(f"{len(paths)} faces, seed {seed}; mean of {' / '.join(measures)} to the truth, share of faces nearer")
    click.echo(f"{'':<22}" + "".join(f"{way:>34}" for way in (INPUT, *WAYS)) + "   of the known kernel's gain")
    for number, row in enumerate(ROWS):
        pictures = list(_pictures(row, paths, networks, np.random.default_rng(seed + number)))
        click.echo(_line(row.name, pictures, measures))
        if sheets is not None:
            sheets.mkdir(parents=True, exist_ok=True)
            _draw(pictures[:SHOWN], sheets / f"{row.name.replace(' ', '-')}.png")


def _pictures(row: Row, paths: Sequence[Path], networks: Networks, random: Random) -> Iterator[dict[str, Plane]]:
    for path in paths:
        clean, kernel = shots.loaded(path), row.kernel(random)
        sample = shots.sampled(_shot(clean, kernel, row, random))
        yield _ways(sample, kernel, networks) | {"truth": trials.truth_of(sample)}


def _shot(clean: NDArray[np.uint8], kernel: Plane, row: Row, random: Random) -> Shot:
    truth = np.asarray(cv2.resize(clean, (shots.SIDE,) * 2, interpolation=cv2.INTER_AREA), np.float32) * row.light
    blurred = cv2.filter2D(truth, -1, kernel[::-1, ::-1], borderType=cv2.BORDER_REFLECT_101)
    seen = np.asarray(blurred + random.normal(0, row.noise, truth.shape), np.float32)
    quality = int(random.choice([85, 92, 95]))
    for _ in range(row.saves):
        seen = saved(seen, quality).astype(np.float32)
    whole = [np.asarray(np.rint(np.clip(picture, 0, 255)), np.uint8) for picture in (seen, truth)]
    return Shot(whole[0], whole[1], Kind.MOTION, 0, 133, quality)


def _ways(sample: Sample, kernel: Plane, networks: Networks) -> dict[str, Plane]:
    crop = sample.crop
    raw = np.clip(networks.restore(crop[None])[0], 0, 1)
    seen = trials.seen_of(sample, Blur(kernel, 1.0))
    known = deconvolution.deconvolve(seen.padded, seen.blur, seen.noise, align.scale_of(seen.transform)).restored
    sharper = crop + _UNSHARP[1] * (crop - cv2.GaussianBlur(crop, (0, 0), _UNSHARP[0]))
    return {
        INPUT: crop,
        BEFORE: _ours(sample, None, replace(networks, estimate=None)),
        NOW: _ours(sample, trials.blur_of(sample, networks), networks),
        HALF: np.asarray((crop + raw) / 2, np.float32),
        UNSHARP: np.asarray(np.clip(sharper, 0, 1), np.float32),
        KNOWN: known,
    }


def _ours(sample: Sample, blur: Blur | None, networks: Networks) -> Plane:
    attempt = trials.attempted(sample, blur, networks)
    if attempt is None or attempt.refusal:
        return sample.crop
    return trials.applied(sample.crop, attempt, sample.transform)


def _line(name: str, pictures: Sequence[dict[str, Plane]], measures: dict[str, Distance]) -> str:
    """(count, measures) for every way, as one line of means and shares."""
    found = {
        way: np.array([[take(one[way], one["truth"], one["truth"]) for take in measures.values()] for one in pictures])
        for way in (INPUT, *WAYS)
    }
    cells = [_cell(found[INPUT], None)] + [_cell(found[way], found[INPUT]) for way in WAYS]
    gains = {way: float((found[INPUT] - found[way])[:, 0].mean()) for way in (NOW, KNOWN)}
    share = gains[NOW] / gains[KNOWN] if gains[KNOWN] > 0 else float("nan")
    before, now = (np.mean([decibels(one[way], one["truth"]) for one in pictures]) for way in (INPUT, NOW))
    return f"{name:<22}" + "".join(f"{cell:>34}" for cell in cells) + f"   {share:.0%}, {now - before:+.2f} dB"


def _cell(values: Values, before: Values | None) -> str:
    means = " / ".join(f"{value:.3f}" for value in values.mean(0))
    if before is None:
        return means
    return means + ", " + "/".join(f"{share:.0%}" for share in (values < before).mean(0))


def _draw(pictures: Sequence[dict[str, Plane]], place: Path) -> None:
    rows = [np.hstack([one[way] for way in (INPUT, BEFORE, NOW, "truth")]) for one in pictures]
    half = -(-len(rows) // 2)
    rows += [np.zeros_like(rows[0])] * (2 * half - len(rows))
    sheet = np.hstack([np.vstack(rows[:half]), np.vstack(rows[half:])])
    cv2.imwrite(str(place), cv2.cvtColor(np.asarray(np.rint(np.clip(sheet, 0, 1) * 255), np.uint8), cv2.COLOR_RGB2BGR))


if __name__ == "__main__":
    main()
