"""The process that decodes photos for the dashboard: bytes in, a picture for a browser out, and nothing else.

Requests come on standard input, answers go to standard output: a header of two numbers, then bytes. It is locked as the
worker is, before the first photo. Run as `python -m gpend.web.renderer`.
"""

import json
import struct
import sys
from typing import BinaryIO

import cv2
import numpy as np

from gpend.core import codec, orientation
from gpend.core.photo import Box, Pixels
from gpend.engine import sandbox
from gpend.errors import GpendError
from gpend.settings import PhotoSettings

REQUEST = struct.Struct("<IddddQ")
"""Long side of the picture in pixels (0: all of it, FACTS: none, only its facts), the part that is shown, in pixels of
the upright photo, and length of the photo."""

WHOLE = (0.0, 0.0, 0.0, 0.0)
"""As the part: all of it."""

ANSWER = struct.Struct("<IQ")
"""Length of the facts (JSON), and length of the picture (JPEG), which is 0 where there is none."""

FACTS = 0xFFFFFFFF
LARGEST = 4096
"""A whole picture is shown at this long side at most: browsers on phones show no more."""

_QUALITY = 88
_MEMORY = 2 << 30


def main() -> None:
    """Answer requests until standard input ends."""
    warm_up()
    sandbox.lock(_MEMORY)
    serve(sys.stdin.buffer, sys.stdout.buffer)


def warm_up() -> None:
    """Load whatever a photo may need: afterwards no file can be opened."""
    codec.load_decoders()
    cv2.imencode(".jpg", np.zeros((8, 8, 3), np.uint8))


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until they end."""
    while len(head := requests.read(REQUEST.size)) == REQUEST.size:
        side, *crop, length = REQUEST.unpack(head)
        x0, y0, x1, y1 = crop
        facts, picture = render(requests.read(length), side, (x0, y0, x1, y1))
        told = json.dumps(facts).encode()
        answers.write(ANSWER.pack(len(told), len(picture)) + told + picture)
        answers.flush()


def render(photo: bytes, side: int, crop: Box = WHOLE) -> tuple[dict[str, object], bytes]:
    """The facts of a photo (size as stored, orientation, or why it cannot be shown), and the picture, upright."""
    try:
        header = codec.identify(photo, PhotoSettings())
        facts: dict[str, object] = {"width": header.width, "height": header.height, "orientation": header.orientation}
        if side == FACTS:
            return facts, b""
        pixels = codec.overview(photo, header, _needed(header, side or LARGEST, crop))
    except GpendError as error:
        return {"problem": str(error)}, b""
    upright = orientation.upright(np.asarray(pixels, np.uint8), header.orientation)
    if crop != WHOLE:
        upright = _part(upright, crop, max(pixels.shape[:2]) / max(header.width, header.height), side)
    shown = np.asarray(np.ascontiguousarray(upright[:, :, ::-1]), np.uint8)
    return facts, bytes(cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1])


def _needed(header: codec.Header, side: int, crop: Box) -> int:
    """The long side of the whole picture in which the part that is shown has as many pixels as it should have."""
    if crop == WHOLE:
        return side
    long, shown = max(header.width, header.height), max(crop[2] - crop[0], crop[3] - crop[1], 1.0)
    return max(1, min(long, round(long * side / shown)))


def _part(upright: Pixels, crop: Box, scale: float, side: int) -> Pixels:
    """The part of the picture, `side` pixels long; beyond the picture's edge there is nothing."""
    height, width = upright.shape[:2]
    x0, x1 = (round(min(max(edge * scale, 0.0), width)) for edge in (crop[0], crop[2]))
    y0, y1 = (round(min(max(edge * scale, 0.0), height)) for edge in (crop[1], crop[3]))
    part = upright[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]
    if not part.size:
        return upright[:1, :1]
    larger = side / max(part.shape[:2])
    size = (max(1, round(part.shape[1] * larger)), max(1, round(part.shape[0] * larger)))
    return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_CUBIC if larger > 1 else cv2.INTER_AREA), np.uint8)


if __name__ == "__main__":
    main()
