"""What only an NVIDIA graphics card has: recorded kernels, page-locked memory, streams, and precisions of its own.

All of gpend's code that cannot run without one is here, without a decision in it: those are taken by `execution` and
`gpen`, which tests run on the CPU.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gpend.models.backend import SIZES, Arrays, Numbers, Record, Run

_TENSOR_CORES = (7, 0)  # compute capability since which float16 is faster than float32
_AMPLE = 6 << 30  # bytes of memory
_WARM_RUNS = 3  # before kernels are recorded: libraries tune themselves and take their memory
_SHARE = 0.3  # of the memory that is free, for one batch: other networks and other programs want some, too


class Cuda:
    """A graphics card as gpend.models.backend.Backend asks. Networks on it take turns."""

    can_record = True

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._pool = torch.cuda.graph_pool_handle()
        self._up, self._down = _stream(device), _stream(device)

    @property
    def is_cramped(self) -> bool:
        """A card of 4 GiB is."""
        return torch.cuda.get_device_properties(self._device).total_memory < _AMPLE

    @property
    def precisions(self) -> Sequence[torch.dtype]:
        """float16 only: bfloat16 is no faster, and eight times as far from float32."""
        return (torch.float16,) if torch.cuda.get_device_capability(self._device) >= _TENSOR_CORES else ()

    @property
    def record(self) -> Record | None:
        """As CUDA graphs, whose memory comes from one pool."""
        return self._recorded if self.can_record else None

    def _recorded(self, run: Run) -> Run:
        with torch.cuda.device(self._device):
            stream = _stream(self._device)
            stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(stream):
                for _ in range(_WARM_RUNS):
                    run()
            torch.cuda.current_stream().wait_stream(stream)
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, pool=self._pool):
                run()

        def replay() -> None:
            with torch.cuda.device(self._device):
                graph.replay()

        return replay

    def faces_at_once(self, size: int, run: Run) -> int:
        """By the memory that one face takes, of what is free."""
        del size
        run()  # the libraries' own memory is taken once
        torch.cuda.synchronize(self._device)
        torch.cuda.reset_peak_memory_stats(self._device)
        before = torch.cuda.memory_allocated(self._device)
        run()
        torch.cuda.synchronize(self._device)
        each = torch.cuda.max_memory_allocated(self._device) - before
        torch.cuda.empty_cache()
        free, _ = torch.cuda.mem_get_info(self._device)
        return fitting(free, each)

    @contextmanager
    def exact(self) -> Iterator[None]:
        """Without the convolutions in TF32 that PyTorch takes for float32."""
        with torch.backends.cudnn.flags(enabled=True, benchmark=False, allow_tf32=False):
            yield

    @contextmanager
    def tuning(self) -> Iterator[None]:
        """For every shape that is new, cuDNN tries its algorithms."""
        with torch.backends.cudnn.flags(enabled=True, benchmark=True, allow_tf32=True):
            yield

    def upload(self, array: NDArray[Numbers]) -> Tensor:
        """As in Backend: through page-locked memory, on a stream of its own, beside what the card computes."""
        locked = torch.from_numpy(np.require(array, requirements=("C", "W"))).pin_memory()  # PyTorch wants to write
        with torch.cuda.stream(self._up):
            there = locked.to(self._device, non_blocking=True)
        computing = torch.cuda.current_stream(self._device)
        computing.wait_stream(self._up)
        there.record_stream(computing)
        return there

    def download(self, *tensors: Tensor) -> Callable[[], Arrays]:
        """The same way back."""
        self._down.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(self._down):
            here = [torch.empty(one.shape, dtype=one.dtype, pin_memory=True) for one in tensors]
            for to, one in zip(here, tensors, strict=True):
                to.copy_(one, non_blocking=True)
                one.record_stream(self._down)
            done = self._down.record_event()

        def wait() -> Arrays:
            done.synchronize()
            return tuple(one.numpy() for one in here)

        return wait

    def free(self) -> None:
        """To the card."""
        torch.cuda.empty_cache()


def fitting(free: int, each: int) -> int:
    """How many faces of `each` bytes fit into the share of `free` bytes that one batch may take, at least one."""
    return min(SIZES[0], max(1, int(free * _SHARE) // max(1, each)))


def described(device: torch.device) -> str:
    """The card and its memory, in words."""
    properties = torch.cuda.get_device_properties(device)
    return f"{properties.name}, {properties.total_memory / (1 << 30):.0f} GiB"


def _stream(device: torch.device) -> torch.cuda.Stream:
    new = cast("Callable[[torch.device], torch.cuda.Stream]", torch.cuda.Stream)  # its own types are not told
    return new(device)
