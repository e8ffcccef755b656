"""The pairs of folders of a daemon, and what is remembered of their outputs."""

import errno
import os
import shutil
from collections import Counter
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gpend.daemon.pairs import folder_pairs
from gpend.ledger import Decision, DecisionKind, Ledger, State
from gpend.settings import FolderSettings, Names
from tests.world import BLURRED, RESTORED, World, tree


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, knobs={"minimum_free_mb": 7})


def test_a_pair_is_as_the_settings_say_and_its_output_is_marked_once(world: World) -> None:
    with Ledger.open(world.settings.ledger, 1) as ledger:
        (pair,) = folder_pairs(world.settings, ledger, 1)
        (again,) = folder_pairs(world.settings, ledger, 2)
        assert (pair.root, pair.mirror.output, pair.minimum_free) == (world.source, world.output, 7 << 20)
        assert pair.identity == again.identity == ledger.folders()[0].output_identity
        assert pair.previous is None


def test_an_output_that_was_switched_is_remembered_while_it_is_there(world: World, tmp_path: Path) -> None:
    new = [FolderSettings(source=world.source, output=tmp_path / "new")]
    (tmp_path / "new").mkdir()
    world.put("a.jpg")
    world.once()  # what stands in the old output counts
    with Ledger.open(world.settings.ledger, 1) as ledger:
        world.knobs["folders"] = new
        (pair,) = folder_pairs(world.settings, ledger, 2)
        assert pair.previous is not None
        assert pair.previous.output == world.output
        world.output.rename(tmp_path / "away")
        assert folder_pairs(world.settings, ledger, 3)[0].previous is None


def test_names_are_given_as_the_settings_say(world: World) -> None:
    world.knobs["names"] = Names.PORTABLE
    with Ledger.open(world.settings.ledger, 1) as ledger:
        (pair,) = folder_pairs(world.settings, ledger, 1)
        assert pair.mirror.candidates(Path("12:30.jpg"), "")[0] == Path("12_30.jpg")


def elsewhere(world: World, source: Path, output: Path) -> World:
    """The world of a configuration that names other folders."""
    folders = [FolderSettings(source=source, output=output)]
    new = World(world.root, engine=world.engine, clock=world.clock, knobs=world.knobs | {"folders": folders})
    for place in (new.source, new.output):  # a world makes those of before anew
        if not any(place.iterdir()):
            place.rmdir()
    return new


@pytest.fixture
def used(world: World) -> World:
    """Four photos were restored; somebody deleted an output, changed another, and decided about a photo."""
    for name in ("a/1.jpg", "a/2.jpg", "3.jpg", "4.jpg"):
        world.put(name, BLURRED + name.encode())
    world.once()
    (world.output / "3.jpg").unlink()
    (world.output / "4.jpg").write_bytes(b"made brighter by somebody")
    world.ask(lambda ledger: ledger.decisions.note(Decision(world.source / "a/1.jpg", DecisionKind.LEAVE, 1)))
    world.engine.given = Counter()
    return world


@pytest.mark.parametrize("moved", ["source", "output", "both"])
@pytest.mark.parametrize("how", ["renamed", "copied to another disk"])
def test_of_folders_that_were_moved_together_with_the_configuration_everything_stays_known(
    used: World, tmp_path: Path, moved: str, how: str
) -> None:
    source, output = used.source, used.output
    if moved != "output":
        source = tmp_path / "new"
        if how == "renamed":
            used.source.rename(source)
        else:
            shutil.copytree(used.source, source, copy_function=shutil.copy)  # with other times
    if moved != "source":
        output = used.output.rename(tmp_path / "new-out")
    new = elsewhere(used, source, output)
    new.once()
    assert new.engine.given.total() == 0
    with Ledger.open(new.settings.ledger) as ledger:
        assert [(row.id, row.source, row.output) for row in ledger.folders()] == [(1, source, output)]
        rows = [ledger.photo(source / name) for name in ("a/1.jpg", "a/2.jpg", "3.jpg", "4.jpg")]
        assert [row.state for row in rows if row] == [State.RESTORED] * 4  # one had failed, for what stood in its place
        assert ledger.decisions.of(source / "a/1.jpg") is not None
    assert (output / "4.jpg").read_bytes() == b"made brighter by somebody"
    assert not (output / "3.jpg").exists()  # it was made again
    (source / "5.jpg").write_bytes(BLURRED + b"5")
    new.once()
    assert (output / "5.jpg").read_bytes() == RESTORED + b"5"


