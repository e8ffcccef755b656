"""Figures on faces that took no part in a fit: with the network, and as gpend leaves them without it."""

from collections.abc import Sequence
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
_FITTED = ("structure", "features")  # the measures that take part in a fit
_BEYOND = 2.0  # standard errors: what lies within is noise
_PEOPLE = 5  # of whom at least must be painted: of fewer nobody can tell what is noise

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

    def for_fit(self, pictures: Sequence[Plane], truth: Plane) -> list[tuple[float, ...]]:
        """Structure and features of each picture (side, side, 3), 0 to 1: identity judges, and takes part in no fit."""
        seen = self._features.seen(self._small(truth))
        return [
            (
                dissimilarity(picture, truth, self._inner),
                self._features.apart(self._features.seen(self._small(picture)), seen),
            )
            for picture in pictures
        ]

    def __call__(self, pictures: Sequence[Plane], truth: Plane) -> list[dict[str, float]]:
        """Every distance of each picture (side, side, 3), 0 to 1, by its name."""
        found = [dict(zip(_FITTED, one, strict=True)) for one in self.for_fit(pictures, truth)]
        if self._identity is None:
            return found
        frame = self._small(truth)
        descriptors = [self._identity.descriptor(self._small(one), frame) for one in (*pictures, truth)]
        apart = [float(np.linalg.norm(one - descriptors[-1])) for one in descriptors[:-1]]
        return [told | {"identity": one} for told, one in zip(found, apart, strict=True)]

    def _small(self, picture: Plane) -> Plane:
        """As the measured crop; what is one already stays as it is."""
        side = sharpness.SIDE
        if picture.shape[0] == side and np.allclose(self._measured, np.eye(2, 3), atol=1e-6):
            return picture
        return align.warped(picture, self._measured, (side, side), cv2.BORDER_REPLICATE)


@dataclass(frozen=True)
class Result:
    """What became of one shot of somebody held out; distances from the truth by measure."""

    kind: str
    person: str
    strength: float  # of the network's change that was used; 0: it was not let paint
    photo: dict[str, float]
    without: dict[str, float]
    painted_over: dict[str, float]
    restored: bool = True  # whether gpend changed the face at all


def rows(results: Sequence[Result]) -> tuple[Figure, ...]:
    """A row for each kind, and one for all."""
    kinds = [(kind.value, [one for one in results if one.kind == kind]) for kind in Kind]
    return tuple(_row(name, group) for name, group in [*kinds, (ALL, list(results))] if group)


def refusal(rows: Sequence[Figure]) -> str:
    """Why a fit must not be installed, in words, or "".

    It must not where one measure is worse than without the network by more than noise; nor where one is worse at all
    and none is better by more than noise: whoever does not show that they help is not forgiven.
    """
    whole = next(row for row in rows if row.kind == ALL)
    changes = _changes(whole) if whole.painted else {}
    worse = {name: change for name, change in changes.items() if change > 0}
    helps = any(change < -_noise(whole, name) < 0 for name, change in changes.items())
    beyond = {name: change for name, change in worse.items() if change > _noise(whole, name)}
    if not worse or (helps and not beyond):
        return ""
    told = " and ".join(_told(whole, name) for name in beyond or worse)
    unproven = "" if beyond else ", and brings them nearer in nothing by more than chance does"
    return (
        f"of {whole.faces} shots that it was not fitted to it paints {whole.painted}, and leaves them farther from the "
        f"truth in {told}{unproven}"
    )


def compared(rows: Sequence[Figure]) -> str:
    """In words: how far the painted faces are from the truth with the network, against without it; "" for none."""
    whole = next(row for row in rows if row.kind == ALL)
    if not whole.painted:
        return ""
    told = "; ".join(_told(whole, name) for name in _changes(whole))
    is_known = (
        "What is smaller than the figure after ± is noise." if whole.noise else "Of so few people noise is not known."
    )
    return f"With it against without it: {told}. {is_known}"


def _told(row: Figure, name: str) -> str:
    noise = f" ± {_noise(row, name):.4f}" if name in row.noise else ""
    return f"{name} ({_changes(row)[name]:+.4f}{noise})"


