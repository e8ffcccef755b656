"""Whatever happens to a whole library, in whatever order: in the end the output holds what the source holds."""

# ruff: noqa: D102  # the names of the rules are their sentences

import errno
import os
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from gpend.settings import Keep
from tests.machine.conftest import Try
from tests.machine.house import House, folder_in_memory
from tests.world import SHARP

NAMES = tuple(f"{folder}{base}" for folder in ("", "a/", "a/b/") for base in ("1.mkv", "2.NEF", "notes"))
TRASH = ".gpend-trash/"

names = st.sampled_from(NAMES)
picks = st.integers(0, 11)
contents = st.builds(lambda number: b"a film, number %d, rather long" % number, picks)


class Life(RuleBasedStateMachine):
    """Films come, change, move and go; outputs are replaced by hand; the daemon works, ends and begins again."""

    links = True

    def __init__(self) -> None:
        super().__init__()
        self.root = folder_in_memory()
        self.patched = ExitStack()
        if not self.links:
            patch = self.patched.enter_context(pytest.MonkeyPatch.context())
            patch.setattr(os, "link", unlinkable(os.link))
        self.house = House(self.root, keep=Keep.LIBRARY)
        self.films: dict[str, bytes] = {}
        self.own: dict[str, bytes] = {}  # what somebody has put into the output
        self.writes = 0
        self._write("anchor.jpg", SHARP)
        self.house.come_to_rest()

    @rule(name=names, content=contents, aside=st.booleans())
    def written(self, name: str, content: bytes, aside: bool) -> None:  # noqa: FBT001  # drawn
        if aside:
            self._write(".new", content)
            (self.house.source / name).parent.mkdir(parents=True, exist_ok=True)
            (self.house.source / ".new").replace(self.house.source / name)
        else:
            (self.house.source / name).unlink(missing_ok=True)  # a second name of it is not to change with it
            self._write(name, content)
        self.films[name] = content
        self.house.hint(self.house.source / name)

    @precondition(lambda self: self.films)
    @rule(pick=picks, name=names)
    def moved(self, pick: int, name: str) -> None:
        old = sorted(self.films)[pick % len(self.films)]
        (self.house.source / name).parent.mkdir(parents=True, exist_ok=True)
        (self.house.source / old).replace(self.house.source / name)
        self.films[name] = self.films.pop(old)

    @precondition(lambda self: self.films)
    @rule(pick=picks)
    def deleted(self, pick: int) -> None:
        name = sorted(self.films)[pick % len(self.films)]
        (self.house.source / name).unlink()
        del self.films[name]

    @precondition(lambda self: len(self.own) < 3)
    @rule(name=names)
    def replaced_in_the_output(self, name: str) -> None:
        place = self.house.output / name
        if place.is_file():
            self.writes += 1
            self.own[name] = b"cut by hand %d" % self.writes
            place.with_name("by-hand").write_bytes(self.own[name])
            place.with_name("by-hand").replace(place)

    @rule(turns=st.integers(1, 4))
    def worked(self, turns: int) -> None:
        self.house.turn(turns)

    @rule(seconds=st.sampled_from((1.0, 4.0, 30.0)))
    def lived(self, seconds: float) -> None:
        self.house.live(seconds)

    @rule(steps=st.integers(0, 60))
    def killed(self, steps: int) -> None:
        self.house.kill(steps)

    @rule()
    def restarted(self) -> None:
        self.house.restart()

    @rule()
    def all_is_as_it_should_be(self) -> None:
        self.house.hint()
        self.house.come_to_rest()
        sources, outputs = self.house.sources(), self.house.outputs()
        assert sources == self.films | {"anchor.jpg": SHARP}
        seen = {name: content for name, content in outputs.items() if not name.startswith(TRASH)}
        assert seen == sources | self.own

    def teardown(self) -> None:
        """The end of this life."""
        try:
            self.all_is_as_it_should_be()
        finally:
            self.house.close()
            self.patched.close()
            shutil.rmtree(self.root)

    def _write(self, name: str, content: bytes) -> None:
        self.writes += 1
        path = self.house.put(name, content)
        os.utime(path, (1_600_000_000 + self.writes, 1_600_000_000 + self.writes))


class CopiedLife(Life):
    """The same where no hard links can be had."""

    links = False


def unlinkable(real: Callable[..., None]) -> Callable[..., None]:
    """`os.link` as it is between two disks; it works within each."""

    def link(
        source: Path, name: Path, *, dst_dir_fd: int | None = None, src_dir_fd: int | None = None, **how: bool
    ) -> None:
        if src_dir_fd is None and dst_dir_fd is not None:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        real(source, name, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd, **how)

    return link


@pytest.mark.parametrize("life", [Life, CopiedLife])
def test_whatever_happens_the_library_is_whole_in_the_end(try_lives: Try, life: type[Life]) -> None:
    try_lives(life, share=50, steps=25)