@pytest.mark.parametrize("inside", ["a/", ""])
def test_of_a_folder_that_is_a_part_of_another_one_now_everything_stays_known_and_in_its_place(
    world: World, inside: str
) -> None:
    (world.output / inside).mkdir(exist_ok=True)
    part = FolderSettings(source=world.source / "a", output=world.output / inside)
    for name in ("1.jpg", "2.jpg", "3.jpg", "4.jpg", "gone.jpg"):
        world.put(f"a/{name}", BLURRED + name.encode())
    world.knobs["folders"] = [part]
    world.once()
    (world.output / inside / "3.jpg").unlink()
    (world.output / inside / "4.jpg").write_bytes(b"made brighter by somebody")
    (world.source / "a/gone.jpg").unlink()
    world.ask(lambda ledger: ledger.decisions.note(Decision(world.source / "a/1.jpg", DecisionKind.LEAVE, 1)))
    world.once()
    before = world.outputs()
    world.put("new.jpg", BLURRED + b"new")
    world.put("a/new.jpg", BLURRED + b"another")
    world.knobs["folders"] = [FolderSettings(source=world.source, output=world.output)]
    world.engine.given = Counter()
    world.once()
    assert world.engine.given.keys() == {BLURRED + b"new", BLURRED + b"another"}  # all were made again
    assert world.outputs() == before | {"new.jpg": RESTORED + b"new", "a/new.jpg": RESTORED + b"another"}
    with Ledger.open(world.settings.ledger) as ledger:
        assert ledger.counts()[State.RESTORED] == 6
        assert ledger.counts()[State.GONE] == (0 if inside else 1)
        assert ledger.decisions.of(world.source / "a/1.jpg") is not None
    (world.source / "a/2.jpg").unlink()
    for _ in range(2):
        world.clock.pass_by(400)
        world.once()
    assert f"{inside}2.jpg" not in world.outputs()
    world.put("a/1.jpg", BLURRED + b"edited")
    world.ask(lambda ledger: ledger.decisions.note(Decision(world.source / "a/1.jpg", DecisionKind.AUTOMATIC, 2)))
    world.once()
    assert world.outputs()["a/1.jpg"] == RESTORED + b"edited"


def test_photos_that_were_in_two_folders_are_known_once_in_the_folder_around_both(world: World, tmp_path: Path) -> None:
    world.put("a/b/1.jpg")
    out, other = world.output, tmp_path / "other"
    for folder in (out / "a", other):
        folder.mkdir()
    both = [
        FolderSettings(source=world.source / "a", output=out / "a"),
        FolderSettings(source=world.source / "a/b", output=other),
    ]
    world.knobs["folders"] = both
    world.once()
    world.knobs["folders"] = [FolderSettings(source=world.source, output=out)]
    world.once()
    with Ledger.open(world.settings.ledger) as ledger:
        assert sum(ledger.counts().values()) == 1
    assert tree(out) == {"a/b/1.jpg": RESTORED}


def test_other_photos_for_the_same_output_are_another_folder(used: World, tmp_path: Path) -> None:
    source = tmp_path / "other"
    source.mkdir()
    (source / "1.jpg").write_bytes(BLURRED + b"another")
    new = elsewhere(used, source, used.output)
    new.once()
    with Ledger.open(new.settings.ledger) as ledger:
        assert [row.id for row in ledger.folders()] == [2]
        assert [row.brake for row in ledger.folders()] == [None]
    assert (used.output / "a/2.jpg").exists()


def test_other_photos_of_the_same_names_and_sizes_are_another_folder(used: World, tmp_path: Path) -> None:
    source = tmp_path / "other"
    shutil.copytree(used.source, source)
    for photo in (path for path in source.rglob("*") if path.is_file()):
        photo.write_bytes(photo.read_bytes()[::-1])
    (source / "a/2.jpg").unlink()
    new = elsewhere(used, source, used.output)
    new.once()
    with Ledger.open(new.settings.ledger) as ledger:
        assert [row.id for row in ledger.folders()] == [2]
    assert (used.output / "a/2.jpg").exists()  # it went to the trash


