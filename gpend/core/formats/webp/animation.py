"""WebP animations: one of a single frame that fills its canvas is a picture, and becomes one that stands still."""

from gpend.core.formats.reader import InMemory
from gpend.core.formats.webp import riff
from gpend.errors import UnsupportedError

ANIMATED = 0x02  # flag of VP8X
SIDES = slice(4, 10)  # of VP8X's data: width and height less one, three bytes each
PLACE, FRAME_SIDES, FRAME_HEAD = (
    slice(0, 6),
    slice(6, 12),
    16,
)  # of ANMF's data; its picture's chunks follow (RFC 9649, 2.7.1)
STILL = "it was an animation of a single frame; the new file is a picture that stands still"


def still(photo: bytes) -> tuple[bytes, str]:
    """The file as it is, or without what makes an animation of its only frame; and what to tell then, or "".

    All other chunks stay, and what stands behind them. Raises UnsupportedError for any other animation, and as
    `riff.walk`.
    """
    chunks = riff.walk(photo)
    extended = next((chunk for chunk in chunks if chunk.kind == b"VP8X"), None)
    has_flag = extended is not None and extended.length > 0 and bool(photo[extended.start + 8] & ANIMATED)
    frames = [chunk for chunk in chunks if chunk.kind == b"ANMF"]
    if not (has_flag or frames or any(chunk.kind == b"ANIM" for chunk in chunks)):
        return photo, ""
    frame = photo[frames[0].data] if len(frames) == 1 else b""
    features = photo[extended.data] if extended else b""
    if not frame or any(frame[PLACE]) or frame[FRAME_SIDES] != features[SIDES] or len(frame) <= FRAME_HEAD:
        raise UnsupportedError("this is an animated WebP; gpend keeps it as it is")
    parts = {
        b"VP8X": riff.written(b"VP8X", bytes([features[0] & ~ANIMATED]) + features[1:]),
        b"ANIM": b"",
        b"ANMF": frame[FRAME_HEAD:],
    }
    last = riff.end(InMemory(photo))
    kept = [parts.get(chunk.kind, photo[chunk.start : chunk.end]) for chunk in chunks]
    return riff.whole(kept) + photo[last:], STILL
