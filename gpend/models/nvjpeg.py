"""Whole photos decoded by the graphics card, where that is quicker and gives the picture that the processor gives.

torchvision brings the decoder, nvJPEG. It is loaded and tried with the networks, never later: the process is locked by
then. Where several pixels share their colour, libjpeg-turbo interpolates it and nvJPEG, as torchvision starts it,
repeats it; so every way to share colour is tried by itself, and only those that agree are decoded there.
"""

import math
import time
import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from gpend.core import codec
from gpend.core.formats.jpeg.container import JpegHeader
from gpend.core.formats.jpeg.frame import BASELINE, Colour, Frame
from gpend.core.photo import Pixels
from gpend.models.backend import Backend
from gpend.settings import PhotoSettings

Read: TypeAlias = Callable[[bytes], NDArray[np.uint8]]
"""Decodes a JPEG on the card: (height, width, 3) RGB. Raises RuntimeError where it does not."""

Say: TypeAlias = Callable[[str], None]

SAMPLINGS: Mapping[tuple[int, int], str] = {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0"}
"""Pixels that share a colour, across and down, and what people call it."""

LEVELS = 2
"""Of 255, that a value may be from what the processor gives."""

_ASTRAY = 1e-3  # of all values, that may be further from it
_PROBE = (1536, 1536)  # pixels of what is tried: not much more than what is worth it
_LEAST, _MOST = 2_000_000, 64_000_000  # pixels of a photo: below the way there and back costs more, above its memory
_RUNS = 3
_PORTRAIT = "portrait-sharp.jpg"  # of gpend/samples


class CardDecoder:
    """As in gpend.core.networks.DecodePhoto. May be called from several threads."""

    def __init__(
        self, read: Read | None, served: Collection[tuple[int, int]], notes: tuple[str, ...], say: Say
    ) -> None:
        """`read` is asked for photos that share colour in one of the ways that are `served`.

        `notes` are why others are not; `say` is given a sentence when the card is asked no more.
        """
        self.notes = notes
        self._read = read if served else None
        self._served = frozenset(served)
        self._say = say

    @property
    def words(self) -> str:
        """What is decoded on the card, for a person; "" where nothing is."""
        ways = [name for way, name in SAMPLINGS.items() if way in self._served]
        return "" if self._read is None else f"Large JPEGs ({', '.join(ways)}) are decoded by the card, with nvJPEG."

    def __call__(self, photo: bytes, header: codec.Header) -> codec.Decoded:
        """As in DecodePhoto: by the card where it serves, else as `codec.decode`, which also tells what is wrong."""
        read = self._read
        if read is None or not isinstance(header, JpegHeader) or not self._serves(header.jpeg.frame):
            return codec.decode(photo, header)
        pixels = self._tried(read, header.jpeg.coding)
        if pixels is None or pixels.shape != (header.height, header.width, 3):
            return codec.decode(photo, header)
        return codec.Decoded(pixels, grey=False)

    def try_out(self) -> None:
        """Decode the portrait; where that fails, as it may once the process is locked, the card is asked no more."""
        if self._read is not None:
            self._tried(self._read, _sample())

    def _serves(self, frame: Frame) -> bool:
        is_proven = frame.process == BASELINE and sampling_of(frame) in self._served
        return is_proven and _LEAST <= frame.width * frame.height <= _MOST

    def _tried(self, read: Read, coded: bytes) -> NDArray[np.uint8] | None:
        try:
            return read(coded)
        except torch.OutOfMemoryError:
            return None  # the networks have it: the next photo may find more
        except RuntimeError as error:
            self._read = None
            note = f"Photos are decoded by the processor from now on: nvJPEG failed ({_first_line(error)})."
            self.notes = (*self.notes, note)
            self._say(note)
            return None


def sampling_of(frame: Frame) -> tuple[int, int] | None:
    """Pixels that share a colour, across and down; None for a picture without luma and two colour differences."""
    if frame.colour is not Colour.YCC:
        return None
    luma, *colours = frame.components
    if any((one.across, one.down) != (1, 1) for one in colours):
        return None
    return luma.across, luma.down


def decoder_on(device: torch.device, backend: Backend, say: Say) -> CardDecoder | None:
    """The one for a card; None on the CPU, and where a card is so small that its memory is for networks alone."""
    if device.type != "cuda" or backend.is_cramped:
        return None
    try:
        read = reader_on(device, backend)
    except (ImportError, RuntimeError, OSError) as error:
        return CardDecoder(
            None, (), (f"Photos are decoded by the processor: there is no nvJPEG ({_first_line(error)}).",), say
        )
    return choose(read, say)


def reader_on(device: torch.device, backend: Backend) -> Read:
    """What torchvision decodes with on a device. Raises ImportError where it is not there."""
    from torchvision.io import ImageReadMode, decode_jpeg  # noqa: PLC0415 - 2 seconds, for nothing without a card

    warnings.filterwarnings("ignore", category=DeprecationWarning, module="torchvision")  # it will drop its decoder

    @torch.inference_mode()
    def read(coded: bytes) -> NDArray[np.uint8]:
        packed = torch.frombuffer(bytearray(coded), dtype=torch.uint8)
        there = decode_jpeg(packed, ImageReadMode.RGB, device)
        here = backend.download(there.permute(1, 2, 0).contiguous())
        return np.asarray(here()[0], np.uint8)

    return read


@dataclass(frozen=True)
class _Trial:
    """The same picture, decoded both ways."""

    astray: float  # share of the values that are too far apart
    card: float  # seconds
    processor: float


def choose(read: Read, say: Say, clock: Callable[[], float] = time.perf_counter) -> CardDecoder:
    """A decoder that uses `read` for what it decodes sooner than the processor and to the same picture."""
    served, notes = [], []
    for way, name in SAMPLINGS.items():
        try:
            refusal = _refusal(_tried(read, _probe(way), clock))
        except RuntimeError as error:
            refusal = f"does not decode them here ({_first_line(error)})"
        if refusal:
            notes.append(f"{name} photos are decoded by the processor: nvJPEG {refusal}.")
        else:
            served.append(way)
    return CardDecoder(read, served, tuple(notes), say)


def _refusal(trial: _Trial) -> str:
    """Why the card is not asked, or ""."""
    if trial.astray > _ASTRAY:
        return f"gives another picture ({trial.astray:.1%} of it is more than {LEVELS} levels off)"
    if trial.card >= trial.processor:
        card, processor = math.ceil(1000 * trial.card), math.floor(1000 * trial.processor)
        return f"takes longer here ({card} ms, the processor {processor} ms)"
    return ""


def _tried(read: Read, photo: bytes, clock: Callable[[], float]) -> _Trial:
    header = codec.identify(photo, PhotoSettings())
    here, processor = _timed(lambda: codec.decode(photo, header).pixels, clock)
    there, card = _timed(lambda: read(photo), clock)
    if here.shape != there.shape:
        return _Trial(1.0, card, processor)
    apart = np.abs(here.astype(np.int16) - there)
    return _Trial(float((apart > LEVELS).mean()), card, processor)


def _timed(run: Callable[[], Pixels], clock: Callable[[], float]) -> tuple[Pixels, float]:
    """What it gives, and the least of the seconds that it took; the first run is to get ready."""
    pixels, taken = run(), []
    for _ in range(_RUNS):
        start = clock()
        pixels = run()
        taken.append(clock() - start)
    return pixels, min(taken)


def _probe(way: tuple[int, int]) -> bytes:
    """A JPEG of real faces, as large as a photo, whose pixels share colour this way."""
    portrait = np.asarray(cv2.imdecode(np.frombuffer(_sample(), np.uint8), cv2.IMREAD_COLOR), np.uint8)
    down, across = (-(-most // side) for most, side in zip(_PROBE, portrait.shape[:2], strict=True))
    tiled = np.tile(portrait, (down, across, 1))[: _PROBE[0], : _PROBE[1]]
    across, down = way
    factor = across << 20 | down << 16 | 0x1111
    options = [cv2.IMWRITE_JPEG_QUALITY, 92, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factor]
    return bytes(cv2.imencode(".jpg", tiled, options)[1])


@cache
def _sample() -> bytes:
    """Read once, as nothing can be opened later."""
    return (Path(str(files("gpend"))) / "samples" / _PORTRAIT).read_bytes()


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
