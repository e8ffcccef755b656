"""Whatever happens to photos, clocks and the daemon, in whatever order: in the end all is as it should be."""

# ruff: noqa: D102  # the names of the rules are their sentences

import gc
import os
import shutil
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
)

from gpend.ledger import State
from tests.machine import pictures
from tests.machine.caseless import Caseless
from tests.machine.conftest import Try
from tests.machine.expectation import Expectation
from tests.machine.house import House, folder_in_memory, open_descriptors
from tests.world import tree

ANCHOR = "anchor.jpg"  # a source without any photo is never believed, so one stays
TRASH = ".gpend-trash/"
YEAR = 365 * 86_400
DAYS_OF_1980 = 315_532_800
DIRECTORIES = ("", "a/", "a/b/", "c/")
NAMES = tuple(f"{folder}{base}" for folder in DIRECTORIES for base in ("1.jpg", "2.jpg", "caf\udce9.jpg"))

names = st.sampled_from(NAMES)
picks = st.integers(0, 11)
photos = st.builds(
    pictures.picture, st.integers(1, 5), st.sampled_from(("blurred", "blurred", "blurred", *pictures.KINDS))
)
heard = st.booleans()
years = st.sampled_from((DAYS_OF_1980, 1_700_000_000, 4_000_000_000))


