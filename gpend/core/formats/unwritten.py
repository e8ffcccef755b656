"""Space that was reserved for a file, or lost on its way, and that holds nothing of it.

It shows as a long stretch of one value, or of two in turn, where coded data lie: disks, programs that reserve space and
drives of other machines fill it so.
"""

import numpy as np
from numpy.typing import NDArray

NEVER_WRITTEN = "a part of the file was never written: space is reserved for it, and nothing is there"

SHORTEST = 500
"""Bytes, hardly less than a disk's block. Coded data hold at most so long a stretch by themselves: JPEGs of 23 cameras
270, for even ground; AV1 of even pictures, drawings and photos up to 48 megapixels under 32, HEVC 106. Those of WebP
have no limit where a picture is even, and need another sign besides."""

_PIECE = 1 << 22
_BLOCK = 16  # bytes; a stretch of SHORTEST covers so many whole ones, wherever it begins:
_BLOCKS = SHORTEST // _BLOCK - 1


def has_stretch(coded: bytes | memoryview) -> bool:
    """Whether coded data hold a stretch that looks as if it were never written; one of SHORTEST bytes or a few less."""
    data = np.frombuffer(coded, np.uint8)
    step = _PIECE - SHORTEST
    return any(_is_in(data[at : at + _PIECE]) for at in range(0, max(len(data) - SHORTEST, 0) + 1, step))


def _is_in(data: NDArray[np.uint8]) -> bool:
    blocks = data[: len(data) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    is_even = (blocks[:, 2:] == blocks[:, :-2]).all(axis=1)
    is_even[1:] &= (blocks[1:, :2] == blocks[:-1, -2:]).all(axis=1)  # it goes on with the one before
    ends = np.flatnonzero(~np.concatenate(([False], is_even, [False])))
    return bool((np.diff(ends) > _BLOCKS).any())
