"""Doubles that work: one for each protocol, plain enough to be read at a glance."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core import align
from gpend.core.fitted import BlendFit
from gpend.core.photo import Face, Landmarks
from gpend.core.report import FaceReport, Kept, Outcome, Restored, Verdict
from gpend.core.wish import Wish
from gpend.dispatch import Now
from gpend.engine import attempt
from gpend.errors import GpendError, IncompleteError, PhotoError, UnsupportedError
from gpend.intake.watch import Hint, Notice
from gpend.models.restorers import in_use
from gpend.settings import RestoreSettings


@cache
def shipped_fit() -> BlendFit:
    """What was fitted for gpen-256."""
    (found,) = in_use(RestoreSettings())
    return found.fit


@dataclass
class FakeDetector:
    """Finds the faces that it was told of, wherever it looks; counts its calls."""

    faces: Sequence[Face] = ()
    calls: int = 0

    def __call__(self, image: NDArray[np.uint8]) -> Sequence[Face]:
        """The faces it was told of; in a small square picture, which is a crop, the face of the template."""
        self.calls += 1
        height, width = image.shape[:2]
        if height == width == FakeRestorer.size:
            marks = align.scaled(align.FFHQ_TEMPLATE, width)
            return [Face((0.2 * width, 0.2 * width, 0.8 * width, 0.9 * width), marks, 0.99)]
        return self.faces


@dataclass
class FakeRestorer:
    """Sharpens: enough to pass for a restoration where nothing depends on how it looks."""

    name: str = "fake 1"
    amount: float = 4.0
    batches: list[int] = field(default_factory=list)
    size: int = 256

    @property
    def seen(self) -> int:
        """All of it."""
        return self.size

    @property
    def template(self) -> Landmarks:
        """FFHQ's."""
        return align.scaled(align.FFHQ_TEMPLATE, self.size)

    @property
    def fit(self) -> BlendFit:
        """The shipped network's."""
        return shipped_fit()

    def __call__(self, crops: NDArray[np.float32]) -> NDArray[np.float32]:
        """Crops with their detail raised."""
        self.batches.append(len(crops))
        smooth = np.stack([cv2.GaussianBlur(crop, (0, 0), 4) for crop in crops])
        return np.asarray(np.clip(crops + self.amount * (crops - smooth), 0, 1), np.float32)


def restored_if_blurred(photo: bytes) -> Outcome:
    """What FakeEngine does with a photo, by the words in it."""
    if b"truncated" in photo:
        raise IncompleteError("it ends too early")
    if b"broken" in photo:
        raise PhotoError("it is broken")
    if b"animated" in photo:
        raise UnsupportedError("it moves")
    if b"blurred" not in photo:
        return Kept("no face is blurred", ())
    face = FaceReport((1, 2, 30, 40), 0.9, 0.1, Verdict.RESTORED, "it was blurred", network="gpen-256 (a1)")
    suffix = ".jpg" if b"heic" in photo else ""
    return Restored(photo.replace(b"blurred", b"restored by gpend 0.1"), suffix, "one face was restored", (face,), ())


def _as_wished(outcome: Outcome, photo: bytes, wish: Wish | None) -> Outcome:
    """A sharp photo is restored too, if a person wants every face to be."""
    if wish is None or not wish.every_face or isinstance(outcome, Restored):
        return outcome
    return Restored(photo.replace(b"sharp", b"restored by gpend 0.1"), "", "one face was restored", (), ())


@dataclass
class FakeEngine:
    """Is done at once, or, when `slow`, when it is told to be; counts how often it was given the same photo."""

    process: Callable[[bytes], Outcome] = restored_if_blurred
    slow: bool = False
    given: Counter[bytes] = field(default_factory=Counter)
    wishes: dict[bytes, Wish | None] = field(default_factory=dict)  # what was wanted of each photo last
    running: list[tuple[bytes, "Future[Outcome]"]] = field(default_factory=list)
    closed: bool = False
    warmed: int = 0  # how often it was to get ready

    def warm(self) -> None:
        """As in Warming."""
        self.warmed += 1

    def submit(self, photo: bytes, wish: Wish | None = None) -> "Future[Outcome]":
        """As in Engine."""
        self.given[photo] += 1
        self.wishes[photo] = wish
        future: Future[Outcome] = Future()
        self.running.append((photo, future))
        if not self.slow:
            self.finish()
        return future

    def finish(self) -> None:
        """Be done with everything."""
        running, self.running = self.running, []
        for photo, future in running:
            try:
                future.set_result(_as_wished(self.process(photo), photo, self.wishes.get(photo)))
            except GpendError as error:
                future.set_exception(error)

    def close(self) -> None:
        """As in Engine."""
        self.closed = True


class LocalEngine:
    """An Engine around `process`, which takes a photo's bytes and must be safe to call from `slots` threads."""

    def __init__(self, process: Callable[[bytes], Outcome], slots: int) -> None:
        self._process = process
        self._threads = ThreadPoolExecutor(slots, thread_name_prefix="gpend-slot")

    def submit(self, photo: bytes, wish: Wish | None = None) -> "Future[Outcome]":
        """As in Engine."""
        del wish
        return self._threads.submit(attempt, self._process, photo)

    def close(self) -> None:
        """Begin nothing more; photos not begun are cancelled, and those that run are not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


@dataclass
class FakeClock:
    """Time passes only while somebody waits, and then at once."""

    moment: Now = field(default_factory=lambda: Now(1_700_000_000, 1000.0))

    def now(self) -> Now:
        """As in Clock."""
        return self.moment

    def wait(self, wake: threading.Event, seconds: float) -> None:
        """As in Clock."""
        if not wake.is_set():
            self.pass_by(seconds)

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        steady = self.moment.steady + seconds
        self.moment = Now(self.moment.utc + int(steady) - int(self.moment.steady), steady)

    def jump(self, seconds: int) -> None:
        """Set the clock that people read, and only that."""
        self.moment = Now(self.moment.utc + seconds, self.moment.steady)


@dataclass
class FakeWatcher:
    """Hands over the hints that it was given; does something in the middle of scans, and says how often to scan."""

    gathered: list[Hint] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None
    every: float | None = None
    visited: list[Path] = field(default_factory=list)

    def start(self, now: float) -> list[Notice]:
        """As in Watcher."""
        del now
        return []

    check = start

    def hints(self) -> list[Hint]:
        """As in Watcher."""
        gathered, self.gathered = self.gathered, []
        return gathered

    def is_well(self, now: float) -> bool:
        """As in Watcher."""
        del now
        return True

    def stop(self) -> None:
        """As in Watcher."""

    def scanning(self, root: Path) -> AbstractContextManager[Callable[[Path], None]]:
        """As in Watched."""
        return nullcontext(self.visit(root))

    def visit(self, root: Path) -> Callable[[Path], None]:
        """As in Watched."""
        del root

        def visit(folder: Path) -> None:
            self.visited.append(folder)
            self.meanwhile()

        return visit

    def poll_seconds(self, root: Path, last_scan_seconds: float = 0.0) -> float | None:
        """As in Watched."""
        del root, last_scan_seconds
        return self.every
