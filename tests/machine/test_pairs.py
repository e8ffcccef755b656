"""Whichever sources are given whichever outputs, in whatever order: no output of another photo is lost."""

# ruff: noqa: D102  # the names of the rules are their sentences

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from gpend.ledger import Ledger
from gpend.settings import FolderSettings, Keep
from tests.machine.conftest import Try
from tests.machine.house import folder_in_memory
from tests.world import BLURRED, RESTORED, SHARP, World, tree

SOURCES = ("a", "b", "c")
NAMES = ("1.jpg", "2.jpg", "sub/1.jpg", "3.heic")
TRASH = ".gpend-trash/"
DAY = 86_400

sources = st.sampled_from(SOURCES)
names = st.sampled_from(NAMES)
picks = st.integers(0, 11)


class Life(RuleBasedStateMachine):
    """Photos come and go in three sources; each has an output of three, or none, or all are one source."""

    keep = Keep.NONE

    def __init__(self) -> None:
        super().__init__()
        self.root = folder_in_memory()
        self.world = World(self.root / "world", knobs={"keep": self.keep})
        self.writes = 0
        for source in SOURCES:
            self._write(source, "anchor.jpg", SHARP + source.encode())  # a source without any photo is never believed
            (self.root / "out" / source).mkdir(parents=True)
        self.photos: dict[tuple[str, str], bytes] = {}
        self.ever: dict[tuple[str, str], bytes] = {}  # what stood there last, also where it was deleted since
        self.puts = 0
        self.replaced: set[bytes] = set()  # photos whose own outputs gave way, or may have
        self.elsewhere: set[bytes] = set()  # photos that have been in another source too: what is whose is not told
        self.seen: set[bytes] = set()  # outputs
        self.pairs: dict[str, str] = {}
        self._configure({source: source for source in SOURCES})
        for source in SOURCES:
            self.put(source, NAMES[0])
        self.worked()

    @rule(source=sources, name=names)
    def put(self, source: str, name: str) -> None:
        self.puts += 1
        photo = BLURRED + f" {'heic' if name.endswith('heic') else ''} {self.puts} of source {source}".encode()
        self._take(source, name, photo)

    @precondition(lambda self: self.photos)
    @rule(pick=picks, source=sources)
    def copied(self, pick: int, source: str) -> None:
        _, name = sorted(self.photos)[pick % len(self.photos)]
        photo = self.photos[sorted(self.photos)[pick % len(self.photos)]]
        self.elsewhere.add(photo)
        self._take(source, name, photo)

    @precondition(lambda self: self.photos)
    @rule(pick=picks)
    def deleted(self, pick: int) -> None:
        source, name = sorted(self.photos)[pick % len(self.photos)]
        (self.root / "in" / source / name).unlink()
        del self.photos[source, name]

    @rule(outputs=st.permutations(SOURCES), retired=st.sets(sources, max_size=2), turns=st.integers(0, 12))
    def configured(self, outputs: list[str], retired: set[str], turns: int) -> None:
        self._configure({s: o for s, o in zip(SOURCES, outputs, strict=True) if s not in retired})
        self._work_a_little(turns)

    @rule(turns=st.integers(0, 12))
    def configured_as_one(self, turns: int) -> None:
        self._configure({"": ""})
        self._work_a_little(turns)

    def _work_a_little(self, turns: int) -> None:
        now, before = self.world.clock.now().utc, self._retired()
        with Ledger.open(self.world.settings.ledger, now) as ledger:
            loop = self.world.loop(ledger)
            loop.begin(None, crashed=False)
            for _ in range(turns):
                if not loop.turn():
                    loop.rest()
            loop.end()
        self._check(before)

    @rule()
    def worked(self) -> None:
        before = self._retired()
        self.world.once()
        self._check(before)

    @rule(hours=st.sampled_from((1, 30)))
    def time_passed(self, hours: int) -> None:
        self.world.clock.pass_by(hours * 3600)

    def teardown(self) -> None:
        """In the end each photo at work has its output, or another source's stands there."""
        try:
            for _ in range(3):
                self.worked()
                self.world.clock.pass_by(DAY + 1)
            self.worked()
            for (source, name), photo in self.photos.items():
                self._check_photo(source, name, photo)
        finally:
            shutil.rmtree(self.root)

    def _check_photo(self, source: str, name: str, photo: bytes) -> None:
        place = self._place(source, name)
        if place is None:
            return
        named = (place, place.with_suffix(".jpg"), place.with_name(f"{place.name}.jpg"))
        standing = {each.read_bytes() for each in named if each.exists()}
        in_the_way = {each for each in standing if self._source_of(each) != source} | (standing & self._shared())
        assert _restored(photo) in standing or in_the_way, place

    def _check(self, before: dict[Path, bytes]) -> None:
        outputs = self._outputs()
        standing = {photo for photo in outputs.values() if b"restored" in photo}
        self.seen |= standing
        assert self.seen <= standing | {_restored(photo) for photo in self.replaced}
        assert {place: outputs.get(place) for place in before} == before

    def _retired(self) -> dict[Path, bytes]:
        """What was made of photos whose sources are not at work now, by its place: it is not to be touched."""
        if "" in self.pairs or not self.world.settings.ledger.exists():
            return {}
        with Ledger.read_only(self.world.settings.ledger) as records:
            rows = [records.photo(self.root / "in" / source / name) for source, name in self.photos]
        outputs = self._outputs()
        retired = [row for row in rows if row is not None and row.source.name not in self.pairs]
        made = {row.output: outputs.get(row.output, b"") for row in retired if row.output is not None}
        wanted = {_restored(photo) for (source, _), photo in self.photos.items() if source not in self.pairs}
        return {place: photo for place, photo in made.items() if photo in wanted}

    def _shared(self) -> set[bytes]:
        return {_restored(photo) for photo in self.elsewhere}

    def _outputs(self) -> dict[Path, bytes]:
        return {self.root / "out" / name: photo for name, photo in tree(self.root / "out").items()}

    def _source_of(self, output: bytes) -> str:
        return output.decode()[-1]

    def _place(self, source: str, name: str) -> Path | None:
        """Where the output of a photo goes."""
        if "" in self.pairs:
            return self.root / "out" / source / name
        return self.root / "out" / self.pairs[source] / name if source in self.pairs else None

    def _configure(self, pairs: dict[str, str]) -> None:
        self.pairs = pairs
        for output in pairs.values():  # of one that was a part of another, gpend takes away what is empty
            (self.root / "out" / output).mkdir(exist_ok=True)
        self.world.knobs["folders"] = [
            FolderSettings(source=self.root / "in" / source, output=self.root / "out" / output)
            for source, output in pairs.items()
        ]

    def _take(self, source: str, name: str, photo: bytes) -> None:
        if (source, name) in self.ever:
            self.replaced.add(self.ever[source, name])
        self.photos[source, name] = self.ever[source, name] = photo
        self._write(source, name, photo)

    def _write(self, source: str, name: str, photo: bytes) -> None:
        path = self.root / "in" / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(photo)
        self.writes += 1
        moment = 1_600_000_000_000_000_000 + self.writes  # all within a second, as those of a burst are, or of a copy
        os.utime(path, ns=(moment, moment))


class CopyingLife(Life):
    """The same where photos that need nothing are copied."""

    keep = Keep.COPY


class LibraryLife(Life):
    """The same where they are linked."""

    keep = Keep.LIBRARY


def _restored(photo: bytes) -> bytes:
    return photo.replace(BLURRED, RESTORED)


@pytest.mark.parametrize("life", [Life, CopyingLife, LibraryLife])
def test_whichever_outputs_sources_are_given_no_output_of_another_photo_is_lost(
    try_lives: Try, life: type[Life]
) -> None:
    try_lives(life, share=25, steps=8)
