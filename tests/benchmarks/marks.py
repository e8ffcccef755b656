"""Dust, scratches, hairs and writing over a photo, drawn with a generator behind all else that was done to it."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.fitting.degradations import Random, Shot, saved

Cover = NDArray[np.float32]
_Drawn = tuple[Cover, Cover]  # (side, side) each: how far it covers, and its light, 0 to 1

_WHITE = 0.6  # of all marks; the others are black
_FACE = (0.2, 0.92)  # of the side: where specks lie
_LARGE = 400  # pixels of a photo's crop, from which on large specks are larger
_PARTS = 24  # of a stroke
_FINE = 3  # bits of a pixel that strokes are drawn to
_FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
)
_WORDS = ("SAMPLE", "copyright", "PROOF", "preview", "www.example.com", "(c) 2019 Studio", "Do not copy", "1998 12 24")
_TURNS = (0, 0, 30, 45, -30, -45)  # degrees
_CAPITAL = 22  # pixels, of a font at its own size


def marked(taken: Shot, name: str, random: Random) -> Shot:
    """The shot with marks of this name before it, saved again."""
    cover, light = MARKS[name](taken.seen.shape[0], random)
    share = cover[:, :, None]
    mixed = taken.seen * (1 - share) + 255 * light[:, :, None] * share
    return replace(taken, seen=saved(np.asarray(mixed, np.float32), taken.quality))


def _specks(side: int, random: Random, count: int, size: int = 1) -> _Drawn:
    cover, light = np.zeros((2, side, side), np.float32)
    low, high = (int(share * side) for share in _FACE)
    for y, x in random.integers(low, high, (count, 2)):
        where = np.s_[y : y + size, x : x + size]
        cover[where], light[where] = random.uniform(0.5, 1), _light(random)
    return cover, light


def _large_specks(side: int, random: Random) -> _Drawn:
    return _specks(side, random, 150, 2 if side < _LARGE else 3)


def _scratches(side: int, random: Random) -> _Drawn:
    """Along the film, or across it, nearly straight."""
    drawn = np.zeros((2, side, side), np.float32)
    along = np.linspace(0, 1, _PARTS)
    for _ in range(random.integers(2, 8)):
        bend = random.uniform(-0.03, 0.03) * np.sin(along * np.pi * random.uniform(0.5, 2))
        across = random.uniform(0.2, 0.8) + random.normal(0, 0.05) * along + bend
        begin, end = random.uniform(-0.2, 0.5), random.uniform(0.6, 1.2)
        points = np.stack([across, begin + (end - begin) * along], 1) * side
        turned = points[:, ::-1] if random.uniform() < 0.3 else points
        drawn = _over(drawn, turned, int(random.integers(1, 3)), random)
    return drawn[0], drawn[1]


def _hairs(side: int, random: Random) -> _Drawn:
    drawn = np.zeros((2, side, side), np.float32)
    for _ in range(random.integers(5, 30)):
        turn = random.uniform(0, 2 * np.pi) + random.normal(0, 4) * np.linspace(0, 1, _PARTS)
        steps = np.stack([np.cos(turn), np.sin(turn)], 1) * random.uniform(0.04, 0.25) / _PARTS
        points = (random.uniform(0.2, 0.85, 2) + np.cumsum(steps, 0)) * side
        drawn = _over(drawn, points, 1, random)
    return drawn[0], drawn[1]


def _over(drawn: Cover, points: NDArray[np.float64], width: int, random: Random) -> Cover:
    one = np.zeros(drawn.shape[1:], np.uint8)
    places = np.rint(points * (1 << _FINE)).astype(np.int32)
    cv2.polylines(one, [places], isClosed=False, color=255, thickness=width, lineType=cv2.LINE_AA, shift=_FINE)
    cover = one * np.float32(random.uniform(0.4, 1) / 255)
    light = np.where(cover > drawn[0], np.float32(_light(random)), drawn[1])
    return np.stack([np.maximum(cover, drawn[0]), light])


def _writing(side: int, random: Random) -> _Drawn:
    """Words all over, in rows, level or slanted."""
    whole = np.zeros((2 * side, 2 * side), np.uint8)
    font, word = _FONTS[random.integers(len(_FONTS))], _WORDS[random.integers(len(_WORDS))]
    size = float(random.uniform(0.06, 0.22)) * side / _CAPITAL
    thickness = max(1, round(size * random.uniform(1, 3)))
    width, height = cv2.getTextSize(word, font, size, thickness)[0]
    across, down = int(width * random.uniform(1.1, 1.8)), int(height * random.uniform(1.5, 4))
    for row, y in enumerate(range(height + int(random.integers(0, height + 1)), 2 * side, down)):
        for x in range(-width + (row % 2) * across // 2, 2 * side, across):
            cv2.putText(whole, word, (x, y), font, size, 255, thickness, cv2.LINE_AA)
    turn = cv2.getRotationMatrix2D((side, side), float(random.choice(_TURNS)), 1)
    middle = slice(side // 2, side // 2 + side)
    cover = cv2.warpAffine(whole, turn, whole.shape)[middle, middle] * np.float32(random.uniform(0.25, 0.9) / 255)
    return np.asarray(cover, np.float32), np.full((side, side), _light(random), np.float32)


def _light(random: Random) -> float:
    return 1.0 if random.uniform() < _WHITE else 0.0


MARKS: dict[str, Callable[[int, Random], _Drawn]] = {
    "25 specks": partial(_specks, count=25),
    "150 specks": partial(_specks, count=150),
    "150 large specks": _large_specks,
    "scratches": _scratches,
    "hairs": _hairs,
    "writing": _writing,
}
