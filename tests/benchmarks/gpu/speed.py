"""How long a face takes, by the way it is computed and by batch size; and where the time goes."""

import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from gpend.models import portrait
from gpend.models.arch.generator import FullGenerator
from gpend.models.backend import SIZES, Forward
from gpend.models.execution import psnr
from gpend.models.graphs import Graphs
from tests.benchmarks.gpu.findings import Bench, Finding, SkippedError, Verdict
from tests.benchmarks.gpu.networks import as_gpend_loads_it, seeded, tensors_of
from tests.benchmarks.published import PublishedForm

_RUNS = 7
_WARM = 2
_PUBLISHED_BATCHES = (1, 8)
_FLOOR = {256: 17.4, 512: 276.2, 1024: 346.6}  # GFLOP a face, 2 x multiply-adds
_ROWS = 12  # of a profile
_COMPILE_SECONDS = 150.0
_MATRIX = 8192


@torch.inference_mode()
def find_speed(bench: Bench) -> Iterator[Finding]:
    """Milliseconds a face: the published form, ours, in half precision, recorded."""
    for size in (256, 512) if bench.has_card else (256,):
        network = seeded(size, bench)
        probes = torch.from_numpy(portrait.crops(size)).permute(0, 3, 1, 2).to(bench.device) * 2 - 1
        with bench.backend.exact():
            reference = torch.cat([network(one[None]) for one in probes])
        published = PublishedForm({key: one.to(bench.device) for key, one in tensors_of(size).items()})
        counts = _PUBLISHED_BATCHES if bench.has_card else (1,)
        yield from _row(f"GPEN-{size}, published form", published, probes, reference, bench, counts)
        yield from _row(f"GPEN-{size}, float32", network, probes, reference, bench)
        for dtype in (torch.float16,) if bench.has_card else (torch.bfloat16,):
            twin = network.narrowed(dtype)
            yield from _row(f"GPEN-{size}, {_name(dtype)}", twin, probes, reference, bench)
            if bench.has_card:
                yield from _row(
                    f"GPEN-{size}, {_name(dtype)}, graphs", _recorded(twin, probes, bench), probes, reference, bench
                )


def _row(  # noqa: PLR0913, PLR0917 - a row, and what it is measured with
    name: str, forward: Forward, probes: Tensor, reference: Tensor, bench: Bench, batches: tuple[int, ...] = ()
) -> Iterator[Finding]:
    agreement = psnr(torch.cat([forward(one[None]) for one in probes]), reference)
    for count in batches or (SIZES[::-1] if bench.has_card else (1, 4)):
        bench.needs_seconds(20)
        pictures = probes[[place % len(probes) for place in range(count)]].contiguous(memory_format=torch.channels_last)
        low, median, high = milliseconds(partial(forward, pictures), bench)
        told = f"{median / count:8.2f} ms a face ({low / count:.2f} to {high / count:.2f}), {agreement:.0f} dB"
        figures = {"batch": count, "ms_a_face": median / count, "psnr": agreement}
        yield Finding(f"{name}, batch {count}", Verdict.MEASURED, told, figures)


def _recorded(network: FullGenerator, probes: Tensor, bench: Bench) -> Graphs:
    graphs = Graphs(network)
    if bench.backend.record is None:
        raise SkippedError("nothing can be recorded here")
    for count in SIZES:
        with bench.backend.tuning():
            graphs.add(probes[[place % len(probes) for place in range(count)]], bench.backend.record)
    return graphs


def milliseconds(run: Callable[[], object], bench: Bench) -> tuple[float, float, float]:
    """The least, the median and the most of some runs, each waited for."""
    times = []
    for place in range(_WARM + _RUNS):
        bench.wait()
        start = time.perf_counter()
        run()
        bench.wait()
        if place >= _WARM:
            times.append(1000 * (time.perf_counter() - start))
    return min(times), statistics.median(times), max(times)


