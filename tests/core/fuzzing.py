"""Bad photos by the thousand, run in a process of its own that can be limited: python -m tests.core.fuzzing NAME FLIPS.

Prints one JSON object: how often each outcome came, the slowest photo in seconds of processor time, the peak of memory
in MB, and every photo that gpend took wrongly: by an error that is not its own, or with a result that others reject.
"""

import base64
import io
import json
import resource
import struct
import sys
import time
import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from gpend.core import codec
from gpend.errors import GpendError
from gpend.settings import PhotoSettings
from tests import photos
from tests.core.judges import blob, brightened
from tests.photos_heif import SAMSUNG, VIVO, long_exif, motion_photo
from tests.photos_png import with_profile

LONG_EXIF = long_exif("<", b"a note of its maker".ljust(66_000, b"m"), 5_000, is_last=False)

ADDRESS_SPACE = 4 << 30
"""Bytes. Far above what is resident: libraries reserve more than they use."""


SOURCES: dict[str, Callable[[photos.Picture], bytes]] = photos.RESTORABLE | {
    "heif": photos.heif,
    "heif-motion": motion_photo,
    "heif-trailer": lambda picture: photos.heif(picture) + SAMSUNG,
    "heif-long-exif": lambda picture: photos.heif(picture, exif=b"Exif\0\0" + LONG_EXIF),
    "png-profile": lambda picture: with_profile(picture, b"Exif\0\0" + photos.exif(6)),
    "png-profile-text": lambda picture: with_profile(picture, photos.exif(6), "tEXt"),
    "avif-trailer": lambda picture: photos.avif(picture, metadata=True) + VIVO,
}


@dataclass
class Tally:
    """What happened."""

    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    wrong: list[str] = field(default_factory=list)


def damaged(photo: bytes, flips: int, random: np.random.Generator) -> Iterator[bytes]:
    """Cut off at every hundredth; random bytes flipped, one to eight at a time; lengths and offsets gone mad."""
    for percent in range(100):
        yield photo[: len(photo) * percent // 100]
    # half of the flips fall into the first part, where the structure is
    for number in range(flips):
        flipped = bytearray(photo)
        reach = len(photo) if number % 2 else min(len(photo), 600)
        for place in random.integers(0, reach, random.integers(1, 9)):
            flipped[place] ^= int(random.integers(1, 256))
        yield bytes(flipped)
        if photo.startswith(b"\x89PNG"):
            yield mended(flipped)
    for number in range(flips // 4):
        crafted = bytearray(photo)
        value = (0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 0xFFFFFFF0, len(photo), len(photo) - 1, 0x10000)[number % 8]
        place = int(random.integers(0, min(len(photo), 600) - 4))
        struct.pack_into(("<I", ">I")[number // 8 % 2], crafted, place, value)
        yield bytes(crafted)


def mended(photo: bytearray) -> bytes:
    """A PNG with the right checksums, as far as its chunks can be followed: what a forger would send."""
    place = 8
    while place + 12 <= len(photo):
        end = place + 8 + int.from_bytes(photo[place : place + 4], "big")
        if end + 4 > len(photo):
            break
        struct.pack_into(">I", photo, end, zlib.crc32(photo[place + 4 : end]))
        place = end + 4
    return bytes(photo)


def outcome(photo: bytes) -> str:
    """What gpend makes of the photo: `restored`, or the name of the error. Raises what is not gpend's own."""
    try:
        header = codec.identify(photo, PhotoSettings())
        codec.overview(photo, header, 1280)
        pixels = codec.decode(photo, header).pixels
        encoded = codec.encode(photo, header, brightened(pixels), blob(pixels), "restored")
    except GpendError as error:
        if not str(error):
            raise ValueError("an error without a reason") from error
        return type(error).__name__
    # what is damaged in the source outside of its picture is carried along, so only a new rejection counts
    before = set() if encoded.suffix else rejecting(photo)
    rejected = rejecting(encoded.photo) - before
    if rejected:
        raise ValueError(f"the result is rejected by {rejected}")
    return "restored, with damage carried along" if before else "restored"


def rejecting(photo: bytes) -> set[str]:
    """The decoders that do not accept the file."""
    found = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(io.BytesIO(photo)) as image:
                image.load()
        except Exception:  # noqa: BLE001 - whatever Pillow raises
            found.add("Pillow")
    if cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_UNCHANGED) is None:
        found.add("OpenCV")
    return found


def run(name: str, flips: int, seed: int = 0) -> Tally:
    """Every damaged form of one kind of photo."""
    tally = Tally()
    photo = source(name)
    for bad in damaged(photo, flips, np.random.default_rng(seed)):
        begun = time.process_time()
        try:
            tally.outcomes[outcome(bad)] += 1
        except Exception as error:  # noqa: BLE001 - whatever comes is what is looked for
            tally.outcomes["wrong"] += 1
            tally.wrong.append(f"{type(error).__name__}: {error} <- {base64.b64encode(bad).decode()}")
        tally.slowest = max(tally.slowest, time.process_time() - begun)
    return tally


def source(name: str) -> bytes:
    """The photo that is damaged."""
    return SOURCES[name](photos.portrait(60, 72))


def main() -> None:
    """Run with the limit and print what happened; with `--look PATH`, look at one photo and no more."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    if sys.argv[1] == "--look":
        photo = Path(sys.argv[2]).read_bytes()
        looked_at = codec.overview(photo, codec.identify(photo, PhotoSettings()), 1280)
        report: dict[str, object] = {"long_side": max(looked_at.shape)}
    else:
        tally = run(sys.argv[1], int(sys.argv[2]))
        report = {"outcomes": tally.outcomes, "slowest": tally.slowest, "wrong": tally.wrong}
    sys.stdout.write(json.dumps(report | {"peak_mb": peak()}))


def peak() -> int:
    """The most memory this process ever had, in MB; getrusage would count its parent's too."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) // 1024


if __name__ == "__main__":
    main()
