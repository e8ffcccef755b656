"""Only whole files pass the gate; real files, and a clock that is an argument."""

import mmap
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gpend.intake import Sighting, stability
from gpend.intake.source import Source
from gpend.intake.stability import Settled, StabilityCheck
from gpend.settings import Keep, Settings
from tests.held import Held
from tests.intake.completeness.pictures import encoded

JPEG = encoded("JPEG")
HEIF = encoded("HEIF")
SETTINGS = Settings(settle_seconds=10, incomplete_minutes=60)


@pytest.fixture
def source(tmp_path: Path) -> Source:
    root = tmp_path / "photos"
    root.mkdir()
    return Source(root)


def put(source: Source, name: str, content: bytes = JPEG) -> Path:
    path = source.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def sighting(source: Source, path: Path) -> Sighting:
    seen = source.sight(path)
    assert seen is not None
    return seen


def offered(source: Source, *paths: Path, now: float = 0.0) -> StabilityCheck:
    gate = StabilityCheck(source, SETTINGS)
    for path in paths:
        assert gate.offer(sighting(source, path), now)
    return gate


def taken(gate: StabilityCheck, now: float) -> list[Path]:
    return [settled.sighting.path for settled in gate.take(now)]


def test_a_whole_quiet_file_passes_with_its_stamp(source: Source) -> None:
    photo = put(source, "a.jpg")
    gate = offered(source, photo)
    assert list(gate.take(9.9)) == []
    assert list(gate.take(10)) == [Settled(sighting(source, photo))]
    assert len(gate) == 0
    assert gate.next_check() is None


def test_each_is_taken_once_and_the_limit_is_kept(source: Source) -> None:
    photos = [put(source, f"{number}.jpg") for number in range(5)]
    gate = offered(source, *photos)
    assert len(list(gate.take(10, limit=3))) == 3
    assert len(list(gate.take(10, limit=3))) == 2


def test_a_slow_copy_passes_once_after_its_end(source: Source) -> None:
    photo, taken_at = put(source, "a.jpg", b""), list[float]()
    gate, now = offered(source, photo), 0.0
    for end in range(0, len(JPEG) + 512, 512):
        with photo.open("r+b") as copy:
            copy.truncate(min(end, len(JPEG)))
            os.pwrite(copy.fileno(), JPEG[:end], 0)
        for _ in range(4):  # pauses between pieces that are longer than the quiet time
            now += 4
            taken_at += [now for _ in gate.take(now)]
            assert not taken_at or photo.read_bytes() == JPEG
    while (check := gate.next_check()) is not None:
        taken_at += [check for _ in gate.take(check)]
    assert len(taken_at) == 1


def test_a_file_that_is_half_there_at_the_start_waits_like_any_other(source: Source) -> None:
    photo = put(source, "a.jpg", JPEG[:-100])
    gate = offered(source, photo)
    assert taken(gate, 10) == taken(gate, 600) == []
    photo.write_bytes(JPEG)
    assert taken(gate, 3000) == []
    assert taken(gate, 3010) == [photo]