@pytest.mark.parametrize("stays", [True, False])
def test_a_part_of_the_photos_is_another_folder_while_all_of_them_stay(
    used: World, tmp_path: Path, *, stays: bool
) -> None:
    source = tmp_path / "part"
    shutil.copytree(used.source, source)
    (source / "a/2.jpg").unlink()
    if not stays:
        shutil.rmtree(used.source)
    new = elsewhere(used, source, used.output)
    new.once()
    with Ledger.open(new.settings.ledger) as ledger:
        assert [row.id for row in ledger.folders()] == [2 if stays else 1]
    assert (used.output / "a/2.jpg").exists() or not stays


def test_the_same_folder_under_another_name_stays_known_though_photos_were_deleted(used: World, tmp_path: Path) -> None:
    source = tmp_path / "link"
    source.symlink_to(used.source)
    (used.source / "a/2.jpg").unlink()
    with Ledger.open(used.settings.ledger, 1) as ledger:
        folder_pairs(elsewhere(used, source, used.output).settings, ledger, 2)
        assert [(row.id, row.source) for row in ledger.folders()] == [(1, source)]


def test_an_output_that_was_copied_while_the_one_before_stays_is_another_one(used: World, tmp_path: Path) -> None:
    output = tmp_path / "copied"
    shutil.copytree(used.output, output)
    with Ledger.open(used.settings.ledger, 1) as ledger:
        (pair,) = folder_pairs(elsewhere(used, used.source, output).settings, ledger, 2)
        assert pair.previous is not None
        assert pair.previous.output == used.output


@pytest.mark.parametrize("moved", ["output", "both"])
def test_what_a_backup_of_an_output_lacks_is_made_again_where_the_output_is_gone(
    used: World, tmp_path: Path, moved: str
) -> None:
    backup = tmp_path / "backup"
    shutil.copytree(used.output, backup)
    (backup / "a/2.jpg").unlink()  # written since, or not copied
    shutil.rmtree(used.output)
    source = used.source if moved == "output" else used.source.rename(tmp_path / "new")
    new = elsewhere(used, source, backup)
    with capture_logs() as logged:
        new.once()
    told = [line["output"] for line in logged if line["event"] == "folder_moved"]
    assert told == ([] if moved == "output" else [used.output])  # as the output was only switched
    made = {name: photo for name, photo in tree(backup).items() if name in ("3.jpg", "a/2.jpg")}
    assert made == {name: RESTORED + name.encode() for name in made}
    assert len(made) == 2  # they were taken for deleted, and lost
    assert (backup / "4.jpg").read_bytes() == b"made brighter by somebody"
    with Ledger.open(new.settings.ledger) as ledger:
        assert [(row.id, row.source, row.output) for row in ledger.folders()] == [(1, source, backup)]


@pytest.mark.parametrize("fault", [errno.ENOTCONN, errno.EACCES])
def test_an_output_of_before_that_cannot_be_looked_at_hinders_nothing(
    used: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: int
) -> None:
    output = tmp_path / "second"
    output.mkdir()
    new, stat = elsewhere(used, used.source, output), os.stat

    def refuse(
        asked: int | str | os.PathLike[str], *, dir_fd: int | None = None, follow_symlinks: bool = True
    ) -> os.stat_result:
        if asked == used.output:
            raise OSError(fault, os.strerror(fault), str(asked))
        return stat(asked, dir_fd=dir_fd, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(os, "stat", refuse)
    with Ledger.open(used.settings.ledger, 1) as ledger:
        (pair,) = folder_pairs(new.settings, ledger, 2)  # it ended with an unforeseen OSError
        assert (pair.mirror.output, pair.previous) == (output, None)


def test_a_folder_that_is_still_named_is_not_taken_for_moved(used: World, tmp_path: Path) -> None:
    source, output = tmp_path / "second", tmp_path / "second-out"
    shutil.copytree(used.source, source)
    output.mkdir()
    both = [FolderSettings(source=used.source, output=used.output), FolderSettings(source=source, output=output)]
    used.knobs["folders"] = both
    with Ledger.open(used.settings.ledger, 1) as ledger:
        folder_pairs(used.settings, ledger, 2)
        assert [(row.id, row.source) for row in ledger.folders()] == [(1, used.source), (2, source)]
