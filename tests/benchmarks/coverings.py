"""Things before a face, drawn onto aligned faces: masks, dark glasses, hands, objects, hair, bars and what is thin."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.fitting.degradations import Image, Random

Picture = NDArray[np.float64]
Mask = NDArray[np.float32]
Covering = Callable[[Image, Random], tuple[Mask, Picture]]

_EYES = ((96, 122), (160, 122))  # in pixels of the 256 px crop, as all that follows
_MOUTH, _NOSE = (128, 185), (128, 156)
_CLOTH = ((150, 190, 220), (235, 235, 235), (30, 30, 35), (180, 210, 200))
_HAIR = ((20, 15, 12), (60, 40, 25), (120, 90, 60), (160, 150, 140))


def covered(clean: Image, name: str, random: Random) -> Image:
    """The face (side, side, 3) behind the covering of this name, whose edge is a little soft."""
    side = clean.shape[0]
    face = cv2.resize(clean, (256, 256), interpolation=cv2.INTER_AREA)
    mask, texture = (COVERINGS | THIN)[name](np.asarray(face, np.uint8), random)
    soft = cv2.resize(cv2.GaussianBlur(mask, (0, 0), 0.8), (side, side), interpolation=cv2.INTER_LINEAR)[:, :, None]
    over = cv2.resize(texture, (side, side), interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.rint(np.clip(clean * (1 - soft) + over * soft, 0, 255)), np.uint8)


def _glasses(face: Image, random: Random) -> tuple[Mask, Picture]:
    del face
    mask = np.zeros((256, 256), np.float32)
    width, height = int(random.uniform(24, 34)), int(random.uniform(15, 24))
    is_round = random.uniform() < 0.5
    for x, y in _EYES:
        if is_round:
            cv2.ellipse(mask, (x, y), (width, height), 0, 0, 360, 1, -1)
        else:
            cv2.rectangle(mask, (x - width, y - height), (x + width, y + height), 1, -1)
    cv2.line(mask, (110, 116), (146, 116), 1, 4)
    for temple in (((70, 116), (40, 112)), ((186, 116), (216, 112))):
        cv2.line(mask, *temple, 1, 3)
    shade = random.uniform(5, 60) + np.linspace(1, -1, 256)[:, None, None] * random.uniform(0, 40)
    return mask * np.float32(random.uniform(0.85, 1)), shade + np.ones((256, 256, 3)) * random.normal(0, 8, 3)


def _mask(face: Image, random: Random) -> tuple[Mask, Picture]:
    del face
    top = random.uniform(135, 160)
    left, right = top + random.uniform(-6, 14, 2)
    outline = ((128, top), (185, right), (190, 185), (165, 235), (128, 250), (91, 235), (66, 185), (71, left))
    if random.uniform() < 0.4:
        return _filled(outline), _texture(random)
    cloth = np.asarray(_CLOTH[int(random.integers(len(_CLOTH)))]) * random.uniform(0.7, 1.05)
    return _filled(outline), cloth + _clouds(random, 8) * 8


def _hand(face: Image, random: Random) -> tuple[Mask, Picture]:
    skin = np.median(face[150:170, 70:90].reshape(-1, 3), axis=0) * random.uniform(0.75, 1.15)
    x, y = (*_EYES, _MOUTH, (110, 190), _NOSE)[int(random.integers(5))]
    turn, mask = random.uniform(0, 180), np.zeros((256, 256), np.float32)
    across = np.array([np.cos(np.deg2rad(turn)), np.sin(np.deg2rad(turn))])
    for finger in range(int(random.integers(2, 5))):
        place = np.array([x, y]) + across * (finger * random.uniform(13, 19) - 20) + random.normal(0, 4, 2)
        axes = (int(random.uniform(38, 70)), int(random.uniform(8, 12)))
        cv2.ellipse(mask, _point(place), axes, turn + 90 + random.normal(0, 6), 0, 360, 1, -1)
    depth = cv2.distanceTransform((mask > 0).astype(np.uint8), cv2.DIST_L2, 5)
    return mask, skin * (0.7 + 0.35 * np.clip(depth / 10, 0, 1))[:, :, None]


def _object(face: Image, random: Random) -> tuple[Mask, Picture]:
    del face
    x, y = (*_EYES, _MOUTH, _NOSE)[int(random.integers(4))]
    centre = (x + random.normal(0, 6), y + random.normal(0, 6))
    size = (random.uniform(50, 110), random.uniform(40, 110))
    return _filled(cv2.boxPoints((centre, size, random.uniform(0, 90)))), _texture(random)


def _hair(face: Image, random: Random) -> tuple[Mask, Picture]:
    del face
    x = _EYES[int(random.integers(2))][0]
    ends = (x - 28, 40), (x + 28, 40), (x + 24, 165), (x - 24, 165)
    strands = cv2.GaussianBlur(random.normal(0, 1, (1, 256)), (0, 0), 1.2)
    colour = np.asarray(_HAIR[int(random.integers(len(_HAIR)))]) * random.uniform(0.7, 1.3)
    texture = colour + np.repeat(strands / strands.std() * random.uniform(6, 25), 256, axis=0)[:, :, None]
    return _filled(np.asarray(ends) + random.normal(0, 4, (4, 2))), texture


def _bar(face: Image, random: Random) -> tuple[Mask, Picture]:
    del face
    y, half = random.uniform(105, 135) if random.uniform() < 0.5 else random.uniform(170, 195), random.uniform(12, 22)
    return _filled(((30, y - half), (226, y - half), (226, y + half), (30, y + half))), _texture(random)


def _bars(face: Image, random: Random) -> tuple[Mask, Picture]:
    """A fence or a blind: several bars, across or down, a little slanted."""
    del face
    mask, pitch = np.zeros((256, 256), np.float32), random.uniform(18, 55)
    width, slant = max(2, round(pitch * random.uniform(0.08, 0.3))), random.uniform(-20, 20)
    for place in np.arange(random.uniform(0, pitch), 256, pitch):
        cv2.line(mask, (-40, _whole(place - slant)), (296, _whole(place + slant)), 1, width)
    return mask if random.uniform() < 0.5 else np.ascontiguousarray(mask.T), _texture(random)


def _strands(face: Image, random: Random) -> tuple[Mask, Picture]:
    """Single hairs that hang into the face, each a bent stroke."""
    del face
    mask, start = np.zeros((256, 256), np.float32), random.uniform(60, 196)
    lean, bend = random.uniform(-60, 60), random.uniform(-40, 40)
    down = np.linspace(0, 1, 40)
    for _ in range(int(random.integers(3, 14))):
        across = start + random.normal(0, 18) + (lean + random.normal(0, 8)) * down + bend * np.sin(np.pi * down)
        points = np.stack([across, 30 + down * random.uniform(120, 220)], axis=1)
        cv2.polylines(
            mask, [np.rint(points).astype(np.int32)], isClosed=False, color=1, thickness=1 + int(random.integers(3))
        )
    colour = np.asarray(_HAIR[int(random.integers(len(_HAIR)))]) * random.uniform(0.6, 1.4)
    return mask, colour * np.ones((256, 256, 3))


def _frames(face: Image, random: Random) -> tuple[Mask, Picture]:
    """The frame of a pair of glasses that is sharp before a blurred face."""
    glasses, _ = _glasses(face, random)
    inside = cv2.erode((glasses > 0).astype(np.uint8), np.ones((3, 3), np.uint8), iterations=int(random.integers(1, 4)))
    mask = ((glasses > 0) & (inside == 0)).astype(np.float32)
    return mask, random.uniform(0, 90) + np.ones((256, 256, 3)) * random.normal(0, 10, 3)


COVERINGS: dict[str, Covering] = {
    "dark glasses": _glasses,
    "mask": _mask,
    "hand": _hand,
    "object": _object,
    "hair": _hair,
    "bar": _bar,
}
THIN: dict[str, Covering] = {"bars": _bars, "strands": _strands, "frames": _frames}
"""What covers little of a face and is seen by its edges alone."""


def _texture(random: Random) -> Picture:
    """One colour, clouds, stripes or a gradient."""
    colour = random.uniform(0, 255, 3) * np.ones((256, 256, 3))
    match int(random.integers(4)):
        case 1:
            return np.asarray(colour + _clouds(random, int(random.integers(4, 24))) * random.uniform(10, 60))
        case 2:
            stripes = np.sin(np.arange(256) * 2 * np.pi / random.uniform(8, 60)) * random.uniform(10, 70)
            return np.asarray(colour + (stripes[:, None, None] if random.uniform() < 0.5 else stripes[None, :, None]))
        case 3:
            down, across = np.mgrid[-1:1:256j, -1:1:256j]
            return np.asarray(colour + (down * random.uniform(-60, 60) + across * random.uniform(-60, 60))[:, :, None])
    return colour


def _clouds(random: Random, cells: int) -> Picture:
    spots = cv2.resize(random.normal(0, 1, (cells, cells)), (256, 256), interpolation=cv2.INTER_CUBIC)
    return np.asarray(spots[:, :, None], np.float64)


def _whole(value: float) -> int:
    return round(float(value))


def _filled(outline: object) -> Mask:
    mask = np.zeros((256, 256), np.float32)
    cv2.fillPoly(mask, [np.rint(np.asarray(outline)).astype(np.int32)], 1)
    return mask


def _point(place: NDArray[np.float64]) -> tuple[int, int]:
    x, y = np.rint(place).astype(int)
    return int(x), int(y)
