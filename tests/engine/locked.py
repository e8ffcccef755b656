"""A process in the worker's lock: python -m tests.engine.locked cpu|gpu ROOT PORT, or photos open|locked FOLDER.

The first says what became of everything that it must not do, the second what became of the photos in a folder.
"""

import ctypes
import hashlib
import json
import os
import resource
import socket
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gpend.core import codec, pipeline
from gpend.core.networks import Networks
from gpend.core.photo import Face
from gpend.core.report import Outcome, Restored
from gpend.engine import attempt, sandbox
from gpend.errors import GpendError
from gpend.settings import CoreSettings
from tests.fakes import FakeDetector, FakeRestorer, shipped_fit

_ROOM = 4 << 30
_TRACE_ME = 0
_LANDMARKS = ((0.396, 0.197), (0.481, 0.2), (0.436, 0.243), (0.399, 0.273), (0.475, 0.275))  # of the portrait


def _attempts(root: Path, port: int) -> dict[str, Callable[[], object]]:
    """By what it is: something that must not succeed; what it needs is opened before the lock."""
    libc = ctypes.CDLL(None, use_errno=True)
    client = socket.socket()
    kept = os.open(root / "kept", os.O_WRONLY)

    def trace() -> None:
        if libc.ptrace(_TRACE_ME, 0, None, None) < 0:
            raise OSError(ctypes.get_errno(), "ptrace")

    def fork() -> None:
        if os.fork() == 0:
            os._exit(0)

    return {
        "reading a file": (root / "kept").read_bytes,
        "creating a file": (root / "new").touch,
        "changing a file": lambda: (root / "kept").write_bytes(b"changed"),
        "writing into an open file": lambda: os.write(kept, b"changed"),
        "removing a file": (root / "kept").unlink,
        "renaming a file": lambda: (root / "kept").rename(root / "gone"),
        "changing a mode": lambda: (root / "kept").chmod(0o777),
        "changing times": lambda: os.utime(root / "kept", (0, 0)),
        "listing a folder": lambda: list(root.iterdir()),
        "making a folder": (root / "folder").mkdir,
        "a file in memory": lambda: os.memfd_create("x"),
        "connecting": lambda: client.connect(("127.0.0.1", port)),
        "a socket": socket.socket,
        "a program": lambda: os.execv("/bin/true", ["true"]),  # noqa: S606 - refused
        "a child with a program": lambda: os.posix_spawn("/bin/true", ["true"], {}),
        "a fork": fork,
        "a signal to the parent": lambda: os.kill(os.getppid(), 0),
        "tracing": trace,
        "higher limits": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20)),
        "much memory": lambda: bytearray(1 << 40),
    }


def _try_all(device: str, root: Path, port: int) -> dict[str, str]:
    found: dict[str, str] = {}
    attempts = _attempts(root, port)
    sandbox.lock(_ROOM) if device == "cpu" else sandbox.lock(None, sandbox.library_folders())
    for what, act in attempts.items():
        try:
            act()
            found[what] = "done"
        except (OSError, ValueError, MemoryError) as error:
            found[what] = f"refused: {error}"
    thread = threading.Thread(target=found.update, args=({"a thread": "done"},))
    thread.start()
    thread.join()
    return found


def _process_all(folder: Path, *, is_locked: bool) -> dict[str, object]:
    photos = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    shipped_fit()  # read before the lock, as the worker reads it with the network
    before = set(sys.modules)
    if is_locked:
        codec.load_decoders()
        before = set(sys.modules)
        sandbox.lock(_ROOM)
    with ThreadPoolExecutor(1) as slot:
        outcomes = dict(zip(photos, slot.map(_described, photos.values()), strict=True))
    return {"outcomes": outcomes, "imported": sorted(set(sys.modules) - before)}


def _described(photo: bytes) -> str:
    try:
        outcome = attempt(_process, photo)
    except GpendError as error:
        return f"{type(error).__name__}: {error}"
    told = f"{type(outcome).__name__}: {outcome.reason} {outcome.faces}"
    return f"{told} {hashlib.sha256(outcome.photo).hexdigest()}" if isinstance(outcome, Restored) else told


def _process(photo: bytes) -> Outcome:
    """With the face where it is in the portrait, so that every format is written, too."""
    header = codec.identify(photo, CoreSettings().photo)
    width, height = header.width, header.height
    one, two, three, four, five = ((x * width, y * height) for x, y in _LANDMARKS)
    face = Face((0.348 * width, 0.127 * height, 0.531 * width, 0.335 * height), (one, two, three, four, five), 0.999)
    return pipeline.process(photo, Networks(FakeDetector([face]), FakeRestorer()), CoreSettings())


if __name__ == "__main__":
    if sys.argv[1] == "photos":
        answer: object = _process_all(Path(sys.argv[3]), is_locked=sys.argv[2] == "locked")
    else:
        answer = _try_all(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
    print(json.dumps(answer))  # noqa: T201 - the test reads it
