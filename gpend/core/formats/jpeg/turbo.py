"""libturbojpeg through ctypes: a JPEG's coefficients are copied, save for the blocks that are replaced.

Version 2 codes baseline pictures with the standard Huffman tables: files whose own were optimised grow by 1 to 10 %.
Restart markers are not written again.
"""

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from gpend.core.formats.jpeg.blocks import Blocks
from gpend.core.formats.jpeg.frame import Table
from gpend.errors import PhotoError, TransientError

NAMES = ("libturbojpeg.so.0", "libturbojpeg.so", "libturbojpeg.dylib")
"""Where the dynamic linker looks; Debian calls the package libturbojpeg0. PyPI's wheels hide these functions."""

_PROGRESSIVE, _COPY_NONE, _OPTIMIZE = 32, 64, 256  # TJXOPT_*; version 2 ignores the last
_LIMIT_SCANS = 32768  # TJFLAG_LIMITSCANS: at most 500
_WARNING = 0  # TJERR_WARNING
_RGB = 0  # TJPF_RGB
_LARGEST = 1023  # coefficient that baseline coding holds (T.81, F.1.2.2)


class _Region(ctypes.Structure):
    _fields_ = (("x", ctypes.c_int), ("y", ctypes.c_int), ("width", ctypes.c_int), ("height", ctypes.c_int))


_FILTER = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, _Region, _Region, ctypes.c_int, ctypes.c_int, ctypes.c_void_p)


class _Transform(ctypes.Structure):
    _fields_ = (
        ("region", _Region),
        ("operation", ctypes.c_int),
        ("options", ctypes.c_int),
        ("data", ctypes.c_void_p),
        ("filter", _FILTER),
    )


class WarnedError(PhotoError):
    """libjpeg decodes the picture, and has something to say of it."""

    def __init__(self, reason: str, warning: str) -> None:
        """`warning` is what libjpeg says."""
        super().__init__(reason)
        self.warning = warning


class RangeError(PhotoError):
    """A coefficient of the photo is too large for finer steps."""


class SamplingError(PhotoError):
    """The library's lossless functions do not know how the picture's colour is shared."""


class TablesError(PhotoError):
    """The library's lossless functions do not take quantisation tables that change between scans."""


@dataclass(frozen=True)
class Turbo:
    """A loaded libturbojpeg."""

    library: ctypes.CDLL
    version: str  # "2", "3"

    @property
    def name(self) -> str:
        """What a person calls it."""
        return f"libturbojpeg {self.version}"

    def replace(self, coded: bytes, blocks: tuple[Blocks, ...], *, progressive: bool, optimize: bool) -> bytes:
        """`coded`, a JPEG without metadata, with `blocks` put in for each component; fills in their `previous`.

        Where blocks tell of a growth, every coefficient of their component grows by it; the tables are left to others.
        Raises RangeError where one then is too large.
        Raises WarnedError where libjpeg so much as warns of the data, SamplingError for rare ways to share colour,
        TablesError for tables that change, PhotoError where it gives up.
        """
        options = _COPY_NONE | progressive * _PROGRESSIVE | optimize * _OPTIMIZE
        swap = _Swap(blocks)
        order = _Transform(options=options, filter=_FILTER(swap))
        output, size = ctypes.c_void_p(), ctypes.c_ulong()
        with self._handle(self.library.tjInitTransform) as handle:
            try:
                status = self.library.tjTransform(
                    handle,
                    coded,
                    len(coded),
                    1,
                    ctypes.byref(output),
                    ctypes.byref(size),
                    ctypes.byref(order),
                    _LIMIT_SCANS,
                )
                if swap.failure is not None:
                    raise swap.failure
                if status:
                    self._complain(handle)
                return ctypes.string_at(output, size.value)
            finally:
                self.library.tjFree(output)

    def decode(self, coded: bytes, width: int, height: int) -> NDArray[np.uint8]:
        """The picture as (height, width, 3) uint8 RGB; the size is the picture's own or n/8 of it, rounded up.

        Raises WarnedError where libjpeg so much as warns: other decoders fill up what is missing with grey.
        Raises PhotoError where it gives up.
        """
        pixels = np.empty((height, width, 3), np.uint8)
        with self._handle(self.library.tjInitDecompress) as handle:
            status = self.library.tjDecompress2(
                handle, coded, len(coded), pixels.ctypes.data, width, 0, height, _RGB, _LIMIT_SCANS
            )
            if status:
                self._complain(handle)
        return pixels

    @contextmanager
    def _handle(self, make: Callable[[], int | None]) -> Iterator[ctypes.c_void_p]:
        made = make()
        if not made:
            raise TransientError("there is not enough memory for this photo at the moment")
        handle = ctypes.c_void_p(made)
        try:
            yield handle
        finally:
            self.library.tjDestroy(handle)

    def _complain(self, handle: ctypes.c_void_p) -> None:
        """Raise what libjpeg says."""
        message = self.library.tjGetErrorStr2(handle).decode(errors="replace")
        if "emory" in message:
            raise TransientError("there is not enough memory for this photo at the moment")
        if "subsampling type" in message:
            raise SamplingError(f"its colour is sampled in an unusual way ({message})")
        if "multiple use of quantization table" in message:
            raise TablesError(f"its tables change between its scans ({message})")
        if self.library.tjGetErrorCode(handle) == _WARNING:
            raise WarnedError(f"the JPEG is corrupt ({message})", message)
        raise PhotoError(f"the JPEG is corrupt ({message})")


