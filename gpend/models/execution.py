"""How a network is computed on the device at hand: the fastest way that gives the picture that float32 gives there.

A third party saw GPEN in half precision go astray under one driver; so nothing is believed that was not tried on real
faces, on this machine, at every batch size that will be used.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from gpend.models import portrait
from gpend.models.arch.generator import FullGenerator
from gpend.models.backend import Backend, Forward, Record, batch_sizes
from gpend.models.graphs import Graphs

LEAST_PSNR = 45.0
"""Between a faster way and float32, in dB, for every picture: what is lost then is far below a photo's noise."""


@dataclass(frozen=True)
class Execution:
    """How a network is computed."""

    forward: Forward
    precision: str  # "float32", "float16" or "bfloat16"
    largest: int  # faces at once
    is_recorded: bool = False  # its kernels are started all at once
    notes: tuple[str, ...] = ()  # which faster ways were not taken, and why

    @property
    def words(self) -> str:
        """For a person."""
        graphs = " with CUDA graphs" if self.is_recorded else ""
        faces = "one face at a time" if self.largest == 1 else f"up to {self.largest} faces at a time"
        return f"{self.precision}{graphs}, {faces}"


@torch.inference_mode()
def choose(network: FullGenerator, seen: int, size: int, backend: Backend) -> Execution:
    """The fastest way to compute a prepared float32 network, which sees pictures of `seen` and gives those of `size`.

    Where nothing narrower and no recording agrees, it is the network itself.
    """
    ways = list(_ways(backend))
    if not ways:
        return Execution(network, "float32", batch_sizes(backend.faces_at_once(size, _nothing))[0])
    trial = _Trial(network, size, backend, backend.upload(portrait.crops(seen)).permute(0, 3, 1, 2) * 2 - 1)
    notes: list[str] = []
    for dtype, record in ways:
        what = _name(dtype) + (" with CUDA graphs" if record else "")
        try:
            return replace(trial.of(dtype, record), notes=tuple(notes))
        except _DisagreementError as error:
            near = f"{np.floor(error.args[0]):.0f}"  # and not what is wanted, where it is hardly less
            notes.append(f"{what} gives another picture here ({near} dB, {LEAST_PSNR:.0f} are wanted)")
        except RuntimeError as error:
            notes.append(f"{what} does not run here ({str(error).strip().splitlines()[0]})")
        backend.free()
    return replace(trial.last(), notes=tuple(notes))


def _ways(backend: Backend) -> Iterator[tuple[torch.dtype, Record | None]]:
    """Precision, and what records: the fastest first, without the last resort."""
    for dtype in (*backend.precisions, torch.float32):
        if backend.record is not None:
            yield dtype, backend.record
        if dtype != torch.float32:
            yield dtype, None


class _DisagreementError(Exception):
    """How near a way came, in dB."""


class _Trial:
    """Ways to compute one network, tried one after the other."""

    def __init__(self, network: FullGenerator, size: int, backend: Backend, probes: Tensor) -> None:
        self._network = network
        self._size = size
        self._backend = backend
        self._probes = probes
        with backend.exact():
            self._reference = _one_by_one(network, probes)

    def of(self, dtype: torch.dtype, record: Record | None) -> Execution:
        """This way. Raises _DisagreementError, and RuntimeError where it does not run."""
        twin = self._network if dtype == torch.float32 else self._network.narrowed(dtype)
        self._agree(_one_by_one(twin, self._probes), self._reference)
        sizes = self._sizes(twin)
        if record is None:
            return Execution(twin, _name(dtype), sizes[0])
        graphs = Graphs(twin)
        recorded = [count for count in sizes if self._is_recorded(graphs, count, record)]
        if not recorded:
            raise torch.OutOfMemoryError("there is too little memory to record it")
        return Execution(graphs, _name(dtype), recorded[0], is_recorded=True)

    def last(self) -> Execution:
        """The network itself."""
        return Execution(self._network, "float32", self._sizes(self._network)[0])

    def _is_recorded(self, graphs: Graphs, count: int, record: Record) -> bool:
        """Whether there was memory for it; the largest come first: the others then take theirs from the same pool."""
        places = [place % len(self._probes) for place in range(count)]
        try:
            with self._backend.tuning():
                graphs.add(self._probes[places], record)
            self._agree(graphs(self._probes[places]), self._reference[places])
        except torch.OutOfMemoryError:
            is_recorded = False
        else:
            is_recorded = True
        self._backend.free()  # not before: an error holds on to what was computed
        return is_recorded

    def _sizes(self, forward: Forward) -> tuple[int, ...]:
        def run() -> None:
            forward(self._probes[:1])

        return batch_sizes(self._backend.faces_at_once(self._size, run))

    def _agree(self, one: Tensor, other: Tensor) -> None:
        found = psnr(one, other)
        if not found >= LEAST_PSNR:  # written so that NaN, which compares false, disagrees
            raise _DisagreementError(found)


def _one_by_one(forward: Forward, pictures: Tensor) -> Tensor:
    """A small card has no memory for more at once."""
    return torch.cat([forward(one[None]) for one in pictures])


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _nothing() -> None:
    """To be measured by who measures nothing."""


def psnr(one: Tensor, other: Tensor) -> float:
    """Of the picture in which the two differ most, in dB; both (count, 3, side, side), [-1, 1]. NaN where one is."""
    apart = (one.float().clamp(-1, 1) - other.float().clamp(-1, 1)) / 2
    worst = float(apart.square().mean((1, 2, 3)).max())
    return float(-10 * np.log10(max(worst, 1e-12))) if worst == worst else worst  # noqa: PLR0124 - NaN is no number
