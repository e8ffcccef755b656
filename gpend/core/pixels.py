"""The pixels of one photo, decoded as late as can be, and what is cut out of them and measured in them."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from gpend.core import align, codec, deconvolution, sharpness
from gpend.core.blockiness import blockiness
from gpend.core.blur import Blur
from gpend.core.formats import Format
from gpend.core.noise import Noise, noise_level, quantisation_power
from gpend.core.photo import Box, Face, Landmarks, Pixels, Plane
from gpend.core.seen import Seen
from gpend.core.stages import Stage, Stages


@dataclass
class PhotoPixels:
    """One photo and its pixels, decoded as late as can be."""

    photo: bytes
    header: codec.Header
    overview: Pixels
    stages: Stages = field(default_factory=Stages)
    holds: float = 1.0  # what the overview is taken to hold, as a share of its own scale
    decode: Callable[[bytes, codec.Header], codec.Decoded] = codec.decode
    _decoded: codec.Decoded | None = None
    _crops: dict[tuple[bytes, int, float], Plane] = field(default_factory=dict)
    _noise: dict[tuple[Box, float], float] = field(default_factory=dict)  # by box, and how far its pixels are shrunk

    @property
    def decoded(self) -> codec.Decoded:
        """All pixels, decoded once and only if somebody asks."""
        if self._decoded is None:
            with self.stages.during(Stage.DECODE):
                self._decoded = self.decode(self.photo, self.header)
        return self._decoded

    def crop(self, face: Face, target: Landmarks, side: int) -> tuple[Plane, align.Transform]:
        """The face aligned to `target`, (side, side, 3) float32, 0 to 1; from the overview where it suffices.

        Who measures a face and who restores it may ask for the same: it is made once, and not to be written to.
        """
        transform = align.similarity(face.landmarks, target)
        return self._kept(transform, side), transform

    def _kept(self, transform: align.Transform, side: int) -> Plane:
        """The same for a transform."""
        asked = (transform.tobytes(), side, self._enough(align.scale_of(transform))[1])
        if asked not in self._crops:
            self._crops[asked] = self.cut(transform, side)
            self._crops[asked].flags.writeable = False
        return self._crops[asked]

    def cut(self, transform: align.Transform, side: int, seen: Callable[[Plane], Plane] | None = None) -> Plane:
        """(side, side, 3), 0 to 1: what lies under a crop of this transform; `seen` as in `align.crop`."""
        pixels, shrunk = self._enough(align.scale_of(transform))
        return align.crop(pixels, _for_shrunk(transform, shrunk), side, seen)

    def noise(self, face: Face, scale: float) -> Noise:
        """What is not picture in the pixels that a crop of this scale is taken from, told for the photo's own.

        As those know it who judge a face: what another format than JPEG takes, `taken` alone tells.
        """
        shrunk = self._enough(scale)[1]
        if (face.box, shrunk) not in self._noise:
            self._noise[face.box, shrunk] = noise_level(self._under(face, scale)[0]) / shrunk
        told = self.taken if self.header.format is Format.JPEG else ()
        return Noise(self._noise[face.box, shrunk], told)

    def seen(self, face: Face, blur: Blur, terms: sharpness.Terms, side: int) -> Seen:
        """The face as the filter takes it, in a crop of `side` pixels, with what blurred it and its measured terms."""
        transform = align.similarity(face.landmarks, align.scaled(align.FFHQ_TEMPLATE, side))
        margin = round(side * deconvolution.MARGIN)
        around = transform + np.array([[0, 0, margin], [0, 0, margin]])
        noise = self.noise(face, align.scale_of(transform))
        taken = () if noise.quantisation else self.taken
        return Seen(self._kept(around, side + 2 * margin), transform, blur, noise, terms, taken)

    @property
    def taken(self) -> tuple[float, ...]:
        """Power that the format's quantisation took from luma, as in Noise; () where none is told."""
        return quantisation_power(self.header.quantisation) if self.header.quantisation else ()

    def blockiness(self, face: Face, scale: float) -> float:
        """How far JPEG's blocks show in the pixels that a crop of this scale is taken from."""
        under, _ = self._under(face, scale)
        return blockiness(under) if under.size else 0.0

    def _under(self, face: Face, scale: float) -> tuple[Pixels, float]:
        """The pixels under the face's box that a crop of this scale is taken from, and how far they are shrunk."""
        pixels, shrunk = self._enough(scale)
        x0, y0, x1, y1 = (max(0, round(edge * shrunk)) for edge in face.box)
        return pixels[y0:y1, x0:x1], shrunk

    def _enough(self, scale: float) -> tuple[Pixels, float]:
        """What a crop of this scale (its pixels for each photo pixel) can be taken from, and how far that is shrunk."""
        return (self.overview, self._shrunk) if self.suffices(scale) else (self.decoded.pixels, 1.0)

    def suffices(self, scale: float) -> bool:
        """Whether a crop of this scale can be taken from the overview."""
        holds_all = self.overview.shape[:2] == (self.header.height, self.header.width)
        return holds_all or scale <= self._shrunk * self.holds

    @property
    def _shrunk(self) -> float:
        return float(self.overview.shape[1] / self.header.width)


def _for_shrunk(transform: align.Transform, shrunk: float) -> align.Transform:
    offset = 0.5 / shrunk - 0.5
    result = align.shifted(transform, 0, 0)
    result[:, 2] += transform[:, :2] @ (offset, offset)
    result[:, :2] /= shrunk
    return result
