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
from gpend.engine import sandbox
from gpend.errors import GpendError
from gpend.settings import PhotoSettings

REQUEST = struct.Struct("<IQ")
"""Long side of the picture in pixels (0: all of it, FACTS: none, only its facts), and length of the photo."""

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
        side, length = REQUEST.unpack(head)
        facts, picture = render(requests.read(length), side)
        told = json.dumps(facts).encode()
        answers.write(ANSWER.pack(len(told), len(picture)) + told + picture)
        answers.flush()


def render(photo: bytes, side: int) -> tuple[dict[str, object], bytes]:
    """The facts of a photo (size as stored, orientation, or why it cannot be shown), and the picture, upright."""
    try:
        header = codec.identify(photo, PhotoSettings())
        facts: dict[str, object] = {"width": header.width, "height": header.height, "orientation": header.orientation}
        if side == FACTS:
            return facts, b""
        pixels = codec.overview(photo, header, side or LARGEST)
    except GpendError as error:
        return {"problem": str(error)}, b""
    upright = orientation.upright(np.asarray(pixels, np.uint8), header.orientation)
    shown = np.asarray(np.ascontiguousarray(upright[:, :, ::-1]), np.uint8)
    return facts, bytes(cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1])


if __name__ == "__main__":
    main()