class Life(RuleBasedStateMachine):
    """Photos come, grow, change, move and go; the daemon works, rests, ends and begins again."""

    def __init__(self) -> None:
        super().__init__()
        self.root = folder_in_memory()
        self.house = self._house()
        self.expected = Expectation()
        self.growing: dict[str, bytes] = {}
        self.under_temporary_names: dict[str, bytes] = {}
        self.forced: set[str] = set()  # what is to be done afresh, whatever stands there then
        self.is_away = False
        self.writes = 0
        self.descriptors = 0
        self.threads = threading.active_count()

    def _house(self) -> House:
        return House(self.root)

    @initialize()
    def a_house_with_one_photo_that_stays(self) -> None:
        self._write(ANCHOR, pictures.picture(0, "sharp"))
        self.house.come_to_rest()
        self.descriptors = open_descriptors()

    # Photos

    @precondition(lambda self: not self.is_away)
    @rule(name=names, photo=photos, heard=heard, year=years)
    def written_at_once(self, name: str, photo: bytes, heard: bool, year: int) -> None:  # noqa: FBT001  # drawn
        self._put(name, photo)
        self._write(name, photo, year)
        self._hint(name, heard=heard)

    @precondition(lambda self: not self.is_away)
    @rule(name=names, photo=photos, heard=heard)
    def replaced_by_a_rename(self, name: str, photo: bytes, heard: bool) -> None:  # noqa: FBT001  # drawn
        self._write(_temporary(name), photo)
        self._put(name, photo)
        self._path(_temporary(name)).replace(self._path(name))
        self.under_temporary_names.pop(name, None)
        self._hint(name, heard=heard, is_whole=True)

    @precondition(lambda self: not self.is_away)
    @rule(name=names, photo=photos, reserved=st.sampled_from(("", "zeros", "hole")), heard=heard)
    def begun(self, name: str, photo: bytes, reserved: str, heard: bool) -> None:  # noqa: FBT001  # drawn
        first = photo[:10] if not reserved else bytes(len(photo))
        self._put(name, first)
        self._write(name, first)
        if reserved == "hole":
            os.truncate(self._path(name), 0)
            os.truncate(self._path(name), len(photo))
            self._stamp(name)
        self.growing[name] = photo
        self._hint(name, heard=heard)

    @precondition(lambda self: self.growing and not self.is_away)
    @rule(pick=picks, share=st.sampled_from((0.3, 0.7, 1.0)), heard=heard)
    def grown(self, pick: int, share: float, heard: bool) -> None:  # noqa: FBT001  # drawn
        self._grow(_of(self.growing, pick), share, heard=heard)

    @precondition(lambda self: not self.is_away)
    @rule(name=names, photo=photos)
    def begun_under_a_temporary_name(self, name: str, photo: bytes) -> None:
        self._write(_temporary(name), photo[:20])
        self.under_temporary_names[name] = photo

    @precondition(lambda self: self.under_temporary_names and not self.is_away)
    @rule(pick=picks, heard=heard)
    def given_its_name(self, pick: int, heard: bool) -> None:  # noqa: FBT001  # drawn
        self._give_name(_of(self.under_temporary_names, pick), heard=heard)

    @precondition(lambda self: self.movable and not self.is_away)
    @rule(pick=picks, name=names, heard=heard)
    def renamed(self, pick: int, name: str, heard: bool) -> None:  # noqa: FBT001  # drawn
        old = _of(self.movable, pick)
        if old != name:
            self._path(name).parent.mkdir(parents=True, exist_ok=True)
            self._path(old).replace(self._path(name))
            self._moved(old, name)
            self._hint(old, heard=heard)
            self._hint(name, heard=heard)

    @precondition(lambda self: len(self.movable) > 1 and not self.is_away)
    @rule(one=picks, other=picks, heard=heard)
    def swapped(self, one: int, other: int, heard: bool) -> None:  # noqa: FBT001  # drawn
        left, right = _of(self.movable, one), _of(self.movable, other)
        if left != right:
            between = self.root / "between"
            self._path(left).replace(between)
            self._path(right).replace(self._path(left))
            between.replace(self._path(right))
            was_left = self.expected.photos[left]
            self._disturb(left)
            self._disturb(right)
            self._put(left, self.expected.photos[right])
            self._put(right, was_left)
            growing = {left: self.growing.pop(right, None), right: self.growing.pop(left, None)}
            self.growing |= {name: photo for name, photo in growing.items() if photo is not None}
            self._hint(left, heard=heard)
            self._hint(right, heard=heard)

    @precondition(lambda self: not self.is_away)
    @rule(old=st.sampled_from(("a", "a/b", "c")), new=st.sampled_from(("a", "c", "d", "d/e")), heard=heard)
    def folder_moved(self, old: str, new: str, heard: bool) -> None:  # noqa: FBT001  # drawn
        source, target = self._path(old), self._path(new)
        if not source.is_dir() or target.exists() or f"{new}/".startswith(f"{old}/"):
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)
        for name in self._below(old):
            self._moved(name, new + name[len(old) :])
        for name in [name for name in self.under_temporary_names if name.startswith(f"{old}/")]:
            self.under_temporary_names[new + name[len(old) :]] = self.under_temporary_names.pop(name)
        self._hint(old, heard=heard, is_directory=True)
        self._hint(new, heard=heard, is_directory=True)

    @precondition(lambda self: self.movable and not self.is_away)
    @rule(pick=picks, heard=heard)
    def deleted(self, pick: int, heard: bool) -> None:  # noqa: FBT001  # drawn
        name = _of(self.movable, pick)
        self._path(name).unlink()
        self._delete(name)
        self._hint(name, heard=heard)

    @precondition(lambda self: not self.is_away)
    @rule(folder=st.sampled_from(("a", "a/b", "c", "d")), heard=heard)
    def folder_deleted(self, folder: str, heard: bool) -> None:  # noqa: FBT001  # drawn
        if self._path(folder).is_dir():
            shutil.rmtree(self._path(folder))
            for name in self._below(folder):
                self._delete(name)
            for name in [name for name in self.under_temporary_names if name.startswith(f"{folder}/")]:
                del self.under_temporary_names[name]
            self._hint(folder, heard=heard, is_directory=True)

    @precondition(lambda self: self.movable and not self.is_away)
    @rule(pick=picks, name=names, heard=heard)
    def copied(self, pick: int, name: str, heard: bool) -> None:  # noqa: FBT001  # drawn
        self.written_at_once(name, self.expected.photos[_of(self.movable, pick)], heard, 1_700_000_000)

    @precondition(lambda self: self.standing and not self.is_away)
    @rule(pick=picks, name=names, heard=heard)
    def output_copied_back(self, pick: int, name: str, heard: bool) -> None:  # noqa: FBT001  # drawn
        photo = self._place(_of(self.standing, pick)).read_bytes()
        self.written_at_once(name, photo, heard, 1_700_000_000)

    @precondition(lambda self: self.movable and not self.is_away)
    @rule(pick=picks, heard=heard, year=years)
    def touched(self, pick: int, heard: bool, year: int) -> None:  # noqa: FBT001  # drawn
        name = _of(self.movable, pick)
        self._disturb(name)
        if name in self.forced:
            self.expected.disturb(self.expected.photos.get(name))
        self._stamp(name, year)
        self._hint(name, heard=heard)

    # Files of the user's own in the output tree

    @rule(name=names, in_place=st.booleans())
    def own_file_put_into_the_output(self, name: str, in_place: bool) -> None:  # noqa: FBT001  # drawn
        place = self._place(name)
        place.parent.mkdir(parents=True, exist_ok=True)
        self._lose_output(name)
        if not in_place:
            place.unlink(missing_ok=True)
        self.writes += 1
        self.expected.own[name] = f"the user's own {self.writes}".encode()
        place.write_bytes(self.expected.own[name])
        self._disturb_occupied(name)

    @precondition(lambda self: self.expected.own)
    @rule(pick=picks)
    def own_file_taken_away_and_the_photo_tried_again(self, pick: int) -> None:
        name = _of(self.expected.own, pick)
        self._place(name).unlink()
        del self.expected.own[name]
        self._disturb(name)
        self.expected.disturb(self.expected.photos.get(name))
        self.forced.add(name)
        self.house.retry(self._path(name))

    # Time, the engine, and the daemon's life

    @rule(years=st.sampled_from((-1, 1)))
    def clock_jumped(self, years: int) -> None:
        self.house.clock.jump(years * YEAR)
        self.expected.trash_expires()

    @rule(seconds=st.sampled_from((0.5, 2.0, 5.0, 20.0, 150.0, 700.0)))
    def time_passed(self, seconds: float) -> None:
        self.house.live(seconds)

    @rule(times=st.integers(1, 6))
    def turned(self, times: int) -> None:
        self.house.turn(times)

    @rule()
    def scan_asked_for(self) -> None:
        self.house.hint()

    @rule(is_slow=st.booleans())
    def engine_slow_or_not(self, is_slow: bool) -> None:  # noqa: FBT001  # drawn
        self.house.engine.slow = is_slow
        self.house.engine.finish()

    @rule(times=st.integers(1, 3))
    def engine_in_a_mood(self, times: int) -> None:
        self.house.moods = times

    @rule()
    def restarted(self) -> None:
        self.house.restart()

    @rule(steps=st.integers(0, 60))
    def killed(self, steps: int) -> None:
        for row in self.house.kill(steps):
            self.expected.disturb(self.expected.photos.get(self._name(row.relative)))

    @precondition(lambda self: not self.is_away)
    @rule()
    def source_taken_away(self) -> None:
        for name in self.house.working():
            self.expected.disturb(self.expected.photos.get(self._name(name)))
        self.house.source.rename(self.root / "away")
        self.is_away = True

    @precondition(lambda self: self.is_away)
    @rule()
    def source_brought_back(self) -> None:
        (self.root / "away").rename(self.house.source)
        self.is_away = False

    @rule()
    def all_left_alone_for_long(self) -> None:
        if self.is_away:
            self.source_brought_back()
        for name in list(self.growing):
            self._grow(name, 1.0, heard=False)
        for name in list(self.under_temporary_names):
            self._give_name(name, heard=False)
        self.house.engine.slow = False
        self.house.moods = 0
        self.house.engine.finish()
        for _ in range(2):
            self.house.hint()
            self.house.live(10.0)  # what people ask for is looked at now and then
            self.house.come_to_rest()
        self._check()

    def teardown(self) -> None:
        """In the end, as at any time."""
        try:
            if self.descriptors:
                self.all_left_alone_for_long()
        finally:
            self.house.close()
            shutil.rmtree(self.root)

    # The oracle

    def _check(self) -> None:
        outputs = self._named(tree(self.house.output))
        trash = {name: photo for name, photo in outputs.items() if name.startswith(TRASH)}
        assert self._named(tree(self.house.source)) == self.expected.photos | {ANCHOR: pictures.picture(0, "sharp")}
        for name in outputs.keys() - trash.keys() | self.expected.photos.keys():
            assert outputs.get(name) in self.expected.outputs(name), (name, self.expected.photos.get(name))
        for photo in self.expected.kept_safe:
            assert pictures.restored(photo) in outputs.values(), photo
        possible = {pictures.restored(photo) for photo in self.house.made}
        assert set(trash.values()) <= possible
        assert not any(TRASH in name[len(TRASH) :] for name in trash)
        self._check_ledger(outputs)
        for photo, times in self.house.made.items():
            if pictures.is_usable(photo):
                assert times <= self.expected.allowed[photo] + (photo not in self.expected.owned), photo
        self.expected.come_to_rest(self.house.made)
        self.forced.clear()
        if open_descriptors() > self.descriptors:
            gc.collect()  # what a daemon that was killed left to the kernel
        assert open_descriptors() <= self.descriptors
        assert threading.active_count() <= self.threads

    def _check_ledger(self, outputs: dict[str, bytes]) -> None:
        rows = {self._name(row.relative): row for row in self.house.rows()}
        assert rows.keys() == self.expected.photos.keys() | {ANCHOR}
        for name, photo in self.expected.photos.items():
            row = rows[name]
            assert row.missing_since is None
            assert not row.held
            if name not in self.expected.own:
                assert (row.state is State.RESTORED) == pictures.is_restorable(photo), row
                written = None if row.written is None else self._name(row.written.path)
                if pictures.is_usable(photo):  # else it is where the output of an earlier photo of that name was left
                    assert written == (name if name in outputs else None), row

    # What the rules are made of

    @property
    def movable(self) -> dict[str, bytes]:
        """The photos that may be moved and deleted."""
        return self.expected.photos

    @property
    def standing(self) -> list[str]:
        """What gpend has written."""
        names = (self._name(path.relative_to(self.house.output)) for path in self.house.output.rglob("*.[jJ][pP][gG]"))
        return [name for name in names if name not in self.expected.own and "/.gpend-" not in f"/{Path(name).name}"]

    def _path(self, name: str) -> Path:
        return self.house.source / name

    def _place(self, name: str) -> Path:
        """Where the output of a photo stands, or may stand."""
        return self.house.output / name

    def _name(self, relative: Path) -> str:
        """What the rules call a photo, or an output."""
        return relative.as_posix()

    def _named(self, files: dict[str, bytes]) -> dict[str, bytes]:
        return {self._name(Path(path)): photo for path, photo in files.items()}

    def _below(self, folder: str) -> list[str]:
        return [name for name in self.expected.photos if name.startswith(f"{folder}/")]

    def _standing(self, name: str) -> bytes | None:
        place = self._place(name)
        return None if name in self.expected.own or not place.exists() else place.read_bytes()

    def _put(self, name: str, photo: bytes) -> None:
        self._disturb(name)
        self.growing.pop(name, None)
        self.expected.put(name, photo, self._standing(name))
        self._disturb_occupied(name)

    def _delete(self, name: str) -> None:
        self._disturb(name)
        self.growing.pop(name, None)
        self.expected.delete(name, self._standing(name))

    def _moved(self, old: str, new: str) -> None:
        self._disturb(old)
        self._disturb(new)
        growing = self.growing.pop(old, None)
        self._put(new, self.expected.take(old))
        if growing is not None:
            self.growing[new] = growing

    def _disturb(self, name: str) -> None:
        """What the engine is working on is worked on for nothing when its file changes."""
        if name in map(self._name, self.house.working()):
            self.expected.disturb(self.expected.photos.get(name))

    def _disturb_occupied(self, name: str) -> None:
        """What is restored for a place that the user has taken is restored for nothing."""
        if name in self.expected.own or name in self.forced:
            self.expected.disturb(self.expected.photos.get(name))

    def _lose_output(self, name: str) -> None:
        """An output is overwritten by the user."""
        standing = self._standing(name)
        for photo in self.house.made:
            if pictures.is_restorable(photo) and standing == pictures.restored(photo):
                self.expected.disturb(photo)
                self.expected.kept_safe.discard(photo)

    def _write(self, name: str, photo: bytes, year: int = 1_700_000_000) -> None:
        self._path(name).parent.mkdir(parents=True, exist_ok=True)
        self._path(name).write_bytes(photo)
        self._stamp(name, year)

    def _stamp(self, name: str, year: int = 1_700_000_000) -> None:
        """Every state of a file has a time of its own; the clock of this disk is too coarse for that."""
        self.writes += 1
        moment = year * 10**9 + self.writes * 1000
        os.utime(self._path(name), ns=(moment, moment))

    def _grow(self, name: str, share: float, *, heard: bool) -> None:
        whole = self.growing[name]
        length = int(len(whole) * share)
        part = whole[:length] + self.expected.photos[name][length:]
        self._put(name, part)
        self._write(name, part)
        if share < 1:
            self.growing[name] = whole
        self._hint(name, heard=heard)

    def _give_name(self, name: str, *, heard: bool) -> None:
        photo = self.under_temporary_names.pop(name)
        self._write(_temporary(name), photo)
        self._put(name, photo)
        self._path(_temporary(name)).replace(self._path(name))
        self._hint(name, heard=heard, is_whole=True)

    def _hint(self, name: str, *, heard: bool, is_directory: bool = False, is_whole: bool = False) -> None:
        if heard:
            self.house.hint(self._path(name), is_directory=is_directory, is_whole=is_whole)


