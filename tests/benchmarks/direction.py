"""How often is a shake told the wrong way round: python -m tests.benchmarks.direction FACES PHOTOS [--fit].

FACES is any folder of square, FFHQ-aligned pictures of sharp faces, PHOTOS one of photos with sharp faces. Each is
shaken along a drawn curve, every other as light, as by a camera, and stored as a JPEG; then the network tells the
kernel of each face, and the photo, which way round that is. With --fit the coefficients are fitted first, and written;
keep faces to measure on apart from those. It takes some five minutes of one core for 1,000 faces, and as long for 15
photos, each shaken 12 times.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from gpend.core import analysis, coefficients, deconvolution, direction, light
from gpend.core.blend import luma
from gpend.core.blur import Blur
from gpend.core.camera_shake import Transfer, error, transfer
from gpend.core.networks import Networks
from gpend.core.seen import Seen
from gpend.fitting import shots, trials
from gpend.fitting.degradations import Random
from gpend.models.loading import load
from gpend.settings import CoreSettings
from gpend.training.kernels import log_uniform
from tests.benchmarks import calibrating, gains, kernels, photos, regression
from tests.benchmarks.light import shot

_RIDGE = 0.01
_EXTENTS = (6.0, 24.0)  # of the curves, in pixels of the crop of SIDE
_MOST = 0.05  # squared error of the transfer function, beyond which a face counts no more
_PHOTO = 3.0  # times that a face of a photo counts: around it is what was there, and not its own border
_LEAST = 0.01  # of a kernel for its mirror image: where it is less, neither is wrong

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Shaken:
    """A face that was shaken along a curve, with what its photo tells of a kernel and of its mirror image."""

    is_light: bool
    in_photo: bool  # with what was around it
    values: Values  # what the fit is given
    costs: float  # how much farther from the truth the first is, squared error of the transfer function


@click.command(help=__doc__)
@click.argument("faces", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("whole", metavar="PHOTOS", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--fit", is_flag=True, help="Fit the coefficients first, and write gpend/core/coefficients.py.")
@click.option("--every", default=2, show_default=True, help="Take every n-th face.")
@click.option("--draws", default=12, show_default=True, help="Shake each photo n times.")
@click.option("--seed", default=1, show_default=True)
def main(faces: Path, whole: Path, *, fit: bool, every: int, draws: int, seed: int) -> None:  # noqa: PLR0913 - options
    """Print the table."""
    networks, random = load(CoreSettings()), np.random.default_rng(seed)
    found = list(_shaken(shots.faces(faces, every), networks, random))
    found += _in_photos(shots.faces(whole), networks, random, draws)
    if fit:
        _fit(found)
        click.echo(f"Written: {calibrating.write()}: measure with it in another run")
    else:
        _print(found)


def _shaken(paths: Sequence[Path], networks: Networks, random: Random) -> Iterator[Shaken]:
    for number, path in enumerate(paths):
        kernel, is_light = kernels.curved(log_uniform(random, *_EXTENTS), random), bool(number % 2)
        clean = shots.lit(shots.loaded(path), random)
        sample = shots.sampled(shot(clean, kernel, random, is_light=is_light))
        told = direction.told_either_way([luma(sample.crop)], networks.estimate) if networks.estimate else []
        seen = [trials.seen_of(sample, one) for one in told if deconvolution.helps(one)]
        yield from (_compared(one, transfer(kernel), is_light=is_light, in_photo=False) for one in _worth_asking(seen))


def _in_photos(paths: Sequence[Path], networks: Networks, random: Random, draws: int) -> Iterator[Shaken]:
    for path in paths:
        truth, faces = photos.sharp(path, networks)
        width = max((one.face.width for one in faces), default=0.0)
        for number in range(draws if faces else 0):
            is_light, extent = bool(number % 2), log_uniform(random, *_EXTENTS)
            row = gains.Row("curved", partial(kernels.curved, extent), in_light=is_light)
            kernel = row.kernel(random)
            found = analysis.analyse(photos.blurred(truth, kernel, width, row, random), networks, CoreSettings())
            seen = _worth_asking(
                found.seen(one.face, found.in_light[one.face].blur, one.terms, shots.SIDE)
                for one in found.faces
                if one.terms and one.face in found.in_light
            )
            wide = photos.in_photo(kernel, width)
            yield from (
                _compared(one, transfer(wide, one.transform[:, :2]), is_light=is_light, in_photo=True) for one in seen
            )


def _worth_asking(seen: Iterable[Seen]) -> Iterator[Seen]:
    """Those in a crop of SIDE whose mirror image is another kernel."""
    for one in seen:
        apart = error(transfer(one.blur.kernel), transfer(_mirrored(one.blur).kernel))
        if one.side == shots.SIDE and apart >= _LEAST:
            yield one


def _compared(seen: Seen, truth: Transfer, *, is_light: bool, in_photo: bool) -> Shaken:
    """A face with its own kernel first, and the mirror image of that second."""
    ways = (seen, replace(seen, blur=_mirrored(seen.blur)))
    first, second = (direction.values(one, light.compared(one)) for one in ways)
    costs, otherwise = (error(transfer(one.blur.kernel), truth) for one in ways)
    return Shaken(is_light, in_photo, first - second, costs - otherwise)


def _mirrored(blur: Blur) -> Blur:
    return replace(blur, kernel=np.ascontiguousarray(blur.kernel[::-1, ::-1]))


def _fit(found: Sequence[Shaken]) -> None:
    """A logistic fit without a constant, as neither way comes first; a face counts by what the wrong way costs it.

    Light and tones count alike, however much each costs.
    """
    rows = np.array([one.values for one in found])
    spread = np.sqrt((rows**2).mean(0))  # whichever of both comes first
    costs = np.array([one.costs for one in found])
    counts = np.minimum(np.abs(costs), _MOST)
    in_light = np.array([one.is_light for one in found])
    in_photo = np.array([one.in_photo for one in found])
    for chosen in (in_light, ~in_light):
        counts[chosen] /= counts[chosen].mean()
    counts[in_photo] *= _PHOTO
    both_ways = np.vstack([rows, -rows]) / spread
    labels = np.hstack([costs > 0, costs <= 0]).astype(np.float64)
    constant = np.zeros((len(both_ways), 1))
    weights = regression.logistic(np.hstack([constant, both_ways]), labels, _RIDGE, counts=np.hstack([counts, counts]))
    coefficients.DIRECTION = tuple((weights[1:] / spread).tolist())


def _print(found: Sequence[Shaken]) -> None:
    """How many are told the wrong way round, and the mean of what that costs; without asking, half of all are."""
    click.echo(f"{'':<18}{'faces':>8}{'wrong':>8}{'costs':>9}{'without':>9}")
    for in_photo in (False, True):
        for is_light in (False, True):
            costs = np.array([one.costs for one in found if (one.in_photo, one.is_light) == (in_photo, is_light)])
            odds = np.array([_odds(one) for one in found if (one.in_photo, one.is_light) == (in_photo, is_light)])
            name = f"{'photos' if in_photo else 'faces'}, {'light' if is_light else 'tones'}"
            if len(costs):
                lost = np.maximum(np.where(odds > 0, -costs, costs), 0)
                either = np.abs(costs).mean() / 2
                click.echo(f"{name:<18}{len(costs):>8}{(lost > 0).mean():>8.0%}{lost.mean():>9.4f}{either:>9.4f}")


def _odds(one: Shaken) -> float:
    """That the mirror image is the right one."""
    return float(one.values @ np.asarray(coefficients.DIRECTION))


if __name__ == "__main__":
    main()
