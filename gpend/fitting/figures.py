"""Figures on faces that took no part in a fit: with the network, and as gpend leaves them without it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core import align, sharpness
from gpend.core.fitted import BANDS, QUADRATIC, STANDARD, BlendFit, Coefficients
from gpend.core.networks import Networks, RestoreFaces
from gpend.core.photo import Landmarks, Plane
from gpend.fitting import trials
from gpend.fitting.degradations import Kind
from gpend.fitting.distances import TEMPLATE, Identity, dissimilarity, features_of, inner
from gpend.fitting.shots import Sample
from gpend.models.fits import Figure

ALL = "all"
_NONE = Coefficients((0.0,) * QUADRATIC, ((0.0,) * STANDARD,) * len(BANDS))

_WAYS = ("photo", "without", "painted_over")

NOTHING = BlendFit(_NONE, _NONE)
"""Nothing of the network's change is used."""


class Refitted:
    """A network with another fit."""

    def __init__(self, network: RestoreFaces, fit: BlendFit) -> None:
        self._network = network
        self.fit = fit
        self.name, self.size, self.seen = network.name, network.size, network.seen
        self.template: Landmarks = network.template

    def __call__(self, crops: NDArray[np.float32]) -> NDArray[np.float32]:
        """As in RestoreFaces."""
        return self._network(crops)


class Judge:
    """Every distance that there is, between pictures that are aligned to one template."""

    def __init__(self, networks: Networks, template: Landmarks) -> None:
        self._inner = inner(template)
        self._measured = align.similarity(template, TEMPLATE)
        self._features = features_of(networks)
        self._identity = Identity() if Identity.is_there() else None

    def for_fit(self, picture: Plane, truth: Plane) -> tuple[float, ...]:
        """Structure and features of pictures (side, side, 3), 0 to 1: identity judges, and takes part in no fit."""
        return self._structure(picture, truth), self._features(self._small(picture), self._small(truth), truth)

    def __call__(self, picture: Plane, truth: Plane) -> dict[str, float]:
        """Every distance by its name, of pictures (side, side, 3) float32, 0 to 1."""
        structure, features = self.for_fit(picture, truth)
        found = {"structure": structure, "features": features}
        if self._identity is None:
            return found
        one, two = self._small(picture), self._small(truth)
        return found | {"identity": self._identity(one, two, two)}

    def _structure(self, picture: Plane, truth: Plane) -> float:
        return dissimilarity(picture, truth, self._inner)

    def _small(self, picture: Plane) -> Plane:
        """As the measured crop; what is one already stays as it is."""
        side = sharpness.SIDE
        if picture.shape[0] == side and np.allclose(self._measured, np.eye(2, 3), atol=1e-6):
            return picture
        return align.warped(picture, self._measured, (side, side), cv2.BORDER_REPLICATE)


@dataclass(frozen=True)
class _Result:
    kind: Kind
    strength: float  # of the network's change that was used; 0: it was not let paint
    photo: dict[str, float]
    without: dict[str, float]
    painted_over: dict[str, float]


def figures(shots: Iterable[Sample], networks: Networks, fit: BlendFit, told: Callable[[], None]) -> tuple[Figure, ...]:
    """A row for each kind, and one for all. `told` is called after each shot."""
    judge = Judge(networks, networks.restore.template)
    results = []
    for sample in shots:
        results.append(_result(sample, networks, fit, judge))
        told()
    kinds: list[tuple[str, Sequence[_Result]]] = [
        (kind.value, [one for one in results if one.kind is kind]) for kind in Kind
    ]
    return tuple(_row(name, group) for name, group in [*kinds, (ALL, results)] if group)


def refusal(rows: Sequence[Figure]) -> str:
    """Why a fit is worse than not letting the network paint at all, in words, or ""."""
    whole = next(row for row in rows if row.kind == ALL)
    if not whole.painted:
        return ""
    worse = [name for name, value in whole.painted_over.items() if value > whole.without[name]]
    if not worse:
        return ""
    told = " and ".join(worse)
    return (
        f"of {whole.faces} shots that it was not fitted to it paints {whole.painted}, and leaves them farther from the "
        f"truth in {told}"
    )


def _result(sample: Sample, networks: Networks, fit: BlendFit, judge: Judge) -> _Result:
    blur = trials.blur_of(sample, networks)
    photo, transform = trials.framed(sample, networks.restore)
    truth = trials.truth_for(sample, networks.restore)
    with_it, without = (
        trials.attempted(sample, blur, replace(networks, restore=Refitted(networks.restore, one)))
        for one in (fit, NOTHING)
    )
    before = judge(photo, truth)
    if with_it is None or with_it.refusal or not with_it.painted:
        return _Result(sample.shot.kind, 0.0, before, before, before)
    left = photo if without is None or without.refusal else trials.applied(photo, without, transform)
    over = trials.applied(photo, with_it, transform)
    return _Result(sample.shot.kind, with_it.painted, before, judge(left, truth), judge(over, truth))


def _row(name: str, group: Sequence[_Result]) -> Figure:
    painted = [one for one in group if one.strength > 0]
    measures = tuple(group[0].photo)
    nearer = {
        measure: _mean([one.painted_over[measure] < one.without[measure] for one in painted]) for measure in measures
    }
    photo, without, over = (_means(measures, [getattr(one, way) for one in painted]) for way in _WAYS)
    return Figure(
        kind=name,
        faces=len(group),
        painted=len(painted),
        strength=_mean([one.strength for one in painted]),
        nearer=nearer,
        photo=photo,
        without=without,
        painted_over=over,
    )


def _means(measures: Sequence[str], found: Sequence[dict[str, float]]) -> dict[str, float]:
    return {measure: _mean([one[measure] for one in found]) for measure in measures}


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), 4) if values else 0.0


def table(rows: Sequence[Figure]) -> str:
    """For a person: distances from the truth of the painted faces as they were, without the network and with it."""
    measures = tuple(rows[-1].photo)
    head = f"{'':<14}{'painted':>10}{'strength':>10}" + "".join(f"{measure:>26}" for measure in measures)
    lines = [head]
    for row in rows:
        cells = "".join(f"{_cell(row, name):>26}" for name in measures)
        lines.append(f"{row.kind:<14}{f'{row.painted} of {row.faces}':>10}{row.strength:>10.0%}{cells}")
    return "\n".join(lines)


def _cell(row: Figure, name: str) -> str:
    if not row.painted:
        return "-"
    ways = " ".join(f"{getattr(row, way)[name]:.3f}" for way in _WAYS)
    return f"{ways} {row.nearer[name]:4.0%}"