def test_a_file_that_stays_without_its_end_is_set_aside_as_incomplete_not_taken(source: Source) -> None:
    photo = put(source, "a.heic", HEIF[: len(HEIF) // 2])
    gate = offered(source, photo)
    now, passed = 0.0, list[Settled]()
    while not passed:
        check = gate.next_check()
        assert check is not None
        now = max(now, check)
        passed = list(gate.take(now))
    assert passed == [Settled(sighting(source, photo), incomplete=True)]
    assert now == 3600


def test_a_jpeg_of_which_only_the_mark_of_its_end_may_be_missing_waits_as_long_and_is_taken_then(
    source: Source,
) -> None:
    photo = put(source, "a.jpg", JPEG[:-2])
    gate = offered(source, photo)
    assert taken(gate, 10) == taken(gate, 3599) == []
    photo.write_bytes(JPEG[:-1])  # it grew
    assert taken(gate, 3600) == taken(gate, 7199) == []
    assert list(gate.take(7201)) == [Settled(sighting(source, photo))]


@pytest.mark.parametrize("content", [b"", bytes(100_000)])
def test_an_empty_or_zeroed_file_is_never_taken(source: Source, content: bytes) -> None:
    gate = offered(source, put(source, "a.jpg", content))
    assert taken(gate, 10) == []
    assert [settled.incomplete for settled in gate.take(3600)] == [True]


def test_preallocated_space_is_never_taken_even_if_the_end_is_written_first(source: Source) -> None:
    content = JPEG[:2000] + b"\x55" * 200_000 + JPEG[2000:]
    photo = source.root / "a.jpg"
    with photo.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, len(content))
        os.pwrite(file.fileno(), content[:3000], 0)
        os.pwrite(file.fileno(), content[-3000:], len(content) - 3000)
    gate = offered(source, photo)
    if not Sparse(photo).is_told:
        pytest.skip("this file system does not tell unwritten space from data")
    assert taken(gate, 10) == taken(gate, 100) == []
    photo.write_bytes(content)
    assert taken(gate, 200) == []
    assert taken(gate, 210) == [photo]


class Sparse:
    """What the file system under a file says of its holes."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self.is_told = os.lseek(file.fileno(), 0, os.SEEK_HOLE) < path.stat().st_size


def test_a_sparse_file_that_is_filled_later_waits_until_it_is(source: Source) -> None:
    content = JPEG[:2000] + b"\x55" * 200_000 + JPEG[2000:]
    photo = source.root / "a.jpg"
    with photo.open("wb") as file:
        file.truncate(len(content))
    gate = offered(source, photo)
    assert taken(gate, 10) == []
    photo.write_bytes(content)
    assert taken(gate, 100) == []
    assert taken(gate, 110) == [photo]


def test_writing_through_a_memory_map_counts_as_change(source: Source) -> None:
    photo = put(source, "a.jpg", bytes(len(JPEG)))
    gate = offered(source, photo)
    with photo.open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        mapped[:] = JPEG
        mapped.flush()
        assert taken(gate, 10) == []  # no close, no event: but its time has moved on
    assert taken(gate, 20) == [photo]


def test_truncating_and_filling_again_counts_as_change(source: Source) -> None:
    photo = put(source, "a.jpg")
    gate = offered(source, photo)
    photo.write_bytes(b"")
    assert taken(gate, 10) == []
    photo.write_bytes(JPEG)
    assert taken(gate, 20) == []
    assert taken(gate, 30) == [photo]


def test_a_file_with_its_old_size_and_time_but_other_content_counts_as_changed(source: Source) -> None:
    photo = put(source, "a.jpg")
    before = photo.stat()
    gate = offered(source, photo)
    with photo.open("r+b") as file:
        file.write(JPEG[:10])
    os.utime(photo, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert taken(gate, 10) == []
    assert taken(gate, 20) == [photo]


def test_a_file_replaced_by_another_counts_as_changed(source: Source) -> None:
    photo = put(source, "a.jpg")
    before = photo.stat()
    gate = offered(source, photo)
    other = put(source, "b.tmp")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(photo)
    assert taken(gate, 10) == []
    assert taken(gate, 20) == [photo]


def test_a_file_deleted_meanwhile_is_forgotten(source: Source) -> None:
    photo = put(source, "a.jpg")
    gate = offered(source, photo)
    photo.unlink()
    assert taken(gate, 10) == []
    assert len(gate) == 0


def test_a_pipe_in_the_place_of_a_photo_holds_up_nothing(source: Source) -> None:
    photo, other = put(source, "a.jpg"), put(source, "b.jpg")
    gate = offered(source, photo, other)
    photo.unlink()
    os.mkfifo(photo)
    assert taken(gate, 10) == [other]
    assert len(gate) == 0


@pytest.mark.parametrize("mtime", [0, 315532800, 4102444800, 2**33])
def test_files_from_the_future_or_from_1980_are_taken_like_others(source: Source, mtime: int) -> None:
    photo = put(source, "a.jpg")
    os.utime(photo, (mtime, mtime))
    assert taken(offered(source, photo), 10) == [photo]


def test_a_file_renamed_from_a_temporary_name_is_taken_at_once(source: Source) -> None:
    photo = put(source, "a.jpg")
    gate = StabilityCheck(source, SETTINGS)
    assert gate.offer(sighting(source, photo), 0, at_once=True)
    assert taken(gate, 0.02) == [photo]


def test_even_a_renamed_file_needs_its_end(source: Source) -> None:
    photo = put(source, "a.jpg", JPEG[:-2])
    gate = StabilityCheck(source, SETTINGS)
    assert gate.offer(sighting(source, photo), 0, at_once=True)
    assert taken(gate, 0.02) == []


@pytest.mark.parametrize(
    "temporary", [".syncthing.a.jpg.tmp", "a.jpg.part", ".a.jpg.~1a2b", ".a.jpg.Ab12Cd", "a.jpg.aria2"]
)
def test_a_photo_about_to_be_replaced_is_held(source: Source, temporary: str) -> None:
    photo, other = put(source, "a.jpg"), put(source, "b.jpg")
    beside = put(source, temporary, b"half")
    gate = offered(source, photo, other)
    assert taken(gate, 10) == [other]
    beside.unlink()
    assert taken(gate, 30) == [photo]


def test_a_large_folder_is_listed_the_less_often_the_larger_it_is(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stability, "_NAMES_A_SECOND", 0.1)
    photo = put(source, "a.jpg")
    beside = put(source, "a.jpg.part", b"half")
    gate = offered(source, photo)
    assert taken(gate, 10) == []
    beside.unlink()
    assert taken(gate, 30) == []
    assert taken(gate, 100) == [photo]


def test_a_temporary_file_left_behind_holds_nothing_for_ever(source: Source) -> None:
    photo = put(source, "a.jpg")
    put(source, "a.jpg.part", b"half")
    gate = offered(source, photo)
    assert taken(gate, 599) == []
    assert taken(gate, 700) == [photo]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_passes_so_that_its_reason_is_recorded(source: Source) -> None:
    photo = put(source, "a.jpg")
    photo.chmod(0)
    assert taken(offered(source, photo), 10) == [photo]


class Flickering(Source):
    """A source on a server that is away now and then."""

    is_away = False

    def sight(self, path: Path) -> Sighting | None:
        """What is there, if the server answers."""
        if self.is_away:
            raise OSError(116, "Stale file handle")
        return super().sight(path)


def test_a_file_that_cannot_be_examined_now_is_looked_at_later(source: Source) -> None:
    flickering = Flickering(source.root)
    photo = put(source, "a.jpg")
    gate = offered(flickering, photo)
    flickering.is_away = True
    assert taken(gate, 10) == taken(gate, 25) == []
    flickering.is_away = False
    assert taken(gate, 60) == [photo]


class Late(Source):
    """A source in which something happens between a look at a file's status and at its content."""

    def __init__(self, root: Path, happens: Callable[[Path], None]) -> None:
        super().__init__(root)
        self._happens = happens
        self.is_ready = False

    def sight(self, path: Path) -> Sighting | None:
        """What was there a moment ago."""
        seen = super().sight(path)
        if self.is_ready:
            self.is_ready = False
            self._happens(path)
        return seen


def replaced_by_a_pipe(photo: Path) -> None:
    photo.unlink()
    os.mkfifo(photo)


@pytest.mark.parametrize("happens", [Path.unlink, replaced_by_a_pipe])
def test_what_vanishes_at_the_last_moment_does_not_pass(source: Source, happens: Callable[[Path], None]) -> None:
    late = Late(source.root, happens)
    photo = put(source, "a.jpg")
    gate = offered(late, photo)
    late.is_ready = True
    assert taken(gate, 10) == []
    assert taken(gate, 100) == []
    assert len(gate) == 0


def test_what_is_written_at_the_last_moment_does_not_pass(source: Source) -> None:
    def written(path: Path) -> None:
        path.write_bytes(JPEG * 2)

    late = Late(source.root, written)
    photo = put(source, "a.jpg")
    gate = offered(late, photo)
    late.is_ready = True
    assert taken(gate, 10) == []
    assert taken(gate, 20) == [photo]


def test_where_a_folder_cannot_be_listed_nothing_is_held(source: Source) -> None:
    photo = put(source, "album/a.jpg")
    put(source, "album/a.jpg.part")
    gate = offered(source, photo)
    photo.parent.chmod(0o111)
    expected = [] if os.geteuid() == 0 else [photo]  # root may list everything
    assert taken(gate, 10) == expected
    photo.parent.chmod(0o755)


def test_pictures_of_unknown_format_pass_when_they_are_quiet(source: Source) -> None:
    photo = put(source, "a.jpg", b"these are words and no picture")
    assert taken(offered(source, photo), 10) == [photo]


def test_no_descriptor_stays_open(source: Source) -> None:
    photos = [put(source, f"{number}.jpg", JPEG[: number * 20]) for number in range(40)]
    gate = offered(source, *photos)
    held = Held()
    for now in (10.0, 20.0, 40.0, 3600.0):
        taken(gate, now)
    assert held.descriptors() == []


UTC = 1_700_000_000


def aged(source: Source, name: str, content: bytes, seconds: int) -> Path:
    path = put(source, name, content)
    os.utime(path, (UTC - seconds, UTC - seconds))
    return path


def test_a_damaged_file_that_nobody_has_written_for_long_is_judged_as_soon_as_it_is_quiet(source: Source) -> None:
    gate = offered(source, aged(source, "a.heic", HEIF[:-100], 3600), aged(source, "b.jpg", JPEG[:-2], 3600))
    assert list(gate.take(9.9, utc=UTC)) == []
    assert [settled.incomplete for settled in gate.take(10, utc=UTC)] == [True, False]


@pytest.mark.parametrize("seconds", [-86_400, 0, 3599])
def test_a_damaged_file_of_late_or_of_the_future_may_still_grow(source: Source, seconds: int) -> None:
    gate = offered(source, aged(source, "a.heic", HEIF[:-100], seconds), aged(source, "b.jpg", JPEG[:-2], seconds))
    assert list(gate.take(10, utc=UTC)) == []
    assert [settled.incomplete for settled in gate.take(3600, utc=UTC + 3600)] == [True, False]


def test_an_old_damaged_file_that_a_tool_is_about_to_replace_is_waited_for(source: Source) -> None:
    gate = offered(source, aged(source, "a.jpg", JPEG[:-100], 86_400))
    put(source, "a.jpg.part", b"x")
    assert list(gate.take(10, utc=UTC)) == []


@pytest.mark.parametrize("content", [b"", b"{}", b"\0" * 15])
def test_a_sidecar_may_be_as_short_as_it_likes(tmp_path: Path, content: bytes) -> None:
    source = Source(tmp_path, keep=Keep.COPY)
    gate = offered(source, put(source, "a.jpg.json", content))
    assert [settled.incomplete for settled in gate.take(10)] == [False]


@pytest.mark.parametrize("content", [b"read me", b"", b"#!/bin/sh\n" + b"echo 1\n" * 90, bytes(4000)])
def test_a_name_without_an_ending_is_no_photo_until_its_first_bytes_say_so(source: Source, content: bytes) -> None:
    anything = Source(source.root, endings=["jpg", ""])
    photos = [put(anything, name) for name in ("IMG_0001", "IMG_0002.")]
    gate = offered(anything, *photos, *(put(anything, name, content) for name in ("README", "notes.")))
    assert list(gate.take(10)) == [Settled(sighting(anything, photo)) for photo in photos]
    assert len(gate) == 0
    assert list(gate.take(10_000)) == []
