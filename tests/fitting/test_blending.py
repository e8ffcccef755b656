"""The fit itself, on pictures whose truth is known: it trusts who knows the truth, and not who invents."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache

import cv2
import numpy as np
import pytest

from gpend.core import gates
from gpend.core.blend import LEAST, weights_of
from gpend.core.fitted import BANDS, QUADRATIC, STANDARD, Coefficients
from gpend.core.photo import Plane
from gpend.fitting import blending
from gpend.fitting.distances import TEMPLATE, dissimilarity, inner
from gpend.fitting.trials import Trial

COUNT = 24
Network = Callable[[Plane, Plane, np.random.Generator], Plane]


def oracle(crop: Plane, truth: Plane, random: np.random.Generator) -> Plane:
    del crop, random
    return truth


def inventor(crop: Plane, truth: Plane, random: np.random.Generator) -> Plane:
    """Detail that looks like some, and has nothing to do with the face."""
    del truth
    return np.asarray(np.clip(crop + textured(random) - 0.5, 0, 1), np.float32)


def half_right(crop: Plane, truth: Plane, random: np.random.Generator) -> Plane:
    return np.asarray(np.clip(truth + (inventor(crop, truth, random) - crop), 0, 1), np.float32)


def textured(random: np.random.Generator) -> Plane:
    """Grey detail of all sizes."""
    planes = [
        cv2.GaussianBlur(random.normal(0, 0.08 * sigma, (256, 256)).astype(np.float32), (0, 0), sigma)
        for sigma in (0.8, 1.5, 3.0, 6.0, 12.0)
    ]
    plane = np.clip(0.5 + sum(planes), 0, 1)
    return np.asarray(np.repeat(plane[:, :, None], 3, axis=2), np.float32)


def trials(network: Network) -> Iterator[Trial]:
    random = np.random.default_rng(3)
    for _ in range(COUNT):
        truth = textured(random)
        crop = np.asarray(cv2.GaussianBlur(truth, (0, 0), random.uniform(1.5, 5)), np.float32)
        terms = gates.terms_of(crop, 1.0, TEMPLATE)
        output = network(crop, truth, random)
        yield Trial(terms, after_filter=False, crop=crop, truth=truth, output=output, template=TEMPLATE)


def measured(pictures: Sequence[Plane], truth: Plane) -> list[tuple[float, ...]]:
    return [(dissimilarity(picture, truth, inner(TEMPLATE)),) for picture in pictures]


@cache
def fitted(network: Network) -> tuple[float, float]:
    """The mean part, and the mean of what is used."""
    tries = list(trials(network))
    found = blending.fit([blending.BandSums.of(tried) for tried in tries], iter(tries), measured)
    assert len(found.strength) == QUADRATIC
    assert [len(band) for band in found.shares] == [STANDARD] * len(BANDS)
    weights = [weights_of(found, tried.terms) for tried in tries]
    return float(np.mean([one.part for one in weights])), float(np.mean([one.strength for one in weights]))


def test_a_network_that_knows_the_truth_is_used_whole() -> None:
    part, strength = fitted(oracle)
    assert part > 0.95
    assert strength > 0.9


def test_of_a_network_that_invents_nothing_is_used() -> None:
    _, strength = fitted(inventor)
    assert strength < 0.05


def test_a_network_that_is_half_right_lies_between() -> None:
    _, strength = fitted(half_right)
    assert fitted(inventor)[1] < strength < fitted(oracle)[1]


def test_the_largest_good_part_is_where_the_first_distance_turns() -> None:
    falling, turning = np.linspace(1, 0, 41), np.abs(np.linspace(-0.5, 1.5, 41))
    tried = next(trials(oracle))
    curve = blending.Curve(tried.terms, np.stack([falling, turning]))
    assert curve.largest() == pytest.approx(0.5, abs=0.03)
    assert blending.Curve(tried.terms, np.stack([falling, falling])).largest() == 1
    assert blending.Curve(tried.terms, np.stack([falling, -falling])).largest() == 0


def test_a_fit_that_would_paint_sharp_faces_is_held_back_and_any_other_stays_as_it_is() -> None:
    sharp = [tried.terms for tried in trials(oracle)]
    rest = (0.0,) * (QUADRATIC - 1)
    shares = ((1.0, *(0.0,) * (STANDARD - 1)),) * len(BANDS)
    bold, shy = (Coefficients((part, *rest), shares) for part in (0.75, 0.2))
    held = blending.spared(bold, sharp)
    assert all(weights_of(bold, terms).part == 0.75 for terms in sharp)
    assert all(weights_of(held, terms).part <= LEAST for terms in sharp)
    assert held.shares == bold.shares
    assert blending.spared(shy, sharp) == shy
    assert blending.spared(bold, []) == bold
