"""A face as the filter takes it: its crop with what is around it, what blurred it, and its noise."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from gpend.core import align, deconvolution, sharpness
from gpend.core.blur import Blur
from gpend.core.noise import Noise
from gpend.core.photo import Plane


@dataclass(frozen=True)
class Seen:
    """A face as the filter takes it."""

    padded: Plane  # (1.5 side, 1.5 side, 3), 0 to 1: FFHQ-aligned, with deconvolution.MARGIN around it
    transform: align.Transform  # from the photo to the crop of `side` pixels in its middle
    blur: Blur
    noise: Noise  # as those know it who judge: their limits were set on JPEGs
    terms: sharpness.Terms  # of the face as it was measured
    taken: tuple[float, ...] = ()  # power that another format's quantisation took, as in Noise; () where none is told
    grain: tuple[float, ...] = ()  # power that a camera's denoiser left, as in Noise; () where that is as good as none
    brighter: Plane | None = None  # (1.5 side, 1.5 side), -1 to 1: what luma gained as light was blurred; None: nothing

    @property
    def lost(self) -> Noise:
        """All that is not the picture, as the filter counts it."""
        return Noise(self.noise.level, self.taken or self.noise.quantisation, self.grain)

    @property
    def side(self) -> int:
        """Of the crop in the middle, in pixels."""
        return deconvolution.side_of(self.padded)

    @property
    def crop(self) -> Plane:
        """(side, side, 3), 0 to 1: the crop without what is around it."""
        return deconvolution.middle(self.padded)

    @property
    def as_tones(self) -> Self:
        """As if its tones had been blurred, as filter and refining network take it."""
        if self.brighter is None:
            return self
        padded = np.asarray(np.clip(self.padded - self.brighter[:, :, None], 0, 1), np.float32)
        return replace(self, padded=padded, brighter=None)

    @property
    def in_green(self) -> Self:
        """In green alone, of which sensors have the most points, and which files store the most exactly."""
        green = np.repeat(self.padded[:, :, 1:2], self.padded.shape[2], axis=2)
        return replace(self, padded=np.ascontiguousarray(green))
