"""How good a network is on faces that it never saw: for each kind of spoiling, input, stages and truth, in numbers.

Faces are spoiled alike at every call. Structure and decibels are of luma within the face; identity, where dlib and
face_recognition_models are installed, is the distance of two descriptors and lower is better.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gpend.fitting.distances import Identity
from gpend.training import degradations, jpeg, kernels, losses
from gpend.training.draws import SIDE
from gpend.training.filters import known
from gpend.training.kernels import Kernel, Random
from gpend.training.restoring import Restorer

_FACE = (..., slice(56, 232), slice(48, 208))
_GRAIN = 2.5 / 255

Tries = Mapping[str, Tensor]
"""RGB pictures (n, 3, 256, 256) by what made them; `photo` and `truth` are among them."""


@dataclass(frozen=True)
class Spoiling:
    """One kind at one severity."""

    name: str
    kernel: Callable[[Random], Kernel]
    noise: float = _GRAIN
    light: float = 1.0
    native: int = SIDE
    qualities: tuple[float, float] = (90.0, jpeg.UNTOUCHED)


def _straight(length: float) -> Callable[[Random], Kernel]:
    return lambda random: kernels.straight(length, random.uniform(0, np.pi))


def _curved(length: float) -> Callable[[Random], Kernel]:
    return lambda random: kernels.curved(length, random)


def _gaussian(sigma: float) -> Callable[[Random], Kernel]:
    return lambda _: kernels.gaussian(sigma, sigma, 0)


def _disc(radius: float) -> Callable[[Random], Kernel]:
    return lambda _: kernels.disc(radius)


def _none(_: Random) -> Kernel:
    return kernels.none()


SPOILINGS = (
    Spoiling("sharp", _none, noise=1 / 255, qualities=(95.0, jpeg.UNTOUCHED)),
    Spoiling("Gaussian 1.5", _gaussian(1.5)),
    Spoiling("Gaussian 3", _gaussian(3)),
    Spoiling("Gaussian 4.5", _gaussian(4.5)),
    Spoiling("focus 5", _disc(5)),
    Spoiling("focus 8", _disc(8)),
    Spoiling("motion 9", _straight(9)),
    Spoiling("motion 17", _straight(17)),
    Spoiling("motion 27", _straight(27)),
    Spoiling("curved shake 12", _curved(12)),
    Spoiling("curved shake 20", _curved(20)),
    Spoiling("noise 14", _gaussian(1.5), noise=14 / 255),
    Spoiling("dark room", _gaussian(2), noise=6 / 255, light=0.45),
    Spoiling("face of 60 px", _none, native=60),
    Spoiling("JPEG twice", _gaussian(1.5), qualities=(75.0, 55.0)),
)
"""What people's photos suffer from, lengths in pixels of the 256 px crop."""


@dataclass(frozen=True)
class Row:
    """How near to the truth one way of restoring comes, for one kind."""

    spoiling: str
    way: str
    structure: float
    decibels: float
    nearer: float  # share of the faces whose structure is nearer to the truth than the photo's
    identity: float | None


def photos_of(truth: Tensor, spoiling: Spoiling, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Truth (n, 3, 256, 256) in its light, photos of it, and kernels (n, 41, 41); the same for the same seed."""
    random = np.random.default_rng((seed, SPOILINGS.index(spoiling)))
    found = torch.from_numpy(np.stack([spoiling.kernel(random) for _ in range(len(truth))])).to(truth.device)
    generator = torch.Generator(truth.device).manual_seed(seed)
    lit = truth * spoiling.light
    photo = degradations.rescaled(degradations.convolved(lit, found).clamp(0, 1), spoiling.native)
    each = torch.ones(len(truth), device=truth.device)
    photo = degradations.grained(photo, each * spoiling.noise, torch.zeros(len(truth), 3).to(truth), generator)
    for quality in spoiling.qualities:
        photo = jpeg.compressed(photo.clamp(0, 1), each * quality, each > 0)
    return lit, degradations.rescaled(photo.clamp(0, 1), SIDE), found


@torch.no_grad()
def tried(
    truth: Tensor, spoiling: Spoiling, restorer: Restorer, gpen: Callable[[Tensor], Tensor] | None = None
) -> Tries:
    """Every way of restoring the spoiled faces; all are (n, 3, 256, 256), 0 to 1."""
    lit, photo, found = photos_of(truth, spoiling, 7)
    best, seen = restorer.filtered(photo, blur=known(found)), restorer.filtered(photo)
    tries = {"photo": photo, "filtered": jpeg.joined(seen.strong, seen.chroma).clamp(0, 1)}
    last = tries["filtered"]
    if restorer.refines:
        last = tries["refined"] = restorer(photo)
    if gpen is not None:
        tries["and half of GPEN"] = (last + gpen(last).clamp(0, 1)) / 2
    return tries | {"kernel known": jpeg.joined(best.strong, best.chroma).clamp(0, 1), "truth": lit}


def rows(spoiling: Spoiling, tries: Tries) -> list[Row]:
    """The measures of every way but the truth itself."""
    judge = Identity() if Identity.is_there() else None
    luma = {way: jpeg.split(pictures)[0][_FACE] for way, pictures in tries.items()}
    structures = {way: _structures(planes, luma["truth"]) for way, planes in luma.items()}
    return [
        Row(
            spoiling.name,
            way,
            float(structures[way].mean()),
            float(losses.psnr(luma[way], luma["truth"]).mean()),
            float((structures[way] > structures["photo"]).mean()),
            None if judge is None else apart(judge, tries[way], tries["truth"]),
        )
        for way in tries
        if way != "truth"
    ]


def apart(judge: Identity, pictures: Tensor, truth: Tensor) -> float:
    """The mean distance of RGB pictures (n, 3, 256, 256), 0 to 1, from the truth; aligned by the truth's marks."""
    pairs = zip(_planes(pictures), _planes(truth), strict=True)
    return float(np.mean([judge(one, two, two) for one, two in pairs]))


def _planes(pictures: Tensor) -> NDArray[np.float32]:
    return np.asarray(pictures.clamp(0, 1).permute(0, 2, 3, 1).cpu().numpy(), np.float32)


def _structures(planes: Tensor, truth: Tensor) -> NDArray[np.float64]:
    """Of each picture by itself."""
    pairs = ((planes[index : index + 1], truth[index : index + 1]) for index in range(len(truth)))
    return np.array([float(losses.structure(one, two)) for one, two in pairs])


def table(found: Sequence[Row]) -> str:
    """Markdown: a line for each kind, a column for each way; structure / decibels / identity."""
    ways = list(dict.fromkeys(row.way for row in found))
    cells = {(row.spoiling, row.way): _cell(row) for row in found}
    kinds = list(dict.fromkeys(row.spoiling for row in found))
    lines = [[kind, *(cells.get((kind, way), "") for way in ways)] for kind in kinds]
    return "".join(f"| {' | '.join(line)} |\n" for line in (["", *ways], ["---"] * (len(ways) + 1), *lines))


def _cell(row: Row) -> str:
    identity = "" if row.identity is None else f" / {row.identity:.3f}"
    return f"{row.structure:.3f} / {row.decibels:.1f}{identity}"


def sheet(tries: Tries, faces: int = 4) -> NDArray[np.uint8]:
    """A contact sheet (height, width, 3) RGB: a row for each face, a column for each way, the truth last."""
    columns = [torch.cat(list(pictures[:faces].clamp(0, 1)), 1) for pictures in tries.values()]
    whole = torch.cat(columns, 2).permute(1, 2, 0).cpu().numpy()
    return np.asarray(np.rint(whole * 255), np.uint8)