def _temporary(name: str) -> str:
    """As rsync names a file that it writes."""
    folder, slash, base = name.rpartition("/")
    return f"{folder}{slash}.{base}.Ab3dE9"


def _of(collection: "dict[str, bytes] | list[str]", pick: int) -> str:
    ordered = sorted(collection)
    return ordered[pick % len(ordered)]


class RespeltLife(Life):
    """The same on a disk that ignores case, where photos get new spellings of their names as well.

    The rules call them by their names in small letters, whatever they are called at the moment.
    """

    poor = lowers = False

    def __init__(self) -> None:
        self._disks = ExitStack()
        super().__init__()

    def _house(self) -> House:
        self._disks.enter_context(Caseless(self.root / "restored", poor=self.poor, lowers=self.lowers).mounted())
        return super()._house()

    @precondition(lambda self: self.movable and not self.is_away)
    @rule(pick=picks, depth=st.integers(0, 2), heard=heard)
    def given_another_case(self, pick: int, depth: int, heard: bool) -> None:  # noqa: FBT001  # drawn
        name = _of(self.movable, pick)
        path = self._path(name)
        spelt = [path, *path.parents][min(depth, name.count("/"))]
        spelt.rename(spelt.with_name(spelt.name.swapcase()))
        folder = self._name(spelt.relative_to(self.house.source))
        for each in [name for name in self.expected.photos if f"{name}/".startswith(f"{folder}/")]:
            self._moved(each, each)
        self._hint(folder, heard=heard, is_directory=depth > 0)

    def teardown(self) -> None:
        """As before, and the disk goes."""
        with self._disks:
            super().teardown()

    def _path(self, name: str) -> Path:
        return _spelt(self.house.source, name)

    def _place(self, name: str) -> Path:
        return _spelt(self.house.output, name)

    def _name(self, relative: Path) -> str:
        return relative.as_posix().lower()


class PoorLife(RespeltLife):
    """The same on exFAT: no hard links, no attributes, and inode numbers that tell nothing."""

    poor = True


class LoweredLife(RespeltLife):
    """The same on NTFS as Linux may show it: whatever a name was, it is listed in small letters."""

    lowers = True


def _spelt(root: Path, name: str) -> Path:
    """A path below a folder as it is spelt there, as far as it is there."""
    place = root
    for part in name.split("/"):
        names = [each.name for each in place.iterdir()] if place.is_dir() else []
        place /= next((each for each in names if each.lower() == part.lower()), part)
    return place


@pytest.mark.parametrize(("life", "share"), [(Life, 1), (RespeltLife, 5), (PoorLife, 5), (LoweredLife, 5)])
def test_whatever_happens_all_is_as_it_should_be_in_the_end(try_lives: Try, life: type[Life], share: int) -> None:
    try_lives(life, share=share, steps=30)
