"""Every branch that only a graphics card takes, once; on the CPU those that it can stand in for."""

import math
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray

from gpend.core.networks import Networks
from gpend.errors import DeviceError
from gpend.models import portrait
from gpend.models.arch.generator import FullGenerator
from gpend.models.backend import SIZES, Record, Run
from gpend.models.batched import batched
from gpend.models.cuda import Cuda
from gpend.models.execution import choose
from gpend.models.gpen import Gpen
from gpend.models.graphs import Graphs
from gpend.models.turn import Turn
from gpend.models.weights import GpenCheckpoint
from tests.benchmarks.gpu.findings import Bench, Finding, SkippedError, checked
from tests.benchmarks.gpu.networks import as_gpend_loads_it, seeded, shipped, shipped_on
from tests.fakes import FakeDetector

_SAME = 1e-3  # of values from 0 to 1: what a batch of another size may change
_ROOM = 96  # MiB that a capped card has beyond what it holds, to begin with
_LOSS_SECONDS = 120.0
_MIB = 1 << 20
_SMALL = 4 << 30  # bytes of a small card


def find_choice(bench: Bench) -> Iterator[Finding]:
    """What is chosen for the shipped network and for the largest common one; a card should not fall back."""
    for name, network, size in (("gpen-256", shipped_on(bench), 256), *_large(bench)):
        chosen = choose(network, size, size, bench.backend)
        told = "; ".join([chosen.words, *chosen.notes])
        is_right = chosen.is_recorded or not bench.has_card
        yield checked(f"choice, {name}", told, is_right=is_right, precision=chosen.precision, largest=chosen.largest)


def _large(bench: Bench) -> list[tuple[str, FullGenerator, int]]:
    return [("GPEN-512, seeded", seeded(512, bench), 512)] if bench.has_card else []


@torch.inference_mode()
def find_graphs(bench: Bench) -> Iterator[Finding]:
    """What was recorded gives what the same kernels give one by one, for other pictures than it was recorded with."""
    network = shipped_on(bench)
    record: Record = bench.backend.record or _run_again
    graphs = Graphs(network)
    crops = torch.from_numpy(portrait.crops(256)).permute(0, 3, 1, 2) * 2 - 1
    for count in SIZES if bench.has_card else (2, 1):
        pictures = crops[[place % 3 for place in range(count)]].to(bench.device)
        graphs.add(torch.zeros_like(pictures), record)
        first, second = graphs(pictures), graphs(pictures.flip(3))
        apart = max(float((first - network(pictures)).abs().max()), float((second - first).abs().max() == 0))
        yield checked(f"recorded, {count} at once", f"{apart:.1e} from kernel by kernel", is_right=apart < 2 * _SAME)


def _run_again(run: Run) -> Run:
    run()
    return run


def find_out_of_memory(bench: Bench) -> Iterator[Finding]:
    """With its memory capped the card halves the batch, goes on, and gives what it would have given."""
    bench.needs_card("an allocator that can be capped")
    restore = Gpen(shipped().checkpoint, shipped_on(bench), bench.device, Turn(), backend=_Unrecorded(bench.device))
    crops = np.concatenate([portrait.crops(256)] * 11)[:32]
    whole = restore(crops)
    capped = _within(_ROOM * _MIB, restore, crops, bench)
    apart = float(np.abs(capped - whole).max())
    told = f"{restore.largest} at once instead of {restore.execution.largest}, {apart:.1e} apart"
    yield checked("out of memory", told, is_right=apart < 0.05 and restore.largest < restore.execution.largest)


def _within(room: int, restore: Gpen, crops: NDArray[np.float32], bench: Bench) -> NDArray[np.float32]:
    """Restored with no more memory than that beyond what is held, and with more where one face does not fit."""
    torch.cuda.empty_cache()
    total = torch.cuda.get_device_properties(bench.device).total_memory
    share = (torch.cuda.memory_allocated(bench.device) + room) / total
    torch.cuda.set_per_process_memory_fraction(min(1.0, share), bench.device)
    try:
        return restore(crops)
    except DeviceError:
        if share >= 1:
            raise
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, bench.device)
    return _within(2 * room, restore, crops, bench)


class _Unrecorded(Cuda):
    """Starts every kernel anew: a recorded batch has its memory already."""

    can_record = False


class _Overflowing(FullGenerator):
    """Its narrower twins give NaN for pictures that are all white, which no face is."""

    def narrowed(self, dtype: torch.dtype) -> Self:
        twin = super().narrowed(dtype)
        twin.register_forward_hook(_spoil)
        return twin


def _spoil(_: torch.nn.Module, seen: tuple[torch.Tensor], restored: torch.Tensor) -> torch.Tensor:
    is_white = seen[0].mean((1, 2, 3), keepdim=True) > 0.95
    return torch.where(is_white, math.nan, restored)


