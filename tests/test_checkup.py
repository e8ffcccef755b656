"""What `gpend check` finds beforehand: a card that is not there, weights, hard links; and what lies in the folders."""

import errno
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gpend import checkup, wiring
from gpend.errors import ConfigurationError
from gpend.ledger import Ledger, State, migrating, version
from gpend.mirror import output_root
from gpend.settings import FolderSettings, Keep, RestoreSettings, Settings
from tests.world import BLURRED, SHARP, World


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for name in ("in/2020/@eaDir/x", "in/2020", "out", "state"):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
    for name in ("a.jpg", "b.NEF", "2020/c.jpg"):
        (tmp_path / "in" / name).write_bytes(b"x")
    folder = FolderSettings(source=tmp_path / "in", output=tmp_path / "out")
    return Settings(folders=(folder,), ledger=tmp_path / "state" / "ledger.sqlite")


def test_what_lies_in_a_folder_is_counted_and_what_is_passed_over_has_a_reason(settings: Settings) -> None:
    assert checkup.contents(settings.folders[0], settings) == [
        "2 photos",
        "passed over: RAW photos, which gpend does not read: 1",
        "passed over: folders with thumbnails of Synology: 1",
    ]


def test_a_link_to_a_folder_which_is_not_looked_through_is_named(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "disk2").mkdir()
    (tmp_path / "in/2023").symlink_to(tmp_path / "disk2")
    told = checkup.contents(settings.folders[0], settings)
    assert told[-1] == f"not looked through: {tmp_path / 'in/2023'}, which leads to {tmp_path / 'disk2'}"


def test_a_large_folder_is_looked_at_for_some_seconds_only(settings: Settings) -> None:
    assert checkup.contents(settings.folders[0], settings, seconds=-1)[0].startswith("1 photo at least")


def test_a_graphics_card_that_is_not_there_is_found(settings: Settings) -> None:
    wanted = settings.model_copy(update={"restore": RestoreSettings(device="cuda:7")})
    (problem,) = checkup.problems(wanted)
    assert "restore.device is cuda:7, but it cannot be used" in problem


def test_without_a_graphics_card_the_cpu_is_named_at_once(settings: Settings, tmp_path: Path) -> None:
    assert checkup.computing(settings, tmp_path) == ["Faces are restored on the CPU."]


@pytest.mark.parametrize("node", ["nvidia0", "dxg"])
def test_where_a_graphics_card_seems_to_be_it_is_told_what_was_chosen(
    settings: Settings, tmp_path: Path, node: str
) -> None:
    (tmp_path / node).touch()
    (told,) = checkup.computing(settings, tmp_path)
    assert "gpen-256" in told
    assert "at a time." in told


def test_a_folder_of_weights_that_is_not_there_is_found(settings: Settings, tmp_path: Path) -> None:
    wanted = settings.model_copy(update={"restore": RestoreSettings(weights=tmp_path / "none")})
    (problem,) = checkup.problems(wanted)
    assert f"there is no folder {tmp_path / 'none'}" in problem


def test_hard_links_on_one_disk_are_right_and_nothing_is_left_of_trying(settings: Settings, tmp_path: Path) -> None:
    assert checkup.problems(settings.model_copy(update={"keep": Keep.HARDLINK})) == []
    assert list((tmp_path / "out").iterdir()) == []


def test_hard_links_from_disk_to_disk_cannot_be_had(settings: Settings, tmp_path: Path) -> None:
    elsewhere = Path("/dev/shm")  # noqa: S108 - it is looked at only
    if not os.access(elsewhere, os.W_OK) or elsewhere.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no other disk here")
    folder = FolderSettings(source=elsewhere, output=tmp_path / "out")
    (problem,) = checkup.problems(settings.model_copy(update={"keep": Keep.HARDLINK, "folders": (folder,)}))
    assert "lie on different disks" in problem
    assert "`keep: copy`" in problem


