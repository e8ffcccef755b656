"""The way of one photo, from the event that tells of it to its row in the ledger: which files a reader has to open.

`python -m tests.way` prints it. A real watcher, ledger and mirror take part; only the engine and the clock are fakes.
What a turn does in which nothing happens is not on the way, nor what happens inside the core; a generator is entered
once.
"""

import inspect
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import FrameType

import numpy as np

import gpend
from gpend.daemon import watching
from gpend.ledger import Ledger, State
from tests.photos import jpeg
from tests.waiting import PATIENCE
from tests.world import World

_ROOT = Path(gpend.__file__).parent
_TURNS = 50


@dataclass
class Way:
    """The functions of gpend that were called, in order."""

    steps: list[tuple[str, str]] = field(default_factory=list)  # file, function
    _generators: set[FrameType] = field(default_factory=set)  # which are entered again at each of their steps

    @property
    def files(self) -> list[str]:
        """The files that were entered, in the order in which they were."""
        return list(dict.fromkeys(file for file, _ in self.steps))

    @property
    def functions(self) -> set[tuple[str, str]]:
        """The functions that were called."""
        return set(self.steps)

    @property
    def changes(self) -> int:
        """How often a call led to another file than the one before; to and fro between two of them, once each way."""
        jumps = [(one[0], other[0]) for one, other in pairwise(self.steps) if one[0] != other[0]]
        return sum(jump not in jumps[max(0, number - 2) : number] for number, jump in enumerate(jumps))

    def without(self, other: "Way") -> "Way":
        """This way but for the functions that are on another one too."""
        return Way([step for step in self.steps if step not in other.functions])

    def until(self, end: tuple[str, str]) -> "Way":
        """This way up to its first call of a function, and what that one calls to write."""
        return Way(self.steps[: self.steps.index(end) + 4])

    @contextmanager
    def traced(self) -> Iterator[None]:
        """Note every function of gpend that is called meanwhile, in the order of the calls."""
        sys.setprofile(self._note)
        try:
            yield
        finally:
            sys.setprofile(None)

    def _note(self, frame: FrameType, event: str, argument: object) -> None:
        del argument
        code = frame.f_code
        path = Path(code.co_filename)
        if event != "call" or code.co_name.startswith("<") or not _is_on_the_way(path):
            return
        if code.co_flags & inspect.CO_GENERATOR:
            if frame in self._generators:
                return
            self._generators.add(frame)
        self.steps.append((path.relative_to(_ROOT).as_posix(), code.co_qualname))


def _is_on_the_way(path: Path) -> bool:
    return path.is_relative_to(_ROOT) and not path.is_relative_to(_ROOT / "core")


def _photo() -> bytes:
    """A whole JPEG with the word in a comment by which the fake engine knows that it is blurred."""
    photo, comment = jpeg(np.zeros((16, 16, 3), np.uint8)), b"blurred"
    return photo[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2) + comment + photo[2:]


def walk(root: Path) -> Way:
    """Let one photo that arrives in a watched folder be restored."""
    world, way = World(root, knobs={"minimum_free_mb": 0, "settle_seconds": 0}), Way()
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        loop = world.loop(ledger)
        loop.begin(watching, crashed=False)
        for _ in range(_TURNS):
            if not loop.turn() and loop.has_scanned and loop.is_idle():
                break
            loop.rest()
        idle = Way()
        with idle.traced():
            loop.turn()
        loop.wake.clear()
        arrived = world.root / "arriving.jpg"
        arrived.write_bytes(_photo())
        arrived.rename(world.source / "IMG_1.jpg")
        assert loop.wake.wait(PATIENCE), "the watcher has not heard of the photo"
        for _ in range(_TURNS):
            with way.traced():
                loop.turn()
            if ("ledger/photos.py", "Photos.finish") in way.steps:
                break
            loop.rest()
        loop.end()
    assert world.row("IMG_1.jpg").state is State.RESTORED
    return way.until(("ledger/photos.py", "Photos.finish")).without(idle)


def main() -> None:
    """Print the way, file by file."""
    with tempfile.TemporaryDirectory() as root:
        way = walk(Path(root))
    counted = Counter(file for file, _ in way.functions)
    print(*(f"{counted[file]:4} functions  {file}" for file in way.files), sep="\n")  # noqa: T201 - the command's answer
    print(f"{len(way.files)} files, {len(way.functions)} functions, {way.changes} changes of file")  # noqa: T201


if __name__ == "__main__":
    main()
