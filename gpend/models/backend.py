"""What a device is asked for beyond computing: precision, batch sizes, transfers; and what the CPU answers."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol, TypeAlias, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Run: TypeAlias = Callable[[], None]
Record: TypeAlias = Callable[[Run], Run]
"""Records what a function starts on the device; what it gives starts all of it again."""

Forward: TypeAlias = Callable[[Tensor], Tensor]
"""A network: pictures (count, 3, side, side) on its device to pictures."""

Numbers = TypeVar("Numbers", np.float32, np.uint8)
"""What travels."""

Arrays: TypeAlias = tuple[NDArray[np.generic], ...]

SIZES = (32, 16, 8, 4, 2, 1)
"""Batch sizes: few, since a graphics card's libraries tune themselves for each."""

_CPU_PIXELS = 1 << 18  # computed at once: there, more faces together only cost memory
_THREAD_PIXELS = 1 << 16  # the same for each thread, whose cache holds no more: four faces on one took a seventh longer


class Backend(Protocol):
    """A device, in the words of whoever computes on it."""

    @property
    def is_cramped(self) -> bool:
        """Whether its memory is so small that nothing is kept there that is seldom needed."""
        ...

    @property
    def precisions(self) -> Sequence[torch.dtype]:
        """Narrower than float32 and faster here, the best first."""
        ...

    @property
    def record(self) -> Record | None:
        """None where it cannot."""
        ...

    def faces_at_once(self, size: int, run: Run) -> int:
        """How many crops of this side may be computed at once; `run` computes one."""
        ...

    def exact(self) -> AbstractContextManager[None]:
        """Within it float32 is computed in full."""
        ...

    def tuning(self) -> AbstractContextManager[None]:
        """Within it the device's libraries try out which of their ways is the fastest."""
        ...

    def upload(self, array: NDArray[Numbers]) -> Tensor:
        """The array, of any shape, on the device; what is computed from now on waits for it, the caller does not."""
        ...

    def download(self, *tensors: Tensor) -> Callable[[], Arrays]:
        """Begin to bring them here; what it gives waits for them. Raises RuntimeError where computing failed."""
        ...

    def free(self) -> None:
        """Give back what memory it keeps in reserve."""
        ...


class Cpu:
    """The CPU as Backend asks."""

    is_cramped: bool = False
    precisions: Sequence[torch.dtype] = ()
    record: Record | None = None

    def faces_at_once(self, size: int, run: Run) -> int:
        """As many as make up the pixels that pay."""
        del run
        return max(1, min(_CPU_PIXELS, _THREAD_PIXELS * torch.get_num_threads()) // size**2)

    def exact(self) -> AbstractContextManager[None]:
        """It always is."""
        return nullcontext()

    def tuning(self) -> AbstractContextManager[None]:
        """There is nothing to try."""
        return nullcontext()

    def upload(self, array: NDArray[Numbers]) -> Tensor:
        """As in Backend: the array's own memory, unless that cannot be written to, which PyTorch does not know."""
        return torch.from_numpy(np.require(array, requirements=("C", "W")))

    def download(self, *tensors: Tensor) -> Callable[[], Arrays]:
        """They are here already."""
        arrays = tuple(tensor.numpy() for tensor in tensors)
        return lambda: arrays

    def free(self) -> None:
        """It keeps none."""


def batch_sizes(largest: int) -> tuple[int, ...]:
    """Powers of two from `largest` or less down to 1."""
    return tuple(size for size in SIZES if size <= max(1, largest))
