"""`keep: library`: everything of the source appears in the output, and follows the same rules as photos do."""

import errno
import os
from pathlib import Path

import pytest

from gpend import words
from gpend.intake import reading
from gpend.ledger import Ledger, State
from gpend.mirror import output_root, staging
from gpend.settings import FolderSettings, Keep
from tests.world import BLURRED, RESTORED, SHARP, World


def film(picture: bytes) -> bytes:
    """A whole film."""
    return b"".join(
        (len(content) + 8).to_bytes(4, "big") + kind + content
        for kind, content in ((b"ftyp", b"mp42\0\0\0\0mp42isom"), (b"moov", b"seconds: 3"), (b"mdat", picture))
    )


FILM = film(b"a film that is rather long, as films are")
RAW = b"II*\0 a negative that gpend does not read, from a camera"
NOTE = b"x"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, knobs={"keep": Keep.LIBRARY})


@pytest.fixture
def no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.link

    def link(
        source: Path, name: Path, *, dst_dir_fd: int | None = None, src_dir_fd: int | None = None, **how: bool
    ) -> None:
        if src_dir_fd is None and dst_dir_fd is not None:  # from among the photos, and not within the output
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        real(source, name, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd, **how)

    monkeypatch.setattr(os, "link", link)


@pytest.fixture
def _no_clones(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system copies nothing by itself."""

    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(os, "copy_file_range", refuse)


@pytest.fixture(params=["linked", "copied"])
def either(request: pytest.FixtureRequest, world: World) -> World:
    """The world with hard links, and the one without."""
    if request.param == "copied":
        request.getfixturevalue("no_links")
    return world


def trash(name: str) -> str:
    return f".gpend-trash/2023-11-14/{name}"


def test_everything_of_the_users_appears_in_the_output(either: World) -> None:
    for name in ("2024/a.mp4", "2024/b.NEF", "c.gif", "d.txt", "e.xmp"):
        either.put(name, FILM)
    either.put("no-ending", b"a text, and not a short one")
    either.put("empty.txt", b"")
    either.put("short.txt", NOTE)
    either.put("2024/blurred.jpg")
    either.put("2024/sharp.jpg", SHARP)
    assert words.tally_text(either.once()).endswith(", 8 other files mirrored.")
    assert either.outputs() == either.sources() | {"2024/blurred.jpg": RESTORED}
    assert either.row("2024/a.mp4").reason == "it is no photo; it is mirrored as it is"
    with Ledger.read_only(either.settings.ledger) as records:
        counts = records.counts()
    assert (counts[State.RESTORED], counts[State.KEPT]) == (1, 1), "what is no photo is not counted as one"


def test_a_name_without_an_ending_is_a_photo_or_is_mirrored_as_it_is(either: World) -> None:
    either.put("README", b"a text, and not a short one")
    either.put("notes.", b"a text, and not a short one, whose name ends with a dot")
    either.put("empty", b"")
    either.put("12345", b"\xff\xd8\xff a photo, blurred, as large as this \xff\xd9")
    either.once()
    assert set(either.outputs()) == {"README", "notes.", "empty", "12345.jpg"}
    assert [either.row(name).is_sidecar for name in ("README", "notes.", "empty", "12345")] == [True] * 3 + [False]
    either.once()
    assert either.row("README").state is State.KEPT


def test_what_can_be_linked_takes_no_room(world: World) -> None:
    clip, photo = world.put("a.mp4", FILM), world.put("a.jpg", SHARP)
    world.once()
    assert (world.output / "a.mp4").samefile(clip)
    assert (world.output / "a.jpg").samefile(photo)


CONTENTS = pytest.mark.parametrize(("name", "content"), [("a.mp4", FILM), ("a.jpg", SHARP)], ids=["film", "photo"])


def replace_with_copy(file: Path) -> None:
    """What programs do that synchronise, or restore from a backup: another file of the same bytes takes the place."""
    copy = file.with_name(".copy")
    copy.write_bytes(file.read_bytes())
    copy.replace(file)


@CONTENTS
def test_a_file_that_was_replaced_with_a_copy_of_itself_is_linked_again(
    name: str, content: bytes, world: World
) -> None:
    file = world.put(name, content)
    world.once()
    replace_with_copy(file)
    world.once()
    assert (world.output / name).samefile(file)
    assert (file.stat().st_nlink, world.row(name).state) == (2, State.KEPT)


@CONTENTS
def test_an_output_does_not_change_with_another_file_that_its_own_was_a_link_of(
    name: str, content: bytes, world: World
) -> None:
    other, file = world.put(f"first {name}", content), world.source / name
    file.hardlink_to(other)
    world.once()
    replace_with_copy(file)
    world.once()
    other.write_bytes(content[:-9] + b"an edit" + content[-2:])
    world.once()
    assert world.outputs() == world.sources()
    assert (world.output / name).samefile(file)


@CONTENTS
def test_a_file_that_was_moved_aside_and_copied_back_has_a_link_of_its_own(
    name: str, content: bytes, world: World
) -> None:
    file, aside = world.put(name, content), world.source / f"before {name}"
    world.once()
    file.rename(aside)
    file.write_bytes(content)
    world.once()
    assert (world.output / name).samefile(file)
    assert (world.output / aside.name).samefile(aside)


@CONTENTS
def test_a_file_that_was_moved_as_a_copy_or_is_back_from_a_trash_is_linked_again(
    name: str, content: bytes, world: World
) -> None:
    file, elsewhere = world.put(name, content), world.source / "2024" / name
    world.put("other.txt", NOTE)
    world.once()
    elsewhere.parent.mkdir()
    elsewhere.write_bytes(content)
    file.unlink()
    world.once()
    assert (world.output / "2024" / name).samefile(elsewhere)
    elsewhere.unlink()
    world.once()
    assert world.outputs() == {trash(f"2024/{name}"): content, "other.txt": NOTE}
    elsewhere.write_bytes(content)
    world.once()
    assert (world.output / "2024" / name).samefile(elsewhere)
    assert elsewhere.stat().st_nlink == 2


@CONTENTS
@pytest.mark.usefixtures("no_links")
def test_where_no_link_is_to_be_had_a_copy_stays_when_its_file_was_replaced_with_a_copy(
    name: str, content: bytes, world: World
) -> None:
    file = world.put(name, content)
    world.once()
    before = (world.output / name).stat().st_ino
    replace_with_copy(file)
    world.once()
    assert (world.output / name).stat().st_ino == before
    assert world.outputs() == {name: content}


@pytest.mark.usefixtures("no_links")
def test_a_copy_looks_like_its_file(world: World) -> None:
    clip = world.put("a.mp4", FILM)
    clip.chmod(0o640)
    os.utime(clip, ns=(10**18, 10**18))
    world.once()
    copy = (world.output / "a.mp4").stat()
    assert (copy.st_mtime_ns, copy.st_mode) == (10**18, clip.stat().st_mode)
    assert copy.st_ino != clip.stat().st_ino


@pytest.mark.parametrize(
    "name",
    [
        "@eaDir/a.mp4/SYNOVIDEO.mp4",
        "#recycle/a.mp4",
        ".stversions/a.mp4",
        ".hidden",
        "Thumbs.db",
        "desktop.ini",
        "film.mp4.part",
        "film.mp4.crdownload",
        ".syncthing.film.mp4.tmp",
        "~syncthing~film.mp4.tmp",
        "film.mp4.1f2e3d4c.partial",
        ".film.mp4.Ab3dE9",
    ],
)
def test_what_is_nobodys_own_is_never_mirrored(world: World, name: str) -> None:
    world.put(name, FILM)
    world.put("a.jpg", SHARP)
    world.once()
    assert set(world.outputs()) == {"a.jpg"}


def test_a_deleted_file_goes_to_the_trash_and_comes_back(either: World) -> None:
    clip = either.put("a.mp4", FILM)
    either.put("a.jpg", SHARP)
    either.once()
    clip.unlink()
    either.once()
    assert either.outputs() == {"a.jpg": SHARP, trash("a.mp4"): FILM}
    either.put("a.mp4", FILM)
    either.once()
    assert either.outputs()["a.mp4"] == FILM


def test_a_moved_file_is_moved_and_not_copied_again(either: World) -> None:
    clip = either.put("a.mp4", FILM)
    either.put("a.jpg", SHARP)
    either.once()
    inode = (either.output / "a.mp4").stat().st_ino
    (either.source / "2024").mkdir()
    clip.rename(either.source / "2024" / "b.mp4")
    either.once()
    assert set(either.outputs()) == {"a.jpg", "2024/b.mp4"}
    assert (either.output / "2024" / "b.mp4").stat().st_ino == inode


def test_an_edited_file_is_mirrored_again(either: World) -> None:
    clip = either.put("a.mp4", FILM)
    either.once()
    fresh = clip.with_name("fresh")
    fresh.write_bytes(film(b"longer now, as it was cut afresh"))
    fresh.replace(clip)
    either.once()
    assert either.outputs() == {"a.mp4": film(b"longer now, as it was cut afresh")}


def test_two_files_of_the_same_content_are_two_in_the_output(either: World) -> None:
    either.put("a.mp4", FILM)
    either.put("b.mp4", FILM)
    either.once()
    assert set(either.outputs()) == {"a.mp4", "b.mp4"}


def test_what_somebody_put_into_the_output_is_never_replaced(either: World) -> None:
    (either.output / "a.mp4").write_bytes(b"somebody's own film")
    either.put("a.mp4", FILM)
    either.once()
    assert either.outputs() == {"a.mp4": b"somebody's own film"}
    assert either.row("a.mp4").state is State.FAILED


@pytest.mark.usefixtures("no_links")
def test_what_somebody_changed_in_the_output_stays_so(world: World) -> None:
    clip = world.put("a.mp4", FILM)
    world.put("a.jpg", SHARP)
    world.once()
    (world.output / "a.mp4").write_bytes(b"cut by hand, which took an evening")
    clip.unlink()
    world.once()
    assert world.outputs()["a.mp4"] == b"cut by hand, which took an evening"


def test_the_brake_counts_files_as_it_counts_photos(either: World) -> None:
    either.knobs["brake"] = {"photos": 3, "percent": 5}
    films = [either.put(f"{number}.mp4", film(b"film %d" % number)) for number in range(10)]
    either.put("a.jpg", SHARP)
    either.once()
    for clip in films:
        clip.unlink()
    either.once()
    assert len([name for name in either.outputs() if name.endswith(".mp4") and not name.startswith(".")]) == 10
    with Ledger.read_only(either.settings.ledger) as records:
        (folder,) = records.folders()
    assert folder.brake is not None


def test_a_lost_ledger_is_filled_without_copying_anything_again(either: World, monkeypatch: pytest.MonkeyPatch) -> None:
    either.put("a.mp4", FILM)
    either.put("2024/b.NEF", RAW)
    either.once()
    before = {path: (either.output / path).stat().st_ino for path in either.outputs()}
    for file in either.settings.ledger.parent.glob("ledger.sqlite*"):
        file.unlink()

    def refuse(*_: object) -> None:
        pytest.fail("it was copied again")

    monkeypatch.setattr(staging, "_copy", refuse)
    monkeypatch.setattr(staging, "_clone", refuse)
    either.once()
    assert {path: (either.output / path).stat().st_ino for path in either.outputs()} == before
    assert either.row("a.mp4").state is State.KEPT


@pytest.mark.usefixtures("no_links")
def test_a_large_file_is_copied_a_slice_at_a_time_and_photos_go_on_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "SLICE", 1 << 20)
    monkeypatch.setattr("gpend.dispatch.companions.SLICE", 1 << 20)
    monkeypatch.setattr(reading, "SLICE", 1 << 20)
    content = film(os.urandom(8 << 20))
    world.put("a.mp4", content)
    world.put("b.jpg")
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        loop = world.loop(ledger)
        loop.begin(None, crashed=False)
        for _ in range(60):
            loop.step()
            world.clock.pass_by(1.0)
            if (world.output / "b.jpg").exists():
                break
        assert not (world.output / "a.mp4").exists()
        loop.end()
    assert set(world.outputs()) == {"b.jpg"}, "what was under way when gpend ended leaves nothing behind"
    world.once()
    assert world.outputs() == {"a.mp4": content, "b.jpg": RESTORED}


@pytest.mark.usefixtures("no_links")
def test_a_file_that_changes_while_it_is_copied_is_copied_afresh(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = world.put("a.mp4", FILM)
    done = staging._clone  # noqa: SLF001 - a film is cut at just this moment
    changes = [film(b"the first cut"), film(b"the second cut")]

    def clone(source: int, target: int, offset: int, size: int) -> int:
        if changes:
            clip.write_bytes(changes.pop())
        return done(source, target, offset, size)

    monkeypatch.setattr(staging, "_clone", clone)
    world.once()
    world.once()
    world.once()
    assert world.outputs() == {"a.mp4": film(b"the first cut")}


@pytest.mark.usefixtures("no_links", "_no_clones")
def test_where_the_system_cannot_copy_gpend_reads_and_writes(world: World) -> None:
    content = film(os.urandom(3 << 20))
    world.put("a.mp4", content)
    world.once()
    assert world.outputs() == {"a.mp4": content}


def test_a_photo_too_large_for_the_memory_is_mirrored_as_it_is(either: World) -> None:
    either.knobs["memory_mb"] = 64
    either.put("a.jpg", SHARP + b"!" * (65 << 20))
    either.once()
    assert either.row("a.jpg").state is State.FAILED
    assert (either.output / "a.jpg").stat().st_size == len(SHARP) + (65 << 20)


def test_a_photo_without_an_end_is_mirrored_as_it_is(either: World) -> None:
    either.put("a.jpg", b"a photo, truncated, as large as this")
    either.once()
    assert either.row("a.jpg").state is State.INCOMPLETE
    assert set(either.outputs()) == {"a.jpg"}


def test_a_photo_that_is_set_aside_is_mirrored_as_it_is(either: World) -> None:
    photo = b"a photo, broken, as large as this"
    path = either.put("a.jpg", photo)
    either.once()
    assert either.row("a.jpg").state is State.FAILED
    assert either.outputs() == {"a.jpg": photo}
    either.once()
    path.unlink()
    either.put("b.jpg", SHARP)
    either.once()
    assert set(either.outputs()) == {"b.jpg", trash("a.jpg")}


def test_a_set_aside_photo_that_can_be_restored_later_takes_the_place_of_its_copy(either: World) -> None:
    path = either.put("a.jpg", b"a photo, broken, as large as this")
    either.once()
    fresh = path.with_name("fresh")
    fresh.write_bytes(BLURRED)
    fresh.replace(path)
    either.once()
    assert either.outputs() == {"a.jpg": RESTORED}


def test_what_becomes_a_photo_as_the_settings_change_is_looked_at(either: World) -> None:
    folder = FolderSettings(source=either.source, output=either.output, endings=("png",))
    either.knobs["folders"] = (folder,)
    either.put("a.jpg")
    either.once()
    assert either.outputs() == {"a.jpg": BLURRED}
    either.knobs["folders"] = (folder.model_copy(update={"endings": ("png", "jpg")}),)
    either.once()
    assert either.outputs() == {"a.jpg": RESTORED}
    assert either.sources() == {"a.jpg": BLURRED}


def test_a_film_that_is_still_being_copied_waits(world: World) -> None:
    world.put("a.mp4", FILM[:-5])
    world.once()
    assert world.outputs() == {}


def test_switching_from_a_library_to_copies_leaves_what_was_mirrored(either: World) -> None:
    either.put("a.mp4", FILM)
    either.put("a.jpg", SHARP)
    either.once()
    either.knobs["keep"] = Keep.COPY
    either.once()
    assert set(either.outputs()) == {"a.mp4", "a.jpg"}
    either.knobs["keep"] = Keep.LIBRARY
    either.once()
    assert set(either.outputs()) == {"a.mp4", "a.jpg"}


def test_a_raw_file_without_an_end_is_mirrored_as_it_is_when_it_does_not_grow(world: World) -> None:
    os.utime(world.put("a.nef", RAW), (0, 0))
    world.put("b.jpg", BLURRED)
    world.once()
    assert world.outputs() == {"a.nef": RAW, "b.jpg": RESTORED}


@pytest.mark.usefixtures("no_links", "_no_clones")
def test_a_disk_that_takes_a_part_at_a_time_gets_the_whole_file(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda file, data, offset: real(file, data[:100_000], offset))
    content = film(os.urandom(3 << 20))
    world.put("a.mp4", content)
    world.once()
    assert world.outputs() == {"a.mp4": content}


@pytest.mark.usefixtures("no_links", "_no_clones")
def test_a_copy_that_is_not_whole_never_gets_its_name(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "pwrite", lambda _file, data, _offset: len(data))  # a disk that says more than it did
    world.put("a.mp4", FILM)
    world.once()
    assert world.outputs() == {}
    assert world.row("a.mp4").state is State.WAITING


@pytest.mark.usefixtures("no_links")
def test_a_file_for_which_there_is_no_room_is_not_begun(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.knobs["minimum_free_mb"] = 1
    monkeypatch.setattr(output_root, "free", lambda _root: (1 << 20) + len(FILM) - 1)
    monkeypatch.setattr(staging, "_copy", None)
    monkeypatch.setattr(staging, "_clone", None)
    world.put("a.mp4", FILM)
    world.once()
    assert (world.outputs(), world.row("a.mp4").state) == ({}, State.WAITING)


def test_a_file_that_can_be_linked_needs_no_room(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.knobs["minimum_free_mb"] = 1
    monkeypatch.setattr(output_root, "free", lambda _root: 1 << 20)
    world.put("a.mp4", FILM)
    world.once()
    assert world.outputs() == {"a.mp4": FILM}


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EINVAL, errno.EACCES])
def test_however_a_disk_says_that_it_has_no_links_files_are_copied(
    world: World, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "link", refuse)
    world.put("a.mp4", FILM)
    world.once()
    assert world.outputs() == {"a.mp4": FILM}


@pytest.mark.usefixtures("no_links")
def test_a_lost_ledger_finds_copies_by_the_names_that_they_were_given(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.knobs["names"] = "portable"
    world.put("12:30.mp4", FILM)
    world.once()
    world.settings.ledger.unlink()
    monkeypatch.setattr(staging, "_copy", None)
    monkeypatch.setattr(staging, "_clone", None)
    world.once()
    assert world.outputs() == {"12_30.mp4": FILM}
    assert world.row("12:30.mp4").state is State.KEPT