class _Swap:
    """The filter that libturbojpeg calls with every row of blocks: most rows have nothing to replace."""

    def __init__(self, blocks: tuple[Blocks, ...]) -> None:
        self._blocks = blocks
        self.failure: BaseException | None = None

    def __call__(self, row: int, region: _Region, _plane: _Region, place: int, _number: int, _order: int) -> int:
        try:
            blocks = self._blocks[place]
            span = blocks.spans.get(region.y // 8)
            if span is not None or blocks.growth is not None:
                self._swap(_row_at(row, region.width // 8), blocks, span)
        except BaseException as failure:  # noqa: BLE001 -- C cannot carry it; `replace` raises it again
            self.failure = failure
            return -1
        return 0

    @staticmethod
    def _swap(row: NDArray[np.int16], blocks: Blocks, span: slice | None) -> None:
        if blocks.growth is not None:
            _grow(row, blocks.growth)
        if span is not None:
            columns = blocks.columns[span]
            blocks.previous[span] = row[columns]
            row[columns] = blocks.wanted[span]


def _row_at(address: int, count: int) -> NDArray[np.int16]:
    """The library's own memory, (count, 64)."""
    memory = (ctypes.c_int16 * (64 * count)).from_address(address)
    return np.frombuffer(memoryview(memory), np.int16).reshape(count, 64)


def _grow(row: NDArray[np.int16], growth: Table) -> None:
    """Multiply in place. Raises RangeError where a product is more than baseline coding holds."""
    most = _LARGEST // growth
    if (row > most).any() or (row < -most).any():
        raise RangeError("a coefficient is too large for finer steps")
    np.multiply(row, growth, out=row, casting="unsafe")


@cache
def load(names: tuple[str, ...] = NAMES) -> Turbo | None:
    """The first of `names` that can be loaded and has the functions of libturbojpeg 2, or None."""
    for name in names:
        try:
            return _declared(ctypes.CDLL(name))
        except (OSError, AttributeError):
            continue
    return None


def _declared(library: ctypes.CDLL) -> Turbo:
    pointer, long = ctypes.c_void_p, ctypes.c_ulong
    library.tjInitTransform.restype = library.tjInitDecompress.restype = pointer
    library.tjInitTransform.argtypes = library.tjInitDecompress.argtypes = ()
    library.tjDestroy.argtypes = library.tjFree.argtypes = (pointer,)
    library.tjGetErrorStr2.argtypes = library.tjGetErrorCode.argtypes = (pointer,)
    library.tjGetErrorStr2.restype = ctypes.c_char_p
    library.tjTransform.argtypes = (
        pointer, ctypes.c_char_p, long, ctypes.c_int, ctypes.POINTER(pointer), ctypes.POINTER(long),
        ctypes.POINTER(_Transform), ctypes.c_int,
    )  # fmt: skip
    numbers = (ctypes.c_int,) * 5
    library.tjDecompress2.argtypes = (pointer, ctypes.c_char_p, long, pointer, *numbers)
    return Turbo(library, "3" if hasattr(library, "tj3Init") else "2")
