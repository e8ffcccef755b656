"""Faces from a folder, as shots of known kind and severity, with what gpend measures on each."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core import align, sharpness
from gpend.core.blockiness import blockiness
from gpend.core.photo import Plane
from gpend.fitting.degradations import DEGRADED, FACE_SHARE, SEVERITIES, Kind, Random, Shot, resized, shot

_KINDS = (*DEGRADED, Kind.SHARP)
_SHRUNK = 0.5  # share of the large faces that are judged on a photo decoded at reduced scale
_SEED = 7
_RESTORED = (50.0, 600.0)  # widths of faces, in pixels of the photo, that a network of 256 px is for
_ENLARGED = 2.0  # a clean face may be enlarged by this
_CAMERAS = 2  # that take a sharp face
_UNDER = (0.25, 0.875, 0.25, 0.75)  # top, bottom, left and right of the face's box in its crop

SIDE = sharpness.SIDE
TARGET = align.scaled(align.FFHQ_TEMPLATE, SIDE)
_ROOM = 1.2  # the widest face against the narrowest, at least: sizes are drawn, never one alone
_SIDE_LIT, _GREY, _OTHER_LIGHT = 0.3, 0.25, 0.4  # of all faces
_LUMA = (0.299, 0.587, 0.114)  # of red, green and blue (BT.601)
_GAMMA, _DARKER = (0.6, 2.2), (0.5, 1.0)  # of faces in another light: from soft to hard, and times as bright
_SLANT = 0.5  # radians, to either side, of the edge of a shade
_EDGE = (0.08, 0.6)  # halves of the side over which a shade begins
_SHADE = (0.2, 0.7)  # of the light that it takes
_SCALED, _TURNED, _SHIFTED = 0.04, 0.12, 0.015  # by which a detector is off: log size, radians, sides


@dataclass(frozen=True)
class Sample:
    """One shot, aligned as gpend aligns it."""

    shot: Shot
    crop: Plane  # (256, 256, 3)
    transform: align.Transform  # from the shot to that crop
    blockiness: float
    terms: sharpness.Terms

    @property
    def scale(self) -> float:
        """Crop pixels for each pixel of the shot."""
        return align.scale_of(self.transform)


def faces(folder: Path, every: int = 1) -> list[Path]:
    """The pictures of a folder of FFHQ-aligned faces."""
    return sorted(path for path in folder.rglob("*") if path.suffix in {".webp", ".png", ".jpg"})[::every]


def loaded(path: Path) -> NDArray[np.uint8]:
    """One aligned face, (h, w, 3) uint8 RGB."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f"{path} cannot be read as a picture")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def sampled(taken: Shot, random: Random | None = None) -> Sample:
    """A shot as gpend would see it; with `random`, the landmarks are off as a detector's are."""
    side = taken.seen.shape[0]
    marks = align.scaled(align.FFHQ_TEMPLATE, side)
    transform = align.similarity(marks if random is None else _shaken(marks, side, random), TARGET)
    crop, scale = align.crop(taken.seen, transform, sharpness.SIDE), align.scale_of(transform)
    blocks = blockiness(_under(taken.seen, random))
    return Sample(taken, crop, transform, blocks, sharpness.measured_terms(crop, scale, blocks))


def _under(seen: NDArray[np.uint8], random: Random | None) -> NDArray[np.uint8]:
    """The pixels under the face, of the photo or of its overview."""
    side = seen.shape[0]
    if random is not None and side > sharpness.SIDE and random.uniform() < _SHRUNK:
        side = int(random.integers(sharpness.SIDE, side))
        seen = resized(seen, side)
    top, bottom, left, right = (round(edge * side) for edge in _UNDER)
    return seen[top:bottom, left:right]


def spoiled_in_turn(clean: NDArray[np.uint8], number: int, turn: int, each: int, room: float) -> Sample:
    """Shot `turn` of `each` of the face `number`: every kind comes as often; the same for the same numbers.

    `clean` is that face, (side, side, 3) uint8 RGB. `room` is the side of the crop of the network that is to restore
    it, against the measured one: a larger network is for larger faces.
    """
    random = np.random.default_rng((_SEED, number, turn))
    kind = _KINDS[(number * each + turn) % len(_KINDS)]
    low, high = (width * max(1.0, room) for width in _RESTORED)
    if room > 1:  # where the clean face holds no more, what a larger network paints could not be judged
        high = max(_ROOM * low, min(high, _ENLARGED * FACE_SHARE * clean.shape[0]))
    face_px = float(np.exp(random.uniform(np.log(low), np.log(high))))
    return sampled(shot(lit(clean, random), kind, int(random.integers(SEVERITIES)), face_px, random))


def sharp_terms(clean: NDArray[np.uint8], number: int) -> tuple[sharpness.Terms, ...]:
    """Terms of the face `number`, (side, side, 3) uint8 RGB, as it is and as two cameras would take it.

    Of those alone that the measure takes for sharp; the same for the same number.
    """
    random = np.random.default_rng((_SEED, number))
    side = clean.shape[0]
    widths = [float(np.exp(random.uniform(*np.log(_RESTORED)))) for _ in range(_CAMERAS)]
    taken = [shot(lit(clean, random), Kind.SHARP, 0, width, random) for width in widths]
    found = [sampled(one).terms for one in (Shot(clean, clean, Kind.SHARP, 0, FACE_SHARE * side), *taken)]
    return tuple(terms for terms in found if sharpness.log_odds(terms) <= 0)


def round_of(number: int, turn: int, each: int) -> int:
    """How often every kind has come before that shot."""
    return (number * each + turn) // len(_KINDS)


def lit(clean: NDArray[np.uint8], random: Random) -> NDArray[np.uint8]:
    """A face (side, side, 3) uint8 RGB: a quarter without colour, some lit from one side, some darker or harder."""
    image = clean / 255.0
    if random.uniform() < _SIDE_LIT:
        image = image * _side_light(clean.shape[0], random)[:, :, None]
    if random.uniform() < _GREY:
        image = np.repeat(image @ _LUMA, 3).reshape(image.shape)
    if random.uniform() < _OTHER_LIGHT:
        image = image ** random.uniform(*_GAMMA) * random.uniform(*_DARKER)
    return np.asarray(np.rint(image * 255), np.uint8)


def _side_light(side: int, random: Random) -> NDArray[np.float64]:
    """A shade over one half of the face, whose edge is soft and slanted."""
    down, across = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    turn = random.uniform(-_SLANT, _SLANT) + np.pi * (random.uniform() < 0.5)
    depth = (across * np.cos(turn) + down * np.sin(turn)) / random.uniform(*_EDGE)
    return np.asarray(1 - random.uniform(*_SHADE) * (0.5 + 0.5 * np.tanh(depth)), np.float64)


def _shaken(marks: Sequence[tuple[float, float]], side: int, random: Random) -> list[tuple[float, float]]:
    points = np.asarray(marks) @ (1, 1j)
    turn = np.exp(random.normal(0, _SCALED)) * np.exp(1j * random.normal(0, _TURNED))
    shift = complex(*random.normal(0, _SHIFTED * side, 2))
    points = (points - points.mean()) * turn + points.mean() + shift
    return [(float(point.real), float(point.imag)) for point in points]
