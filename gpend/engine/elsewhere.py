"""Faces that another machine restores, as the locked process sees it: it asks its daemon, and waits.

Crops travel with 8 bits a value, which is what the photo held: a quarter of what the networks compute with.
"""

import queue
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gpend.engine.protocol import Crops, Unrestored
from gpend.errors import PhotoError, TransientError

_CHANNELS = 3
_MOST = 255


class Elsewhere:
    """Asks with `say`; `number` tells which photo the calling thread has, or None while there is none."""

    def __init__(self, say: Callable[[Crops], None], number: Callable[[], int | None]) -> None:
        self._say = say
        self._number = number
        self._waiting: dict[int, queue.SimpleQueue[Crops | Unrestored]] = {}

    def restored(self, network: str, crops: NDArray[np.float32]) -> NDArray[np.float32]:
        """Restored crops for crops, both (count, side, side, 3) RGB, 0 to 1. Raises TransientError and PhotoError.

        Without a photo, as while a process is tried out, they come back as they are.
        """
        number = self._number()
        if number is None:
            return crops
        answers = self._waiting[number] = queue.SimpleQueue()
        self._say(Crops(number, network, crops.shape[1], packed(crops)))
        answer = answers.get()
        if isinstance(answer, Unrestored):
            raise TransientError(answer.reason)
        found = unpacked(answer)
        if found.shape != crops.shape:
            raise PhotoError("Another machine answered with faces of another size. gpend left the photo as it is.")
        return found

    def hear(self, answer: Crops | Unrestored) -> None:
        """An answer has come; one that nobody waits for is dropped."""
        waiting = self._waiting.pop(answer.number, None)
        if waiting is not None:
            waiting.put(answer)


def packed(crops: NDArray[np.float32]) -> bytes:
    """Crops (count, side, side, 3), 0 to 1, as they travel."""
    return np.asarray(np.rint(np.clip(crops, 0, 1) * _MOST), np.uint8).tobytes()


def unpacked(crops: Crops) -> NDArray[np.float32]:
    """Crops that came: (count, side, side, 3), 0 to 1. Raises PhotoError where they are not whole."""
    pixels = np.frombuffer(crops.pixels, np.uint8)
    size = crops.side * crops.side * _CHANNELS
    if not pixels.size or pixels.size % size:
        raise PhotoError("The faces that another machine sent are not whole. gpend left the photo as it is.")
    return np.asarray(pixels.reshape(-1, crops.side, crops.side, _CHANNELS) / np.float32(_MOST), np.float32)