def _changes(row: Figure) -> dict[str, float]:
    """How much farther from the truth the painted faces are with the network than without it, by measure."""
    return {name: value - row.without[name] for name, value in row.painted_over.items()}


def _noise(row: Figure, name: str) -> float:
    """As much may a change be by chance; 0 where that is not known."""
    return _BEYOND * row.noise.get(name, 0.0)


def result(sample: Sample, person: str, networks: Networks, fit: BlendFit, judge: Judge) -> Result:
    """One shot, restored with the network and without it."""
    blur = trials.blur_of(sample, networks)
    photo, transform = trials.framed(sample, networks.restore)
    truth = trials.truth_for(sample, networks.restore)
    with_it = trials.attempted(sample, blur, _using(networks, fit))
    kind = sample.shot.kind.value
    if with_it is None or with_it.refusal:
        (as_it_was,) = judge([photo], truth)
        return Result(kind, person, 0.0, as_it_was, as_it_was, as_it_was, restored=False)
    over = trials.applied(photo, with_it, transform)
    if not with_it.painted:
        before, after = judge([photo, over], truth)
        return Result(kind, person, 0.0, before, after, after)
    without = trials.attempted(sample, blur, _using(networks, NOTHING))
    left = photo if without is None or without.refusal else trials.applied(photo, without, transform)
    before, without_it, after = judge([photo, left, over], truth)
    return Result(kind, person, with_it.painted, before, without_it, after)


def _using(networks: Networks, fit: BlendFit) -> Networks:
    return replace(networks, restore=Refitted(networks.restore, fit))


def standard_error(differences: Sequence[float], people: Sequence[str]) -> float | None:
    """Of the mean of paired differences, with the shots of one person as one cluster: they are no independent ones.

    None where they are of too few people to tell. (The cluster-robust estimate, Liang and Zeger 1986.)
    """
    sums: dict[str, float] = dict.fromkeys(people, 0.0)
    if len(sums) < _PEOPLE:
        return None
    mean = float(np.mean(differences))
    for one, person in zip(differences, people, strict=True):
        sums[person] += one - mean
    spread = sum(one * one for one in sums.values()) * len(sums) / (len(sums) - 1)
    return float(np.sqrt(spread)) / len(differences)


def _row(name: str, group: Sequence[Result]) -> Figure:
    painted = [one for one in group if one.strength > 0]
    measures = tuple(group[0].photo)
    nearer = {
        measure: _mean([one.painted_over[measure] < one.without[measure] for one in painted]) for measure in measures
    }
    photo, without, over = (_means(measures, [getattr(one, way) for one in painted]) for way in _WAYS)
    errors = {
        measure: standard_error(
            [one.painted_over[measure] - one.without[measure] for one in painted], [one.person for one in painted]
        )
        for measure in measures
    }
    restored = [one for one in group if one.restored]
    return Figure(
        kind=name,
        faces=len(group),
        restored=len(restored),
        gained={
            measure: _mean([one.painted_over[measure] < one.photo[measure] for one in restored]) for measure in measures
        },
        painted=len(painted),
        strength=_mean([one.strength for one in painted]),
        nearer=nearer,
        photo=photo,
        without=without,
        painted_over=over,
        noise={measure: round(error, 5) for measure, error in errors.items() if error is not None},
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


def gains(rows: Sequence[Figure]) -> str:
    """For a person: of the faces that gpend restores in any way, the share that came nearer to the truth."""
    measures = tuple(rows[-1].photo)
    lines = [f"{'':<14}{'restored':>12}" + "".join(f"{measure:>12}" for measure in measures)]
    for row in rows:
        cells = "".join(f"{f'{row.gained[name]:.0%}' if row.restored else '-':>12}" for name in measures)
        lines.append(f"{row.kind:<14}{f'{row.restored} of {row.faces}':>12}{cells}")
    return "\n".join(lines)


def _cell(row: Figure, name: str) -> str:
    if not row.painted:
        return "-"
    ways = " ".join(f"{getattr(row, way)[name]:.3f}" for way in _WAYS)
    return f"{ways} {row.nearer[name]:4.0%}"
