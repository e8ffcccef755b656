"""A graphics card's ways on the CPU: narrower precision, recorded kernels, little memory, answers that come later."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gpend.models.backend import Arrays, Numbers, Record, Run


@dataclass
class StandInCard:
    """A Backend. What it is asked for is noted in `asked`."""

    precisions: Sequence[torch.dtype] = (torch.bfloat16,)
    at_once: int = 4
    is_cramped: bool = False
    room_to_record: int = 32  # pictures; for more there is too little memory
    refusal: str = ""  # why it records nothing, as its driver says it
    asked: list[str] = field(default_factory=list)

    @property
    def record(self) -> Record | None:
        """What "replays" by computing it again."""
        return self._record

    def _record(self, run: Run) -> Run:
        if self.refusal:
            raise RuntimeError(self.refusal)
        run()
        return run

    def faces_at_once(self, size: int, run: Run) -> int:
        """As it was told."""
        del size
        run()
        return self.at_once

    def exact(self) -> AbstractContextManager[None]:
        """It always is."""
        return nullcontext()

    def tuning(self) -> AbstractContextManager[None]:
        """Nothing."""
        return nullcontext()

    def upload(self, array: NDArray[Numbers]) -> Tensor:
        """A copy, as a card's memory is another."""
        self.asked.append(f"up {len(array)}")
        return torch.from_numpy(array.copy())

    def download(self, *tensors: Tensor) -> Callable[[], Arrays]:
        """Copies that are made when somebody waits for them."""
        count = len(tensors[0])

        def wait() -> Arrays:
            self.asked.append(f"down {count}")
            return tuple(np.array(one.numpy()) for one in tensors)

        return wait

    def free(self) -> None:
        """Noted."""
        self.asked.append("free")


@dataclass
class CrampedCard(StandInCard):
    """Has no memory to record more than `room_to_record` pictures."""

    recorded: int = 0

    def _record(self, run: Run) -> Run:
        self.recorded += 1
        if self.at_once >> (self.recorded - 1) > self.room_to_record:
            raise torch.OutOfMemoryError
        return super()._record(run)


class LostCard(StandInCard):
    """Fails as a card does: not when it is given work, but when its answer is waited for."""

    lost = False

    def download(self, *tensors: Tensor) -> Callable[[], Arrays]:
        """What waits, and fails once the card is lost."""
        wait = super().download(*tensors)

        def waited() -> Arrays:
            if self.lost:
                raise RuntimeError("CUDA error: unspecified launch failure\nmore")
            return wait()

        return waited
