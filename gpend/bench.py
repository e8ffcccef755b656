"""`gpend bench`: how fast gpend is on this machine, stage by stage, and which resource holds it up.

Photos are made from the bundled portrait, so that results of different machines can be compared. Stages are timed on
one photo at a time; what a whole roll takes is told by a folder that holds the assumed share of blurred portraits.
"""

import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Protocol, runtime_checkable

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend import __version__, config, end_to_end, in_force, machine, shipped
from gpend.core.fitted import BlendFit
from gpend.core.networks import DetectFaces, EstimateBlur, Kernels, Networks, RefineFaces, RestoreFaces
from gpend.core.photo import Face, Landmarks
from gpend.core.pipeline import process
from gpend.core.report import Restored
from gpend.end_to_end import EndToEnd
from gpend.ledger import Ledger
from gpend.models.portrait import face
from gpend.settings import CoreSettings, Settings

ROLL = 60_000
"""Photos of the camera roll that the summary speaks of."""

BLURRED = 0.05
"""The share of a camera roll that is assumed to be a blurred portrait; all others are only looked at."""

_WIDTH, _HEIGHT = 4000, 3000  # 12 megapixels, as phones take them
_FACE_SHARE = 0.3  # of the photo's height: the side of the bundled portrait in it
_QUALITY = 92
_SIGMA = 7.0  # of the blur, in photo pixels: about 3.5 in the face as the networks see it
_MIB = 1 << 20
_SECONDS_A_MINUTE = 60
_FOLDER = round(1 / BLURRED)  # photos in it after the first, whose end is where measuring begins
_AT_ONCE = 1, 8  # faces
_ENOUGH = 20.0  # seconds from which on no further run is needed
_LONGEST = 60.0  # seconds that a run may take, but for that of one face
_PATIENCE = 120.0  # seconds for `gpend status`

Photo = bytes


@dataclass(frozen=True)
class Stage:
    """How one photo is worked on, in seconds: all of it, and what each network took of that."""

    photo: str  # what it shows
    was_restored: bool
    seconds: float  # the median
    spread: tuple[float, float]  # the least and the most
    detect: float
    estimate: float  # finding the blur, and what takes ringing out
    restore: float

    @property
    def rest(self) -> float:
        """What is neither network's: decoding, encoding, measuring, pasting."""
        return max(0.0, self.seconds - self.detect - self.estimate - self.restore)

    @property
    def limit(self) -> str:
        """What takes the most of it, in words."""
        parts = {
            "finding faces": self.detect,
            "taking the blur out": self.estimate,
            "the restoring network": self.restore,
            "decoding, measuring and encoding": self.rest,
        }
        return max(parts, key=lambda name: parts[name])


@dataclass(frozen=True)
class Batch:
    """A restoring network at one number of faces at a time."""

    faces: int
    milliseconds: float  # a face


@dataclass(frozen=True)
class Speed:
    """A restoring network as it is computed here."""

    name: str
    precision: str  # "float32", "float16", "bfloat16"; "" where it does not tell
    error: float | None  # of a real face against float32: the relative distance of the two pictures
    batches: tuple[Batch, ...]


@runtime_checkable
class _Precise(Protocol):
    """A network that tells what it computes in, and can do without."""

    precision: str

    def in_float32(self, crops: NDArray[np.float32]) -> NDArray[np.float32]: ...


@dataclass(frozen=True)
class Results:
    """All that was measured."""

    machine: dict[str, object]
    networks: tuple[Speed, ...]  # the smallest first
    start_seconds: float  # from nothing to networks that have run once
    status_seconds: float  # `gpend status` as a whole, with an empty ledger
    memory_mib: int  # the most that this process has held
    looked_at: Stage  # a sharp portrait: found, measured, left alone
    restored: Stage  # a blurred portrait
    once: EndToEnd | str  # a folder of them, or why it was not measured

    @property
    def roll_minutes(self) -> float:
        """How long a camera roll of ROLL photos takes: as the folder went, else one after the other."""
        seconds = (1 - BLURRED) * self.looked_at.seconds + BLURRED * self.restored.seconds
        return ROLL * (1 / self.once.rate if isinstance(self.once, EndToEnd) else seconds) / _SECONDS_A_MINUTE

    def as_data(self) -> dict[str, object]:
        """As JSON holds it."""
        limits = {"looked_at_limit": self.looked_at.limit, "restored_limit": self.restored.limit}
        once = asdict(self.once) | {"limit": self.once.limit} if isinstance(self.once, EndToEnd) else self.once
        return asdict(self) | {"once": once} | limits | {"roll_minutes": round(self.roll_minutes, 1)}


