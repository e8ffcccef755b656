"""What the core asks of the networks, as protocols over arrays; gpend.models fulfils them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gpend.core.fitted import BlendFit
from gpend.core.formats import Decoded, Header
from gpend.core.photo import Face, Landmarks


class DetectFaces(Protocol):
    """Finds faces."""

    def __call__(self, image: NDArray[np.uint8]) -> Sequence[Face]:
        """Faces in an upright RGB image (height, width, 3) uint8, in its coordinates, best score first."""
        ...


class RestoreFaces(Protocol):
    """Restores aligned face crops."""

    @property
    def name(self) -> str:
        """Name and version of the network, as written into the photos it restored."""
        ...

    @property
    def size(self) -> int:
        """Side of the square crops in pixels."""
        ...

    @property
    def seen(self) -> int:
        """Side at which it looks at them, in pixels: less than `size` where it enlarges what it sees."""
        ...

    @property
    def template(self) -> Landmarks:
        """Where the five landmarks stand in a crop of `size` pixels."""
        ...

    @property
    def fit(self) -> BlendFit:
        """How much of its change is used."""
        ...

    def __call__(self, crops: NDArray[np.float32]) -> NDArray[np.float32]:
        """Restored crops for crops: both (count, size, size, 3) RGB, 0 to 1; count may be anything from 1."""
        ...


@dataclass(frozen=True)
class Kernels:
    """What blurred each of some crops."""

    kernels: NDArray[np.float32]  # (count, side, side), of sum 1, side odd; the blurred crop is the sharp one * kernel
    confidence: NDArray[np.float32]  # (count,), 0 to 1
    enlarged: NDArray[np.float32]  # (count,), log-odds that it was shrunk and enlarged again rather than blurred
    doubled: NDArray[np.float32]  # (count,), log-odds that the face is there twice; -inf where it does not tell


class EstimateBlur(Protocol):
    """Finds the blur kernels of aligned faces."""

    @property
    def name(self) -> str:
        """Name and version of the network."""
        ...

    @property
    def size(self) -> int:
        """Side of the square crops in pixels, aligned to the FFHQ template."""
        ...

    def __call__(self, crops: NDArray[np.float32]) -> Kernels:
        """The kernels of luma crops (count, size, size), 0 to 1, in their pixels; count may be anything from 1."""
        ...


class RefineFaces(Protocol):
    """Takes ringing and noise out of filtered faces, and adds nothing."""

    @property
    def name(self) -> str:
        """Name and version of the network."""
        ...

    @property
    def strengths(self) -> tuple[float, float]:
        """How many times noise counts in the two filtered lumas that it is given, the smaller first."""
        ...

    def __call__(
        self, crops: NDArray[np.float32], weak: NDArray[np.float32], strong: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Refined crops for FFHQ-aligned crops: both (count, side, side, 3) RGB, 0 to 1; side a multiple of 32.

        `weak` and `strong` (count, side, side) are their luma through the filter, as `deconvolution.lumas` gives it.
        """
        ...


class ParseFaces(Protocol):
    """Tells which pixels are face."""

    @property
    def size(self) -> int:
        """Side of the square crops in pixels, aligned to the FFHQ template."""
        ...

    def __call__(self, crops: NDArray[np.float32]) -> NDArray[np.float32]:
        """(count, size, size), 0 to 1: how surely each pixel is face, and neither hair, hand nor background.

        `crops` are (count, size, size, 3) RGB, 0 to 1.
        """
        ...


class DecodePhoto(Protocol):
    """A quicker way to all pixels of a photo."""

    def __call__(self, photo: bytes, header: Header) -> Decoded:
        """What `codec.decode` gives, within a level or two; raises what it raises."""
        ...

    def try_out(self) -> None:
        """Decode something: what keeps it from that is found out here, and `codec.decode` serves instead."""
        ...


@dataclass(frozen=True)
class Networks:
    """The networks that the core works with."""

    detect: DetectFaces
    restore: RestoreFaces  # of several the smallest
    estimate: EstimateBlur | None = None  # without it no blur is found, and faces are restored by `restore` alone
    refine: RefineFaces | None = None  # without it the filter's result stands as it is
    larger: tuple[RestoreFaces, ...] = ()  # further restoring networks, each larger than the one before
    parse: ParseFaces | None = None  # without it the mask of a face is an ellipse
    screen: DetectFaces | None = None  # a quicker `detect`, which tells of doubtful faces too; None: no first look
    decode: DecodePhoto | None = None  # None: codec.decode

    @property
    def restorers(self) -> tuple[RestoreFaces, ...]:
        """Every restoring network, the smallest first."""
        return (self.restore, *self.larger)
