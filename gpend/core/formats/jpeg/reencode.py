"""What is left to do without libturbojpeg: code the whole picture again, with its own sampling where that can be."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gpend.core.formats.jpeg.blocks import table_of
from gpend.core.formats.jpeg.frame import PROGRESSIVE, Colour, Frame
from gpend.errors import PhotoError

_SUBSAMPLING = {(1, 1): 0, (2, 1): 1, (2, 2): 2}
"""Pillow's names for how many pixels share a colour, across and down."""


def reencoded(frame: Frame, pixels: NDArray[np.uint8], *, optimize: bool) -> bytes:
    """All of `pixels` (h, w, 3) uint8 RGB, coded like `frame`; colour that Pillow cannot share alike is not shared."""
    mode = "L" if frame.colour is Colour.GREY else "RGB"
    options: dict[str, Any] = {"restart_marker_blocks": frame.restart} if frame.restart else {}
    output = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(
        output,
        "JPEG",
        qtables=[table_of(component).tolist() for component in frame.components],
        subsampling=_SUBSAMPLING.get(_shared(frame), 0),
        progressive=frame.process == PROGRESSIVE,
        optimize=optimize,
        keep_rgb=frame.colour is Colour.RGB,
        **options,
    )
    return output.getvalue()


def _shared(frame: Frame) -> tuple[int, int]:
    shares = {(frame.across // c.across, frame.down // c.down) for c in frame.components[1:]}
    return shares.pop() if len(shares) == 1 else (1, 1)


def decoded(coded: bytes, size: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """The picture as (h, w, 3) uint8 RGB, shrunk to `size` (width, height). Raises PhotoError where Pillow gives up."""
    try:
        with Image.open(io.BytesIO(coded), formats=("JPEG",)) as image:
            image.draft(None, size or image.size)
            whole = image.convert("RGB")
            return np.array(whole if size in {None, whole.size} else whole.resize(size, Image.Resampling.BOX))
    except (OSError, SyntaxError, ValueError) as error:
        raise PhotoError(f"the JPEG is corrupt ({error})") from error
