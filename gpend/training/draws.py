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

Values = NDArray[np.float32]


class Spoil(StrEnum):
    """What spoiled a face, apart from the kernel."""

    SHARP = "sharp"
    BLURRED = "blurred"
    SHRUNK = "shrunk"
    COMPRESSED = "noise and JPEG"


SHARES = {Spoil.SHARP: 0.10, Spoil.BLURRED: 0.62, Spoil.SHRUNK: 0.12, Spoil.COMPRESSED: 0.16}
"""How often each is drawn for the networks after the first; the first learns from blur alone."""


@dataclass(frozen=True)
class Draw:
    """One batch; arrays have a row for each picture, those of scale one for each GROUP."""

    seed: int  # of what is drawn on the device: noise
    faces: NDArray[np.int64]
    turns: Values  # (n, 2, 3): from places of the crop to places of the face, both -1 to 1
    light: Values  # (n, 3): red, green and blue are multiplied by these
    lift: Values  # (n,): and raised by this
    grey: NDArray[np.bool_]
    kernels: Values  # (n, 41, 41)
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
    native = np.array([_native(spoil, random, blur_only=drawing.blur_only) for spoil in shared])
    return Draw(
        seed=int(random.integers(1 << 62)),
        faces=random.integers(drawing.faces, size=count),
        turns=np.stack([_turn(random) for _ in range(count)]),
        light=np.stack([_light(random) for _ in range(count)]),
        lift=random.uniform(0, 0.04, count).astype(np.float32),
        grey=random.random(count) < 0.06,  # noqa: PLR2004
        kernels=np.stack(found),
        blurs=blurs,
        spoils=spoils,
        noise=np.array([_noise(spoil, random) for spoil in spoils], np.float32),
        grain=np.stack([_grain(random) for _ in range(count)]),
        native=native,
        sent=np.array([_sent(side, random) for side in native]),
        quality=np.stack([_quality(spoil, random) for spoil in spoils]),
        halved=random.random(count) < 0.7,  # noqa: PLR2004
    )


def _spoil(random: Random, *, blur_only: bool) -> Spoil:
    if blur_only:
        return Spoil.BLURRED
    return list(SHARES)[int(random.choice(len(SHARES), p=list(SHARES.values())))]


def _blur(spoil: Spoil, random: Random) -> tuple[Blur, Kernel]:
    return kernels.drawn(random) if spoil is Spoil.BLURRED else (Blur.NONE, kernels.none())


def _native(spoil: Spoil, random: Random, *, blur_only: bool) -> int:
    """Half of all faces are as large in the photo as in the crop, which is what is drawn for sharp ones."""
    if spoil is Spoil.SHRUNK:
        return max(28, round(SIDE / log_uniform(random, 1.3, 8)))
    if spoil is Spoil.SHARP or random.random() < 0.5:  # noqa: PLR2004
        return SIDE
    return round(SIDE * log_uniform(random, 0.75 if blur_only else 0.5, 1.8))


def _sent(native: int, random: Random) -> int:
    """Messaging apps shrink before they compress again."""
    return native if random.random() < 0.5 else max(28, round(native * random.uniform(0.55, 1)))  # noqa: PLR2004


def _noise(spoil: Spoil, random: Random) -> float:
    if spoil is Spoil.SHARP:
        return abs(random.normal(0, 1.2)) / 255
    chance = random.random()
    if chance < 0.65:  # noqa: PLR2004
        return abs(random.normal(0, 3)) / 255
    return random.uniform(3, 9) / 255 if chance < 0.85 else random.uniform(9, 22) / 255  # noqa: PLR2004


def _grain(random: Random) -> Values:
    grey = 0.0 if random.random() < 0.4 else random.random()  # noqa: PLR2004
    soft = random.uniform(0.4, 1.3) if random.random() < 0.4 else 0.0  # noqa: PLR2004
    return np.array([grey, soft, random.random() < 0.4], np.float32)  # noqa: PLR2004


def _quality(spoil: Spoil, random: Random) -> Values:
    """Of a phone and then of a messaging app; one picture in five was never compressed, one in five twice."""
    if spoil is Spoil.SHARP:
        return np.array([random.uniform(85, 99) if random.random() < 0.8 else UNTOUCHED, UNTOUCHED], np.float32)  # noqa: PLR2004
    times = int(random.choice([0, 1, 1, 1, 2]))
    first, second = (random.uniform(50, 98) for _ in range(2))
    return np.array([first if times else UNTOUCHED, second if times > 1 else UNTOUCHED], np.float32)


def _turn(random: Random) -> Values:
    """Turned, moved, enlarged and mirrored as alignment and people vary."""
    angle, zoom = random.uniform(-8, 8) * math.pi / 180, 1 / log_uniform(random, 0.95, 1.3)
    mirror = 1 if random.random() < 0.5 else -1  # noqa: PLR2004
    shift = random.uniform(-0.07, 0.07, 2)
    cos, sin = math.cos(angle) * zoom, math.sin(angle) * zoom
    return np.array([[cos * mirror, -sin, shift[0]], [sin * mirror, cos, shift[1]]], np.float32)


def _light(random: Random) -> Values:
    """One in five is taken in a dark room; the light has a colour."""
    gain = random.uniform(0.2, 0.5) if random.random() < 0.2 else random.uniform(0.5, 1.15)  # noqa: PLR2004
    return np.asarray(gain * random.uniform(0.93, 1.07, 3), np.float32)