def measure(
    load: Callable[[], Networks],
    settings: Settings,
    runs: int,
    say: Callable[[str], None],
    once: Callable[[Sequence[bytes], Settings], EndToEnd | str] = end_to_end.measure,
) -> Results:
    """Measure with `runs` runs of each stage; `say` is told what is being measured.

    `once` goes through a folder, before the networks are loaded here too: a small machine has no room for them twice.
    """
    portrait, core = _portrait(), settings.core()
    sharp, blurred = _photo(portrait, 0.0), _photo(portrait, _SIGMA)
    say(f"Going through a folder of {_FOLDER} portraits of 12 megapixels, one of them blurred ...")
    whole = once(_different(sharp, blurred), settings)
    say("Loading the networks ...")
    start = time.perf_counter()
    networks = load()
    process(sharp, networks, core)  # the first run tunes libraries and fills caches: part of the start
    started = time.perf_counter() - start
    say("Looking at sharp portraits of 12 megapixels ...")
    looked_at = _stage("sharp portrait", sharp, networks, core, runs)
    say("Restoring blurred portraits of 12 megapixels ...")
    restored = _stage("blurred portrait", blurred, networks, core, runs)
    say("Restoring faces in batches ...")
    speeds = tuple(_speed(one, runs) for one in networks.restorers)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Results(_machine(), speeds, started, _status_seconds(), memory, looked_at, restored, whole)


def _different(sharp: Photo, blurred: Photo) -> list[Photo]:
    """A folder's photos, the blurred one in the middle; no two are the same, by a comment behind the first marker."""
    photos = [sharp] * (_FOLDER // 2) + [blurred] + [sharp] * (_FOLDER - _FOLDER // 2)
    return [one[:2] + b"\xff\xfe\x00\x06" + number.to_bytes(4) + one[2:] for number, one in enumerate(photos)]


class _Timed:
    """Networks that note how long they took."""

    def __init__(self, networks: Networks) -> None:
        self.detect = self.estimate = self.restore = 0.0
        self.networks = replace(
            networks,
            detect=partial(self._detect, networks.detect),
            screen=networks.screen and partial(self._detect, networks.screen),
            restore=_TimedRestore(networks.restore, self),
            larger=tuple(_TimedRestore(one, self) for one in networks.larger),
            estimate=networks.estimate and _TimedEstimate(networks.estimate, self),
            refine=networks.refine and _TimedRefine(networks.refine, self),
        )

    def _detect(self, detect: DetectFaces, image: NDArray[np.uint8]) -> Sequence[Face]:
        start = time.perf_counter()
        found = detect(image)
        self.detect += time.perf_counter() - start
        return found


class _TimedRestore:
    def __init__(self, network: RestoreFaces, times: _Timed) -> None:
        self._network, self._times = network, times
        self.name: str = network.name
        self.size: int = network.size
        self.seen: int = network.seen
        self.template: Landmarks = network.template
        self.fit: BlendFit = network.fit

    def __call__(self, crops: NDArray[np.float32]) -> NDArray[np.float32]:
        start = time.perf_counter()
        restored = self._network(crops)
        self._times.restore += time.perf_counter() - start
        return restored


class _TimedEstimate:
    def __init__(self, network: EstimateBlur, times: _Timed) -> None:
        self._network, self._times = network, times
        self.name: str = network.name
        self.size: int = network.size

    def __call__(self, crops: NDArray[np.float32]) -> Kernels:
        start = time.perf_counter()
        kernels = self._network(crops)
        self._times.estimate += time.perf_counter() - start
        return kernels


class _TimedRefine:
    def __init__(self, network: RefineFaces, times: _Timed) -> None:
        self._network, self._times = network, times
        self.name: str = network.name
        self.strengths: tuple[float, float] = network.strengths

    def __call__(
        self, crops: NDArray[np.float32], weak: NDArray[np.float32], strong: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        start = time.perf_counter()
        refined = self._network(crops, weak, strong)
        self._times.estimate += time.perf_counter() - start
        return refined


def _stage(name: str, photo: Photo, networks: Networks, settings: CoreSettings, runs: int) -> Stage:
    timed = _Timed(networks)
    seconds, was_restored = [], False
    for _ in range(runs):
        start = time.perf_counter()
        was_restored = isinstance(process(photo, timed.networks, settings), Restored)
        seconds.append(time.perf_counter() - start)
    shares = (timed.detect / runs, timed.estimate / runs, timed.restore / runs)
    return Stage(name, was_restored, statistics.median(seconds), (min(seconds), max(seconds)), *shares)


def _speed(network: RestoreFaces, runs: int) -> Speed:
    crop = face(shipped.sample("portrait-sharp.jpg").read_bytes(), network.template, network.size)[None]
    batches: tuple[Batch, ...] = ()
    for count in _AT_ONCE:
        if not batches or count * batches[0].milliseconds < 1000 * _LONGEST:
            batches += (Batch(count, _milliseconds(network, np.repeat(crop, count, 0), runs)),)
    if not isinstance(network, _Precise):
        return Speed(network.name, "", None, batches)
    exact = network.in_float32(crop)
    error = float(np.linalg.norm(network(crop) - exact) / np.linalg.norm(exact))
    return Speed(network.name, network.precision, error, batches)


def _milliseconds(network: RestoreFaces, crops: NDArray[np.float32], runs: int) -> float:
    times: list[float] = []
    for _ in range(runs):
        start = time.perf_counter()
        network(crops)
        times.append(time.perf_counter() - start)
        if sum(times) > _ENOUGH:
            break
    return 1000 * statistics.median(times) / len(crops)


def _portrait() -> NDArray[np.uint8]:
    """The bundled portrait (NASA's of Eileen Collins): (512, 512, 3) BGR."""
    content = np.frombuffer(shipped.sample("portrait-sharp.jpg").read_bytes(), np.uint8)
    return np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR), np.uint8)


