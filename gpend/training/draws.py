"""What is to be done to which faces in one step of training: drawn from the seed and the step's number alone.

So a step is the same whether the run was resumed or not, and however many processes prepare them.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Dataset

from gpend.training import kernels
from gpend.training.jpeg import UNTOUCHED
from gpend.training.kernels import Blur, Kernel, Random, log_uniform

GROUP = 8  # pictures of a batch that share a scale in the photo
SIDE = 256  # of the aligned crops

_LIFTED = 0.04  # of full scale, at most, that black is lifted to: haze, and phones that brighten shadows
_GREY = 0.06  # of all are black and white
_HALVED = 0.7  # of JPEGs store colour at half the resolution
_SMALLEST = 28  # pixels: the side of a crop whose face is as small as the triage still takes
_SHRUNK = (1.3, 8)  # times smaller than the crop
_AS_LARGE = 0.5  # of all faces are in the photo as large as in the crop
_LARGER = (0.5, 1.8)  # against the crop, the others
_LARGER_BLURRED = (0.75, 1.8)  # the same where a kernel is to be learnt, of which less would be left
_HARD = 0.5  # of what the kernel network learns from was compressed hard, and most of that shrunk: neither is a blur
_SMALLER = (0.42, 1.1)  # against the crop, what was compressed hard
_SENT_AS_IT_IS = 0.5  # of photos are not shrunk when they are sent
_SENT = (0.55, 1)  # of the side, the others

# Noise in levels of 255.
_CLEAN = 1.2  # standard deviation among sharp photos by day
_USUAL, _EVENING, _DARK = 3, (3, 9), (9, 22)
_TILL_USUAL, _TILL_EVENING = 0.65, 0.85  # of all, added up; the rest is dark
_COLOURED, _SOFT, _GROWING = 0.4, 0.4, 0.4  # of all: grain all of colour, softened by a camera, or growing with light
_SOFTNESS = (0.4, 1.3)  # pixels

_GOOD_QUALITY, _QUALITY = (85, 99), (50, 98)  # of JPEGs, among sharp photos and all others
_HARD_QUALITY = (25, 62)
_COMPRESSED = 0.8  # of sharp photos
_TIMES = (0, 1, 1, 1, 2)  # that the others were compressed

_TURNED, _ZOOMED, _SHIFTED = 8, (0.95, 1.3), 0.07  # degrees, times and halves of the side: alignment is off by no more
_MIRRORED = 0.5
_DARK_ROOMS = 0.2  # of all
_DIM, _BRIGHT = (0.2, 0.5), (0.5, 1.15)  # times the light
_TINT = (0.93, 1.07)  # times, each channel: white balance is off by so much

# A camera blurs light, of which its tones are a power: a lamp's streak is far brighter than the mean of its tones. What
# was blurred in an app, or by a camera whose tones are made otherwise, is nearer to blurred tones.
_IN_LIGHT = 0.5  # of what the kernel network learns from
_EXPONENT = (1.6, 2.4)  # of tones to light; those of phones are steeper in shadows and flatter in lights than any one

# Straight edges beside a face, as door frames and the borders of identity photos have: they are no motion along them.
EDGES = 3  # beside one face, at most
NOWHERE = 9.0  # halves of the side: where an edge stands that is not there
_FRAMED = 0.25  # of what the kernel network learns from
_SLANTED, _UPRIGHT = 0.25, 0.05  # share of frames of any slant, and the radians by which the others are not upright
_NEAR, _NARROW = (0.45, 0.9), (0.02, 0.25)  # halves of the side: from the middle to an edge, and how broad a bar is
_BAR = 0.4  # of edges end so; beyond the others all is of one light

Values = NDArray[np.float32]


class Spoil(StrEnum):
    """What spoiled a face, apart from the kernel."""

    SHARP = "sharp"
    BLURRED = "blurred"
    SHRUNK = "shrunk"
    COMPRESSED = "noise and JPEG"


SHARES = {Spoil.SHARP: 0.08, Spoil.BLURRED: 0.54, Spoil.SHRUNK: 0.22, Spoil.COMPRESSED: 0.16}
"""How often each is drawn for the networks after the first; the first learns from blur alone."""


@dataclass(frozen=True)
class Draw:
    """One batch; arrays have a row for each picture, those of scale one for each GROUP."""

    seed: int  # of what is drawn on the device: noise
    faces: NDArray[np.int64]
    turns: Values  # (n, 2, 3): from places of the crop to places of the face, both -1 to 1
    light: Values  # (n, 3): red, green and blue are multiplied by these
    lift: Values  # (n,): and raised by this
    edges: Values  # (n, EDGES, 5): direction across, x and y, where it begins and ends, halves of the side, its light
    grey: NDArray[np.bool_]
    kernels: Values  # (n, 41, 41)
    exponent: Values  # (n,): what is blurred is tones to the power of this; 1 for the tones themselves
    blurs: tuple[Blur, ...]
    spoils: tuple[Spoil, ...]
    noise: Values  # (n,): standard deviation
    grain: Values  # (n, 3): share that is grey, its softness in pixels, share that grows with the light
    native: NDArray[np.int64]  # side of the crop in the photo, where noise and the first JPEG happen
    sent: NDArray[np.int64]  # and where the second happens
    quality: Values  # (n, 2): of both encoders, or UNTOUCHED
    halved: NDArray[np.bool_]  # (n,): chroma at half resolution


@dataclass(frozen=True)
class Drawing:
    """How batches are drawn."""

    seed: int
    batch: int  # a multiple of GROUP
    faces: int
    blur_only: bool  # for the kernel network: every face has a kernel that can be found


class Draws(Dataset[Draw]):
    """Steps by their number; what the processes that prepare batches work through."""

    def __init__(self, drawing: Drawing) -> None:
        self._drawing = drawing

    def __getitem__(self, step: int) -> Draw:
        """The batch of that step."""
        return draw(self._drawing, step)


def draw(drawing: Drawing, step: int) -> Draw:
    """The batch of a step."""
    random = np.random.default_rng((drawing.seed, step))
    count, groups = drawing.batch, drawing.batch // GROUP
    shared = [_spoil(random, blur_only=drawing.blur_only) for _ in range(groups)]
    spoils = tuple(spoil for spoil in shared for _ in range(GROUP))
    blurs, found = zip(*(_blur(spoil, random) for spoil in spoils), strict=True)
    hard = [drawing.blur_only and random.random() < _HARD for _ in shared]
    native = np.array(
        [_native(spoil, random, _scales(drawing, each)) for spoil, each in zip(shared, hard, strict=True)]
    )
    harsh = [each for each in hard for _ in range(GROUP)]
    return Draw(
        seed=int(random.integers(1 << 62)),
        faces=random.integers(drawing.faces, size=count),
        turns=np.stack([_turn(random) for _ in range(count)]),
        light=np.stack([_light(random) for _ in range(count)]),
        lift=random.uniform(0, _LIFTED, count).astype(np.float32),
        edges=np.stack([_edges(random, _FRAMED if drawing.blur_only else 0) for _ in range(count)]),
        grey=random.random(count) < _GREY,
        kernels=np.stack(found),
        blurs=blurs,
        spoils=spoils,
        noise=np.array([_noise(spoil, random) for spoil in spoils], np.float32),
        grain=np.stack([_grain(random) for _ in range(count)]),
        native=native,
        sent=np.array([_sent(side, random) for side in native]),
        quality=np.stack([_quality(spoil, random, hard=each) for spoil, each in zip(spoils, harsh, strict=True)]),
        halved=random.random(count) < _HALVED,
        exponent=_exponents(random, count) if drawing.blur_only else np.ones(count, np.float32),  # last
    )


def _spoil(random: Random, *, blur_only: bool) -> Spoil:
    if blur_only:
        return Spoil.BLURRED
    return list(SHARES)[int(random.choice(len(SHARES), p=list(SHARES.values())))]


def _blur(spoil: Spoil, random: Random) -> tuple[Blur, Kernel]:
    return kernels.drawn(random) if spoil is Spoil.BLURRED else (Blur.NONE, kernels.none())


def _scales(drawing: Drawing, hard: bool) -> tuple[float, float]:  # noqa: FBT001  # drawn, not an option
    if hard:
        return _SMALLER
    return _LARGER_BLURRED if drawing.blur_only else _LARGER


def _native(spoil: Spoil, random: Random, scales: tuple[float, float]) -> int:
    """Half of all faces are as large in the photo as in the crop, which is what is drawn for sharp ones."""
    if spoil is Spoil.SHRUNK:
        return max(_SMALLEST, round(SIDE / log_uniform(random, *_SHRUNK)))
    if spoil is Spoil.SHARP or random.random() < _AS_LARGE:
        return SIDE
    return round(SIDE * log_uniform(random, *scales))


def _sent(native: int, random: Random) -> int:
    """Messaging apps shrink before they compress again."""
    return native if random.random() < _SENT_AS_IT_IS else max(_SMALLEST, round(native * random.uniform(*_SENT)))


def _noise(spoil: Spoil, random: Random) -> float:
    if spoil is Spoil.SHARP:
        return abs(random.normal(0, _CLEAN)) / 255
    chance = random.random()
    if chance < _TILL_USUAL:
        return abs(random.normal(0, _USUAL)) / 255
    return random.uniform(*(_EVENING if chance < _TILL_EVENING else _DARK)) / 255


def _grain(random: Random) -> Values:
    grey = 0.0 if random.random() < _COLOURED else random.random()
    soft = random.uniform(*_SOFTNESS) if random.random() < _SOFT else 0.0
    return np.array([grey, soft, random.random() < _GROWING], np.float32)


def _quality(spoil: Spoil, random: Random, *, hard: bool) -> Values:
    """Of a phone and then of a messaging app; one picture in five was never compressed, one in five twice.

    What is compressed `hard` is so at least once.
    """
    if spoil is Spoil.SHARP:
        quality = random.uniform(*_GOOD_QUALITY) if random.random() < _COMPRESSED else UNTOUCHED
        return np.array([quality, UNTOUCHED], np.float32)
    times = max(int(random.choice(_TIMES)), int(hard))
    first, second = (random.uniform(*(_HARD_QUALITY if hard else _QUALITY)) for _ in range(2))
    return np.array([first if times else UNTOUCHED, second if times > 1 else UNTOUCHED], np.float32)


def _turn(random: Random) -> Values:
    """Turned, moved, enlarged and mirrored as alignment and people vary."""
    angle, zoom = math.radians(random.uniform(-_TURNED, _TURNED)), 1 / log_uniform(random, *_ZOOMED)
    mirror = 1 if random.random() < _MIRRORED else -1
    shift = random.uniform(-_SHIFTED, _SHIFTED, 2)
    cos, sin = math.cos(angle) * zoom, math.sin(angle) * zoom
    return np.array([[cos * mirror, -sin, shift[0]], [sin * mirror, cos, shift[1]]], np.float32)


def _light(random: Random) -> Values:
    """One in five is taken in a dark room; the light has a colour."""
    gain = random.uniform(*_DIM) if random.random() < _DARK_ROOMS else random.uniform(*_BRIGHT)
    return np.asarray(gain * random.uniform(*_TINT, 3), np.float32)


def _exponents(random: Random, count: int) -> Values:
    """Half of all are blurred as light: a kernel is told from those too; what comes later is given tones for them."""
    lit = random.random(count) < _IN_LIGHT
    return np.where(lit, random.uniform(*_EXPONENT, count), 1).astype(np.float32)


def _edges(random: Random, share: float) -> Values:
    """Straight edges beside a `share` of all faces, most of them upright or level, at a right angle to each other."""
    edges = np.tile(np.array([1, 0, NOWHERE, NOWHERE, 0], np.float32), (EDGES, 1))
    if not share or random.random() >= share:  # where none are wanted, nothing is drawn: other draws stay as they were
        return edges
    lean = random.normal(0, _UPRIGHT) + (random.uniform(0, math.pi / 2) if random.random() < _SLANTED else 0)
    for place in range(int(random.integers(1, EDGES + 1))):
        angle, near = lean + int(random.integers(4)) * math.pi / 2, random.uniform(*_NEAR)
        far = near + random.uniform(*_NARROW) if random.random() < _BAR else NOWHERE
        edges[place] = math.cos(angle), math.sin(angle), near, far, random.random()
    return edges
