"""Is a network what it should be, does it run here, and how fast? Asked by `gpend weights verify`."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gpend.errors import GpendError
from gpend.models.device import limit_threads, resolve
from gpend.models.gpen import Gpen, load_gpen
from gpend.models.portrait import face
from gpend.models.turn import Turn
from gpend.models.weights import AnyCheckpoint, GpenCheckpoint, Proven, find, prove

_RUNS = 3  # timed, after one that is not
_ENOUGH = 20.0  # seconds from which on one run tells it
_KIB = 1024


@dataclass(frozen=True)
class Verified:
    """What was found about one network."""

    name: str
    file: str
    bytes: int | None
    sha256: str | None
    problem: str  # why it cannot be used, or ""
    precision: str = ""  # what a GPEN computes in
    error: float | None = None  # of that against float32: the relative distance of the two pictures
    milliseconds: float | None = None  # a face
    notes: tuple[str, ...] = ()  # which faster ways to compute it are not taken here, and why

    def as_data(self) -> dict[str, object]:
        """As JSON holds it."""
        return dict(vars(self))

    def as_text(self) -> str:
        """For a person."""
        if self.problem:
            return f"{self.name}: {self.problem}"
        lines = [f"{self.name}: {(self.bytes or 0) // _KIB:,} KiB, SHA-256 {self.sha256}"]
        if self.milliseconds is not None:
            lines.append(f"    {self.precision}, {self.error:.1e} from float32, {self.milliseconds:.0f} ms a face")
        lines += [f"    Note: {note}." for note in self.notes]
        return "\n".join(lines)


def verified(checkpoint: AnyCheckpoint, folders: Sequence[Path], device: str, portrait: bytes) -> Verified:
    """Prove the file and, for a GPEN, restore the bundled face with it on `device`; what fails is told as a problem."""
    plain = Verified(checkpoint.name, checkpoint.file, checkpoint.bytes, checkpoint.sha256, "")
    try:
        if isinstance(checkpoint, GpenCheckpoint):
            return _tried(plain, find(checkpoint.name, GpenCheckpoint, folders), device, portrait)
        prove(checkpoint, folders)
    except GpendError as error:
        return Verified(checkpoint.name, checkpoint.file, checkpoint.bytes, checkpoint.sha256, str(error))
    return plain


def _tried(plain: Verified, proven: Proven[GpenCheckpoint], device: str, portrait: bytes) -> Verified:
    limit_threads()
    network = load_gpen(proven, resolve(device), Turn())
    crops = face(portrait, network.template, network.size)[None]
    exact = network.in_float32(crops)
    error = float(np.linalg.norm(network(crops) - exact) / np.linalg.norm(exact))
    return Verified(
        plain.name,
        plain.file,
        plain.bytes,
        plain.sha256,
        "",
        network.precision,
        error,
        _milliseconds(network, crops),
        network.execution.notes,
    )


def _milliseconds(network: Gpen, crops: NDArray[np.float32]) -> float:
    times = []
    for _ in range(_RUNS):
        start = time.perf_counter()
        network(crops)
        times.append(time.perf_counter() - start)
        if sum(times) > _ENOUGH:
            break
    return 1000 * statistics.median(times)
