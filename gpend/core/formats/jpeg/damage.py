"""Damage that does no harm: what libjpeg warns of and decodes whole all the same (the JWRN_ codes of its jerror.h).

Restored, with a note:

- NOT_SEQUENTIAL: Ss, Se, Ah, Al of a sequential scan are wrong; nothing reads them. Put right in `parsed.coding`.
- EXTRANEOUS_DATA between segments: bytes that belong to none; kept by `splice`.
- EXTRANEOUS_DATA behind the last block of a scan or restart interval: left out, here.
- JFIF_MAJOR, ADOBE_XFORM: an unknown version, which decides nothing; an unknown transform, which all take for YCbCr.
- BOGUS_ICC: a profile whose pieces do not fit; kept, since no pixel depends on it.
- JPEG_EOF where nothing but the mark of the end is missing: it is added, in `parsed`, once nobody is writing the file.

Refused, since pixels are left undefined:

- HIT_MARKER: a scan or interval ends before its last block.
- HUFF_BAD_CODE, ARITH_BAD_CODE: bits that are no code.
- EXTRANEOUS_DATA that looks coded, behind a stretch that was never written: what is left over is picture.
- MUST_RESYNC: restart markers are missing or out of order, so that blocks are lost or in the wrong place.
- BOGUS_PROGRESSION: a scan refines coefficients that were never sent, or that were sent in another precision.

JPEG_EOF in any other place is an incomplete file, which may still be on its way. TOO_MUCH_DATA is an encoder's.

libjpeg tells a caller of its first warning only. So the bytes of a warning that does no harm are taken out, until there
is no warning left: then nothing else was hidden behind it.
"""

import re
from collections.abc import Callable

from gpend.core.formats.jpeg.segments import SOS, survey
from gpend.core.formats.unwritten import has_stretch
from gpend.errors import PhotoError

STRAY_DATA = "it holds bytes behind its coded data that every reader skips; they are not in the new file"

_EXTRANEOUS = re.compile(r"(\d+) extraneous bytes before marker")
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
_EOI = b"\xff\xd9"
_FEW, _VALUES = 64, 16
"""Behind a stretch that was never written, bytes to skip are coded data if they are more, and of more values."""

_MOST = 16
"""Places with stray bytes in one file; each costs a dozen small decodes."""


def is_extraneous(warning: str) -> bool:
    """Whether libjpeg only skipped bytes."""
    return _EXTRANEOUS.search(warning) is not None


def without_strays(coded: bytes, warning_of: Callable[[bytes], str]) -> tuple[bytes, bool]:
    """`coded`, which `warning_of` finds bytes to skip in, without these; and whether any of them was not zero.

    `warning_of` decodes a JPEG and tells libjpeg's first warning, or "". Raises PhotoError where another warning shows.
    """
    told = False
    for _ in range(_MOST):
        warning = warning_of(coded)
        if not warning:
            return coded, told
        if not is_extraneous(warning):
            raise PhotoError(f"the JPEG is corrupt ({warning})")
        coded, stray = _without_first(coded, warning_of)
        if len(stray) > _FEW and len(set(stray)) > _VALUES and has_stretch(coded):
            raise PhotoError("the JPEG is corrupt: coded data are left over behind its last block")
        told = told or any(stray)
    raise PhotoError("the JPEG is corrupt: bytes that belong nowhere stand in many places of its coded data")


def _without_first(coded: bytes, warning_of: Callable[[bytes], str]) -> tuple[bytes, bytes]:
    """The first interval that has bytes left over is found by halving: the file cut off behind an interval."""
    ends = _interval_ends(coded)
    low, high = 0, len(ends) - 1
    while low < high:
        middle = (low + high) // 2
        if is_extraneous(warning_of(coded[: ends[middle]] + _EOI)):
            high = middle
        else:
            low = middle + 1
    found = _EXTRANEOUS.search(warning_of(coded[: ends[low]] + _EOI))
    if found is None:
        raise PhotoError("the JPEG is corrupt: bytes that belong nowhere stand in its coded data")
    begin = max(ends[low] - int(found[1]), 0)
    return coded[:begin] + coded[ends[low] :], coded[begin : ends[low]]


def _interval_ends(coded: bytes) -> list[int]:
    ends = list[int]()
    for segment in survey(coded).segments:
        if segment.marker == SOS:
            ends += [found.start() for found in _RESTART.finditer(coded, segment.end, segment.scan_end)]
            ends.append(segment.scan_end)
    return ends