def find_small_card(bench: Bench) -> Iterator[Finding]:
    """With the memory of a card of 4 GiB, GPEN-512 is computed, nothing seldom needed is kept, and it says how."""
    bench.needs_card("an allocator that can be capped")
    torch.cuda.empty_cache()
    total = torch.cuda.get_device_properties(bench.device).total_memory
    torch.cuda.set_per_process_memory_fraction(min(1.0, _SMALL / total), bench.device)
    try:
        told = GpenCheckpoint.model_validate(
            shipped().checkpoint.model_dump() | {"size": 512, "channel_multiplier": 2, "narrow": 1.0}
        )
        restore = Gpen(told, seeded(512, bench), bench.device, Turn(), backend=_Small(bench.device))
        restored = restore(np.concatenate([portrait.crops(512)] * 3)[:8])
        held = torch.cuda.max_memory_reserved(bench.device) / _MIB
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, bench.device)
    words = f"{restore.execution.words}, {held:.0f} MiB at most"
    yield checked("a card of 4 GiB", words, is_right=bool(np.isfinite(restored).all()) and len(restored) == 8)


class _Small(Cuda):
    """As a card of 4 GiB says of itself."""

    is_cramped = True


def find_nan(bench: Bench) -> Iterator[Finding]:
    """A batch for which half precision gives no picture is computed again in float32."""
    bench.needs_card("half precision by itself")
    network = shipped_on(bench, _Overflowing)
    restore = Gpen(shipped().checkpoint, network, bench.device, Turn())
    if restore.precision == "float32":
        raise SkippedError("half precision was not chosen")
    white = np.ones((4, 256, 256, 3), np.float32)
    apart = float(np.abs(restore(white) - restore.in_float32(white)).max())
    yield checked("NaN in half precision", f"{apart:.1e} from float32", is_right=apart < 5e-3)


def find_transfers(bench: Bench) -> Iterator[Finding]:
    """What goes to the device and back is the same, also where many threads do it at once."""
    arrays = [np.random.default_rng(seed).random((8, 256, 256, 3), np.float32) for seed in range(8)]

    def there_and_back(array: NDArray[np.float32]) -> bool:
        with torch.inference_mode():
            return all(
                np.array_equal(bench.backend.download(bench.backend.upload(array) * 2)()[0], array * 2)
                for _ in range(8)
            )

    with ThreadPoolExecutor(4) as threads:
        is_right = all(threads.map(there_and_back, arrays))
    yield checked("transfers", "8 arrays, 8 times each, by 4 threads", is_right=is_right)


def find_batcher(bench: Bench) -> Iterator[Finding]:
    """Photos of several threads, computed together, each get what they get alone."""
    restore, turn, threads = as_gpend_loads_it(bench), Turn(), 8 if bench.has_card else 3
    counting = _Counting(restore)
    together = batched(Networks(FakeDetector(), counting), turn, threads).restore
    photos = [np.roll(portrait.crops(256), seed, 2)[: 1 + seed % 3] for seed in range(threads * 2)]
    alone = [restore(crops) for crops in photos]
    counting.batches.clear()
    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(together, photos))
    apart = max(float(np.abs(one - other).max()) for one, other in zip(found, alone, strict=True))
    told = f"{len(photos)} photos in {len(counting.batches)} batches, {apart:.1e} apart"
    yield checked("batcher", told, is_right=apart < 0.05 and len(counting.batches) < len(photos))


class _Counting:
    """A restorer that notes its batches."""

    def __init__(self, restore: Gpen) -> None:
        self._restore = restore
        self.batches: list[int] = []
        self.name, self.size, self.seen = restore.name, restore.size, restore.seen
        self.template, self.fit = restore.template, restore.fit

    def __call__(self, crops: NDArray[np.float32]) -> NDArray[np.float32]:
        self.batches.append(len(crops))
        return self._restore(crops)


def find_memory(bench: Bench) -> Iterator[Finding]:
    """Memory on the card does not grow, whatever batches come."""
    bench.needs_card("memory of its own")
    restore = as_gpend_loads_it(bench)
    crops = np.concatenate([portrait.crops(256)] * 11)[:32]
    held = []
    for place in range(60):
        restore(crops[: 1 + (7 * place) % 32])
        held.append(torch.cuda.memory_allocated(bench.device))
    grown = (held[-1] - held[20]) / _MIB
    yield checked("memory", f"{held[-1] / _MIB:.0f} MiB held, {grown:+.1f} in 40 batches", is_right=grown < 1)


def find_device_loss(bench: Bench) -> Iterator[Finding]:
    """A card that is lost is named as such; in a process of its own, since nothing can be computed there any more."""
    bench.needs_card("a card that can be lost")
    bench.needs_seconds(30)
    command = [sys.executable, "-m", "tests.benchmarks.gpu.loss"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=_LOSS_SECONDS, check=False)
    last = (answer.stdout.strip().splitlines() or answer.stderr.strip().splitlines() or ["it said nothing"])[-1]
    yield checked("device lost", last, is_right=answer.returncode == 0 and "DeviceError" in last)