def _photo(portrait: NDArray[np.uint8], sigma: float) -> Photo:
    """A JPEG of 12 megapixels with the portrait in it, and grain as a phone leaves it; blurred if sigma is above 0."""
    side = round(_HEIGHT * _FACE_SHARE * 2)
    large = cv2.resize(portrait, (side, side), interpolation=cv2.INTER_CUBIC)
    photo = cv2.resize(portrait, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA) // 3 + 90
    top, left = (_HEIGHT - side) // 2, (_WIDTH - side) // 2
    photo[top : top + side, left : left + side] = large
    if sigma > 0:
        photo = cv2.GaussianBlur(photo, (0, 0), sigma)
    grain = np.random.default_rng(0).normal(0, 2, (_HEIGHT, _WIDTH, 1)).astype(np.float32)
    noisy = np.clip(photo.astype(np.float32) + grain, 0, 255).astype(np.uint8)
    return bytes(cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1])


def _machine() -> dict[str, object]:
    """The machine, or as much of it as the container or service is allowed."""
    return {
        "processor": _processor(),
        "cores": machine.allowed_cpus(),
        "memory_mib": machine.allowed_memory() // _MIB,
        "system": platform.platform(),
        "python": platform.python_version(),
        "torch": metadata.version("torch"),
        "gpend": __version__,
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - no path is handled
            named = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    except OSError:
        named = []
    return named[0] if named else platform.machine()


def _status_seconds() -> float:
    """How long `gpend status` takes, as a process of its own, with an empty ledger."""
    with tempfile.TemporaryDirectory(prefix="gpend-bench-") as folder:
        file, text = Path(folder) / "gpend.yaml", f"ledger: {folder}/ledger.sqlite\n"
        file.write_text(text, encoding="utf-8")
        settings = config.load(file)
        with Ledger.open(settings.ledger) as ledger:
            in_force.note(ledger, file, text.encode(), settings)  # as whoever works with it does
        command = [sys.executable, "-m", "gpend", "status", "--config", str(file)]
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, timeout=_PATIENCE)  # noqa: S603 - gpend itself
        return time.perf_counter() - start