def test_a_disk_without_hard_links_is_found(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_self: Path, _target: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    (problem,) = checkup.problems(settings.model_copy(update={"keep": Keep.HARDLINK}))
    assert "has no hard links" in problem


def test_another_folder_in_the_output_s_place_is_found_as_the_daemon_would_find_it(
    settings: Settings, tmp_path: Path
) -> None:
    folders = [(folder.source, folder.output) for folder in settings.folders]
    with Ledger.open(settings.ledger) as ledger:
        (row,) = ledger.sources.configure(folders, 1)
        ledger.sources.claim(row.id, output_root.claim(tmp_path / "out"))
    assert checkup.problems(settings) == []
    (tmp_path / "out").rename(tmp_path / "away")  # its disk is not mounted
    (tmp_path / "out").mkdir()
    (problem,) = checkup.problems(settings)
    assert problem.startswith(f"Another folder than before stands at {tmp_path / 'out'}. Is its disk mounted?")
    elsewhere = FolderSettings(source=tmp_path / "in", output=tmp_path / "elsewhere")
    elsewhere.output.mkdir()
    assert checkup.problems(settings.model_copy(update={"folders": (elsewhere,)})) == []  # a switch that is meant


def test_an_output_without_room_is_found(settings: Settings) -> None:
    (problem,) = checkup.problems(settings.model_copy(update={"minimum_free_mb": 1 << 50}))
    assert "is nearly full" in problem


def test_the_folder_that_systemd_makes_for_the_service_need_not_be_there(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = tmp_path / "in" / "a.jpg" / "gpend"
    at = settings.model_copy(update={"ledger": missing / "ledger.sqlite"})
    monkeypatch.setattr(wiring, "_STATE", missing)
    assert not any("The folder of the ledger" in problem for problem in wiring.problems(at))
    monkeypatch.undo()
    assert any("The folder of the ledger" in problem for problem in wiring.problems(at))


def test_the_state_folder_of_the_service_is_left_to_systemd_whoever_checks(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "_STATE", tmp_path / "state")
    monkeypatch.setattr(wiring, "_UNITS", (tmp_path / "gpend.service",))
    monkeypatch.setattr(os, "access", lambda place, mode: not mode or Path(place) != tmp_path / "state")
    assert any("The folder of the ledger" in problem for problem in wiring.problems(settings))
    (tmp_path / "gpend.service").touch()
    assert wiring.problems(settings) == []


def test_a_folder_named_as_the_ledger_is_told_with_the_file_that_may_be_meant(
    settings: Settings, tmp_path: Path
) -> None:
    (problem,) = wiring.problems(settings.model_copy(update={"ledger": tmp_path / "state"}))
    assert problem.endswith(f"is a folder. Name a file in it: `ledger: {tmp_path / 'state' / 'ledger.sqlite'}`.")


def test_the_ledger_of_another_program_or_of_a_newer_gpend_is_found(settings: Settings) -> None:
    Ledger.open(settings.ledger).close()
    assert wiring.problems(settings) == []
    with closing(sqlite3.connect(settings.ledger)) as connection:
        version.note(connection, migrating.VERSION + 1)
    (problem,) = wiring.problems(settings)
    assert "was written by a newer gpend" in problem
    settings.ledger.unlink()
    with closing(sqlite3.connect(settings.ledger)) as connection:
        connection.execute("CREATE TABLE albums (title TEXT)")
    (problem,) = wiring.problems(settings)
    assert "of another program: it holds albums" in problem


def test_who_cannot_make_the_folder_that_systemd_makes_is_told_of_a_place_of_their_own(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = settings.model_copy(update={"ledger": tmp_path / "lib" / "ledger.sqlite"})
    monkeypatch.setattr(wiring, "_STATE", at.ledger.parent)
    assert wiring.notes(at) == []  # this user can
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    (note,) = wiring.notes(at)
    assert "`ledger: ~/.local/state/gpend/ledger.sqlite`" in note
    assert wiring.notes(settings.model_copy(update={"ledger": tmp_path / "other" / "ledger.sqlite"})) == []


def test_a_ledger_where_this_user_may_not_look_is_told_as_that(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, stat = tmp_path / "closed", Path.stat
    closed.mkdir()

    def refuse(asked: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if closed in asked.parents:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(asked))
        return stat(asked, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", refuse)
    monkeypatch.setattr(os, "access", lambda asked, mode, **_: closed not in (*asked.parents, asked if mode else None))
    ledger = closed / "state" / "ledger.sqlite"
    (problem,) = wiring.problems(settings.model_copy(update={"ledger": ledger}))
    assert problem.startswith(f"The folder of the ledger, {ledger.parent}, cannot be written to by this user.")


@pytest.fixture
def read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose disk can only be read."""
    state, access, statvfs = tmp_path / "state", os.access, os.statvfs

    def told(asked: str | os.PathLike[str]) -> os.statvfs_result:
        fields = list(statvfs(asked))
        return os.statvfs_result([*fields[:8], os.ST_RDONLY if Path(asked) == state else 0, *fields[9:]])

    def may(asked: str | os.PathLike[str], mode: int, **_: bool) -> bool:
        return access(asked, mode) and (Path(asked) != state or not mode & os.W_OK)

    monkeypatch.setattr(os, "statvfs", told)
    monkeypatch.setattr(os, "access", may)
    return state


def test_a_ledger_whose_disk_can_only_be_read_is_told_as_that_and_a_start_waits_for_it(
    settings: Settings, read_only: Path
) -> None:
    settings.ledger.write_bytes(b"it was written to before")
    (problem,) = wiring.problems(settings)
    assert problem == (
        f"The ledger {settings.ledger} cannot be written, and gpend waits until it can. The disk of {read_only} can "
        "only be read. Make it writable again."
    )
    wiring.Reloader(settings).change(settings)  # as a start does, it refused, with the advice to name another place


@pytest.mark.parametrize("place", ["", "not/made/yet"])
def test_a_ledger_that_was_never_made_where_a_disk_can_only_be_read_is_refused(
    settings: Settings, read_only: Path, place: str
) -> None:
    other = settings.model_copy(update={"ledger": read_only / place / "ledger.sqlite"})
    (problem,) = wiring.problems(other)
    assert problem == (
        f"The ledger {other.ledger} cannot be made. The disk of {read_only} can only be read. Make it writable again. "
        f"A service has to name {read_only} as ReadWritePaths=."
    )
    with pytest.raises(ConfigurationError, match="cannot be made"):
        wiring.Reloader(settings).change(settings)


def test_a_folder_that_is_away_is_told_and_a_start_waits_for_it_if_it_is_known(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "in").rename(tmp_path / "away")
    (problem,) = wiring.problems(settings)
    assert "Is its disk mounted?" in problem
    with pytest.raises(ConfigurationError, match="Is its disk mounted"):
        wiring.Reloader(settings).change(settings)
    with Ledger.open(settings.ledger) as ledger:
        (row,) = ledger.sources.configure([(tmp_path / "in", tmp_path / "out")], 1)
        ledger.sources.claim(row.id, "this one")
        wiring.Reloader(settings).change(settings)
    assert wiring.problems(settings) == [problem]


def test_what_root_left_beside_the_ledger_is_found(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "state" / "ledger.sqlite.lock"
    lock.touch()
    assert wiring.problems(settings) == []
    monkeypatch.setattr(os, "access", lambda place, _mode, **_: Path(place) != lock)
    (problem,) = wiring.problems(settings)
    assert problem.startswith(f"The ledger {settings.ledger} cannot be used by this user. ")
    assert f"may not write to {lock}" in problem


def test_a_library_that_will_be_copied_is_told_with_its_size(tmp_path: Path) -> None:
    source, output = tmp_path / "photos", Path("/dev/shm")  # noqa: S108  # another file system, where nothing is written
    source.mkdir()
    (source / "film.mkv").write_bytes(bytes(1 << 20))
    if not output.is_dir() or output.stat().st_dev == source.stat().st_dev:
        pytest.skip("there is no other file system here")
    folder = FolderSettings(source=source, output=output)
    settings = Settings(folders=(folder,), keep=Keep.LIBRARY)
    files, copied, films = checkup.contents(folder, settings)
    assert (files, films) == ("1 file", "mirrored as they are: films: 1")
    assert copied.startswith("is copied, 0.0 GiB, with ")
    assert "lie on different disks" in copied


@pytest.fixture
def after_another(tmp_path: Path) -> World:
    """A source that is to have the output of another one, of which it holds some photos, and some of the same names."""
    world = World(tmp_path)
    for number in range(6):
        world.put(f"{number}.jpg", BLURRED + b"%d" % number)
    world.put("sharp.jpg", SHARP)
    world.once()
    other = tmp_path / "other"
    other.mkdir()
    for number in range(4):  # two are copies, and two are other photos
        (other / f"{number}.jpg").write_bytes(BLURRED + b"%d" % number + b"!" * (number // 2))
    (other / "sharp.jpg").write_bytes(SHARP + b"!")  # of the same name, but that has no output
    world.knobs["folders"] = [FolderSettings(source=other, output=world.output)]
    return world


def names_taken(world: World) -> list[str]:
    return checkup.names_taken(world.settings.folders[0], world.settings)


def test_what_would_find_its_name_taken_by_another_source_is_told_beforehand_with_its_count(
    after_another: World,
) -> None:
    (told,) = names_taken(after_another)
    assert told == (
        f"names taken by outputs of {after_another.source}, which this configuration does not name: 2 of 6. They stay, "
        "and other photos of these names are set aside if they need an output. Name another output folder for one of "
        "the two sources, or move those outputs away."
    )
    after_another.once()  # and so it is
    with Ledger.read_only(after_another.settings.ledger) as records:
        assert records.counts()[State.FAILED] == 2
    assert len(names_taken(after_another)) == 1


def test_of_many_outputs_a_few_are_looked_at(after_another: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup, "_LOOKED_FOR", 5)
    (told,) = names_taken(after_another)
    assert " of 5 that were looked at, of 6. " in told


def test_of_an_output_that_is_called_otherwise_by_now_it_is_told_too_and_not_of_a_copy(after_another: World) -> None:
    new = after_another.root / "new"
    after_another.output.rename(new)
    after_another.knobs["folders"] = [FolderSettings(source=after_another.root / "other", output=new)]
    output_root_was = after_another.root / "restored"
    assert len(checkup.names_taken(after_another.settings.folders[0], after_another.settings)) == 1
    output_root_was.mkdir(exist_ok=True)
    assert checkup.names_taken(after_another.settings.folders[0], after_another.settings) == []


@pytest.mark.parametrize("what", ["both named", "moved away", "deleted", "no ledger", "as it was"])
def test_nothing_is_told_where_no_name_would_be_taken(after_another: World, what: str, tmp_path: Path) -> None:
    world = after_another
    here = FolderSettings(source=world.source, output=world.output)
    if what == "both named":  # they exchange what they have
        world.knobs["folders"].append(FolderSettings(source=world.source, output=tmp_path / "new"))
    elif what == "moved away":
        world.output.rename(tmp_path / "new")
        world.output.mkdir()
    elif what == "deleted":
        for number in (2, 3):
            (world.source / f"{number}.jpg").unlink()
        world.knobs["folders"], wanted = [here], world.knobs["folders"]
        for _ in range(2):
            world.once()
            world.clock.pass_by(86_400)
        world.knobs["folders"] = wanted
    elif what == "no ledger":
        world.settings.ledger.unlink()
    else:
        world.knobs["folders"] = [here]
    assert names_taken(world) == []
