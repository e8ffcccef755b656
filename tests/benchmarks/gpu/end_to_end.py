"""Photos through gpend's own engine, in its locked process, with a slot for each core; and what was busy meanwhile."""

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, wait
from pathlib import Path
from typing import Self

from gpend.core.report import Outcome, Restored
from gpend.engine.process_engine import ProcessEngine, worker_command
from gpend.engine.protocol import Setup
from gpend.engine.supervisor import Timeouts
from gpend.settings import CoreSettings, RestoreSettings
from tests.benchmarks.gpu.findings import Bench, Finding, Verdict, checked
from tests.benchmarks.gpu.photos import blurred_portrait, sharp_portrait

_LARGEST = 1 << 30
_PHOTOS = {True: 400, False: 4}  # with a card, and without
_PATIENCE = 300.0
_MOST_SLOTS = 64


def find_end_to_end(bench: Bench) -> Iterator[Finding]:
    """Photos a second, cold start apart: portraits that are left alone, and portraits that are restored."""
    yield from _end_to_end(bench, worker_command(), "")
    bench.needs_card("nvJPEG")
    yield from _end_to_end(bench, _WITHOUT_NVJPEG, ", without nvJPEG")


_WITHOUT_NVJPEG = [
    *worker_command()[:-2],
    "-c",
    "import sys; sys.modules['torchvision.io'] = None; from gpend.engine.worker import main; main()",
]


def _end_to_end(bench: Bench, command: Sequence[str], how: str) -> Iterator[Finding]:
    slots = min(_MOST_SLOTS, len(os.sched_getaffinity(0)))
    said: list[str] = []
    settings = CoreSettings(restore=RestoreSettings(device=str(bench.device)))
    setup = Setup(settings.model_dump_json(), slots, _LARGEST)
    engine = ProcessEngine(command, setup, Timeouts(stall=300, idle=600), tell=said.append)
    try:
        start = time.perf_counter()
        first = engine.submit(blurred_portrait()).result(_PATIENCE)
        taken = time.perf_counter() - start
        is_right = isinstance(first, Restored) and engine.device == str(bench.device)
        told = f"restored on {engine.device} by {engine.networks}, {taken:.1f} s from nothing. {' '.join(said)}"
        yield checked(f"locked worker{how}", told.strip(), is_right=is_right, seconds=taken)
        portraits = {"left alone": sharp_portrait(), "restored": blurred_portrait()}
        if bench.has_card:
            portraits["restored, 4:4:4"] = blurred_portrait("4:4:4")
        for name, photo in portraits.items():
            bench.needs_seconds(20)
            yield _measured(f"12 MP portraits, {name}, {slots} slots{how}", photo, engine, bench)
    finally:
        engine.close()


def _measured(name: str, photo: bytes, engine: ProcessEngine, bench: Bench) -> Finding:
    count = _PHOTOS[bench.has_card]
    before = _processor_seconds()
    start = time.perf_counter()
    with _Usage() as usage:
        begun: list[Future[Outcome]] = [engine.submit(photo) for _ in range(count)]
        done, late = wait(begun, timeout=max(10.0, min(_PATIENCE, bench.left - 10)))
    taken = time.perf_counter() - start
    for one in late:
        one.cancel()
    cores = (_processor_seconds() - before) / taken
    failed = sum(1 for one in done if one.exception() is not None)
    told = (
        f"{len(done) / taken:.1f} photos/s, {cores:.1f} cores busy{usage.words}, {failed} failed, {len(late)} not done"
    )
    figures = {"photos_a_second": len(done) / taken, "cores": cores, "card": usage.shares}
    return Finding(name, Verdict.FAILED if failed else Verdict.MEASURED, told, figures)


def _processor_seconds() -> float:
    """That all processors of the machine were busy."""
    user, nice, system, *_ = Path("/proc/stat").read_text(encoding="ascii").split()[1:]
    return (int(user) + int(nice) + int(system)) / os.sysconf("SC_CLK_TCK")


class _Usage:
    """How busy the card is, as its driver says every second."""

    def __init__(self) -> None:
        self.shares: list[int] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def words(self) -> str:
        """Of the card's part."""
        return f", card busy {sum(self.shares) / len(self.shares):.0f} %" if self.shares else ""

    def _look(self) -> None:
        program = shutil.which("nvidia-smi")
        while program and not self._stop.wait(1.0):
            command = [program, "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
            told = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False).stdout
            self.shares += [int(word) for word in told.split()[:1] if word.isdigit()]
