"""By how much a photo changed, at the size of its thumbnail."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gpend.core.formats.jpeg.blocks import ONE, TO_YCC, Blocks
from gpend.core.formats.jpeg.dct import SIDE, restored
from gpend.core.formats.jpeg.frame import Colour, Component, Frame
from gpend.core.photo import Plane

Difference: TypeAlias = Callable[[int, int], NDArray[np.float32]]
"""Given a width and a height: the new photo minus the old one at that size, (height, width, 3) in RGB levels."""

_COARSE = 2 * SIDE
"""Where a pixel of the thumbnail covers so many of the photo, each block's mean says enough."""


def of_pixels(old: NDArray[np.uint8], new: NDArray[np.uint8]) -> Difference:
    """The difference of two pictures of the same size, (h, w, 3) uint8 RGB."""

    def shrunk(width: int, height: int) -> NDArray[np.float32]:
        planes = (new[..., place].astype(np.float32) - old[..., place] for place in range(3))
        return np.stack([_resized(plane, plane.shape[1], plane.shape[0], (width, height)) for plane in planes], -1)

    return shrunk


def of_blocks(frame: Frame, blocks: tuple[Blocks, ...]) -> Difference:
    """The difference that the replaced blocks make; their `previous` must be known."""

    def shrunk(width: int, height: int) -> NDArray[np.float32]:
        coarse = frame.width >= _COARSE * width and frame.height >= _COARSE * height
        components = zip(frame.components, blocks, strict=True)
        planes = [_component(frame, component, some, (width, height), coarse=coarse) for component, some in components]
        return _rgb(np.stack(planes, -1), frame.colour)

    return shrunk


def _component(frame: Frame, component: Component, blocks: Blocks, size: tuple[int, int], *, coarse: bool) -> Plane:
    across, down = frame.factors(component)
    unit = 1 if coarse else SIDE
    plane = _plane(frame.blocks(component), blocks, coarse=coarse)
    scale = unit / SIDE
    return _resized(plane, frame.width * across / frame.across * scale, frame.height * down / frame.down * scale, size)


def _plane(shape: tuple[int, int], blocks: Blocks, *, coarse: bool) -> Plane:
    """The difference in samples, or with `coarse` one mean for each block; it ends where the blocks end."""
    change = ((blocks.wanted.astype(np.float32) - blocks.previous) * blocks.table).reshape(-1, SIDE, SIDE)
    if coarse:
        plane = np.zeros(shape, np.float32)
        plane[blocks.rows, blocks.columns] = change[:, 0, 0] / SIDE
        return plane
    samples = np.zeros((*shape, SIDE, SIDE), np.float32)
    samples[blocks.rows, blocks.columns] = restored(change)
    return np.ascontiguousarray(samples.swapaxes(1, 2)).reshape(shape[0] * SIDE, shape[1] * SIDE)


def _resized(plane: Plane, width: float, height: float, size: tuple[int, int]) -> Plane:
    """The top left `width` x `height` of `plane`, averaged down to `size`."""
    image = Image.fromarray(plane)
    box = (0.0, 0.0, min(width, image.width), min(height, image.height))
    return np.asarray(image.resize(size, Image.Resampling.BOX, box), np.float32)


def _rgb(planes: NDArray[np.float32], colour: Colour) -> NDArray[np.float32]:
    if colour is Colour.GREY:
        return np.repeat(planes, 3, axis=-1)
    if colour is Colour.YCC:
        return planes @ np.linalg.inv(TO_YCC / ONE).T.astype(np.float32)
    return planes