def find_speed_as_called(bench: Bench) -> Iterator[Finding]:
    """The shipped network as the core calls it: with the way there and back, and all that is checked."""
    restore = as_gpend_loads_it(bench)
    for count in SIZES[::-1] if bench.has_card else (1, 4):
        crops = np.concatenate([portrait.crops(256)] * 11)[:count]
        low, median, high = milliseconds(partial(restore, crops), bench)
        told = f"{median / count:8.2f} ms a face ({low / count:.2f} to {high / count:.2f}), {restore.execution.words}"
        figures = {"batch": count, "ms_a_face": median / count}
        yield Finding(f"gpen-256 as the core calls it, {count} faces", Verdict.MEASURED, told, figures)


@torch.inference_mode()
def find_limit(bench: Bench) -> Iterator[Finding]:
    """What the device's arithmetic and memory allow at best."""
    dtype, side = (torch.float16, _MATRIX) if bench.has_card else (torch.float32, 1024)
    one = torch.rand(side, side, device=bench.device, dtype=dtype)
    _, median, _ = milliseconds(lambda: one @ one, bench)
    flops = 2 * side**3 / (median / 1000)
    figures: dict[str, object] = {"tflops": flops / 1e12}
    floors = [f"GPEN-{size} {1e12 * gflop / flops:.2f} ms" for size, gflop in _FLOOR.items()]
    told = f"{flops / 1e12:.2f} TFLOP/s in {_name(dtype)}: at best a face takes {', '.join(floors)}"
    yield Finding("arithmetic", Verdict.MEASURED, told, figures)
    block = torch.empty(1 << 26, device=bench.device)
    _, median, _ = milliseconds(block.clone, bench)
    told = f"{2 * block.nbytes / median / 1e6:.1f} GB/s"
    yield Finding("memory, read and written", Verdict.MEASURED, told)


@torch.inference_mode()
def find_profile(bench: Bench) -> Iterator[Finding]:
    """Where the time of one batch goes, kernel by kernel."""
    bench.needs_seconds(15)
    size, count = (512, 32) if bench.has_card else (256, 2)
    network: Forward = seeded(size, bench)
    if bench.has_card:
        network = seeded(size, bench).narrowed(torch.float16)
    probes = torch.from_numpy(portrait.crops(size)).permute(0, 3, 1, 2).to(bench.device) * 2 - 1
    pictures = probes[[place % len(probes) for place in range(count)]]
    network(pictures)
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if bench.has_card else [])]
    with profile(activities=activities) as told:
        network(pictures)
        bench.wait()
    rows = [(one.key, _own_time(one, bench), one.count) for one in told.key_averages()]
    total = sum(time_ for _, time_, _ in rows) or 1.0
    for key, time_, calls in sorted(rows, key=lambda row: -row[1])[:_ROWS]:
        words = f"{time_ / total:4.0%}, {time_ / 1000 / count:.3f} ms a face, {calls} calls"
        yield Finding(f"GPEN-{size}, batch {count}: {key[:60]}", Verdict.MEASURED, words, {"us": time_, "calls": calls})


def _own_time(one: object, bench: Bench) -> float:
    """Microseconds by itself."""
    return float(getattr(one, "self_device_time_total" if bench.has_card else "self_cpu_time_total", 0.0))


@torch.inference_mode()
def find_compiled(bench: Bench) -> Iterator[Finding]:
    """What torch.compile would bring: gpend does without it, since it needs a compiler and minutes at the start."""
    bench.needs_card("comparing with compiled kernels")
    bench.needs_seconds(_COMPILE_SECONDS)
    network = seeded(512, bench).narrowed(torch.float16)
    probes = torch.from_numpy(portrait.crops(512)).permute(0, 3, 1, 2).to(bench.device) * 2 - 1
    with bench.backend.exact():
        reference = torch.cat([network(one[None]) for one in probes])
    start = time.perf_counter()
    compiled: Forward = torch.compile(network, dynamic=False)
    pictures = probes[[place % len(probes) for place in range(32)]].contiguous(memory_format=torch.channels_last)
    agreement = psnr(compiled(pictures)[:3], reference)
    taken = time.perf_counter() - start
    _, median, _ = milliseconds(partial(compiled, pictures), bench)
    told = f"{median / 32:8.2f} ms a face, {agreement:.0f} dB, compiled in {taken:.0f} s"
    yield Finding("GPEN-512, float16, compiled, batch 32", Verdict.MEASURED, told, {"ms_a_face": median / 32})


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
