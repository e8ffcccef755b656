"""gpend is killed at any step of a photo, which is gone or another when it goes on: no output is left astray."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gpend import failpoints
from gpend.intake.reading import OWN_ATTRIBUTE
from gpend.ledger import Result, State
from gpend.settings import FolderSettings, OnDelete
from tests.machine import pictures
from tests.machine.house import House
from tests.machine.power import PowerCutError
from tests.world import BLURRED, World, tree

PHOTO, EDITED, SHARP = (
    pictures.picture(number, kind) for number, kind in enumerate(("blurred", "blurred", "sharp"), 1)
)
RESTORED, EDITED_RESTORED = pictures.restored(PHOTO), pictures.restored(EDITED)
TRASH = ".gpend-trash/2023-11-14/"
STEPS = range(4, 22)  # from before the photo is read, to after the last word in the ledger
at_every_step = pytest.mark.parametrize("steps", STEPS)


@pytest.fixture
def house(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[House]:
    found = House(tmp_path, on_delete=getattr(request, "param", OnDelete.TRASH))
    (found.source / "stays.jpg").write_bytes(pictures.picture(9, "sharp"))
    found.come_to_rest()
    yield found
    found.close()


@pytest.fixture
def attributes(tmp_path: Path) -> None:
    """For what only an extended attribute can prove: skips where the file system has none."""
    try:
        os.setxattr(tmp_path, OWN_ATTRIBUTE, b"1")
    except OSError:
        pytest.skip("this file system has no extended attributes")


def put(house: House, name: str, photo: bytes, minute: int = 1) -> Path:
    path = house.source / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(photo)
    os.utime(path, (minute * 60, minute * 60))
    return path


def killed_over(house: House, photo: Path, steps: int) -> dict[str, bytes]:
    """Begin with a photo that is new or has changed, and be killed after so many steps; what stands in the output."""
    house.hint(photo, is_whole=True)
    house.kill(steps)
    return outputs(house)


def outputs(house: House) -> dict[str, bytes]:
    return {name: photo for name, photo in tree(house.output).items() if "/.gpend-" not in f"/{Path(name).name}"}


def come_to_rest(house: House) -> None:
    house.hint()
    house.live(30)
    house.come_to_rest()


def move(photo: Path, folder: str) -> Path:
    """As a person does, with all that is in its folder."""
    photo.parent.rename(photo.parent.with_name(folder))
    return photo.parent.with_name(folder) / photo.name


@pytest.mark.usefixtures("attributes")
@pytest.mark.parametrize("house", OnDelete, indirect=True)
@at_every_step
def test_the_output_of_a_photo_deleted_then_goes_as_every_output_of_a_deleted_photo(house: House, steps: int) -> None:
    photo = put(house, "a/1.jpg", PHOTO)
    stood = killed_over(house, photo, steps)
    photo.unlink()
    come_to_rest(house)
    after = {OnDelete.TRASH: {f"{TRASH}a/1.jpg": RESTORED}, OnDelete.KEEP: {"a/1.jpg": RESTORED}, OnDelete.DELETE: {}}
    assert outputs(house) == (after[house.settings.on_delete] if stood else {})


@pytest.mark.usefixtures("attributes")
@pytest.mark.parametrize("house", OnDelete, indirect=True)
@at_every_step
def test_the_output_of_a_photo_moved_then_follows_it_and_is_not_made_again(house: House, steps: int) -> None:
    photo = put(house, "a/1.jpg", PHOTO)
    stood = killed_over(house, photo, steps)
    made = house.made[PHOTO]
    move(photo, "c")
    come_to_rest(house)
    assert outputs(house) == {"c/1.jpg": RESTORED}
    assert house.made[PHOTO] == (1 if stood else made + 1)


@pytest.mark.usefixtures("attributes")
@at_every_step
def test_a_photo_that_needs_nothing_and_takes_the_name_then_has_no_output(house: House, steps: int) -> None:
    stood = killed_over(house, put(house, "a/1.jpg", PHOTO), steps)
    put(house, "a/1.jpg", SHARP, minute=2)
    come_to_rest(house)
    assert outputs(house) == ({f"{TRASH}a/1.jpg": RESTORED} if stood else {})


@pytest.mark.usefixtures("attributes")
@at_every_step
def test_an_edited_photo_deleted_then_leaves_neither_its_earlier_output_nor_its_last(house: House, steps: int) -> None:
    put(house, "a/1.jpg", PHOTO)
    come_to_rest(house)
    photo = put(house, "a/1.jpg", EDITED, minute=2)
    stood = killed_over(house, photo, steps)
    photo.unlink()
    come_to_rest(house)
    assert outputs(house) == {f"{TRASH}a/1.jpg": stood["a/1.jpg"]}


@pytest.mark.usefixtures("attributes")
@at_every_step
def test_an_edited_photo_moved_then_has_its_last_output_and_no_other_stands(house: House, steps: int) -> None:
    put(house, "a/1.jpg", PHOTO)
    come_to_rest(house)
    photo = put(house, "a/1.jpg", EDITED, minute=2)
    stood = killed_over(house, photo, steps)
    move(photo, "c")
    come_to_rest(house)
    trashed = {} if stood["a/1.jpg"] == EDITED_RESTORED else {f"{TRASH}a/1.jpg": RESTORED}
    assert outputs(house) == {"c/1.jpg": EDITED_RESTORED} | trashed


@pytest.mark.usefixtures("attributes")
@at_every_step
def test_of_a_photo_back_from_its_deletion_and_deleted_again_nothing_stands(house: House, steps: int) -> None:
    put(house, "a/1.jpg", PHOTO)
    come_to_rest(house)
    (house.source / "a/1.jpg").unlink()
    come_to_rest(house)
    photo = put(house, "a/1.jpg", EDITED, minute=2)
    stood = killed_over(house, photo, steps)
    photo.unlink()
    come_to_rest(house)
    assert set(outputs(house)) == {f"{TRASH}a/1.jpg"} | ({f"{TRASH[:-1]}.2/a/1.jpg"} if "a/1.jpg" in stood else set())


@pytest.mark.usefixtures("attributes")
@at_every_step
def test_an_output_on_its_way_to_a_new_name_follows_a_photo_that_moves_on(house: House, steps: int) -> None:
    photo = put(house, "a/1.jpg", PHOTO)
    come_to_rest(house)
    moved = move(photo, "b")
    killed_over(house, moved, steps)
    move(moved, "c")
    come_to_rest(house)
    assert {name: photo for name, photo in outputs(house).items() if not name.startswith(TRASH)} == {
        "c/1.jpg": RESTORED
    }
    assert house.made[PHOTO] == 1


@pytest.mark.parametrize("steps", range(12))
@pytest.mark.parametrize("name", ["a/1.jpg", "c/2.jpg"])
def test_a_photo_that_comes_back_takes_its_output_out_of_the_trash_where_only_its_file_says_that_it_is(
    house: House, steps: int, name: str
) -> None:
    photo = put(house, "a/1.jpg", PHOTO)
    come_to_rest(house)
    photo.unlink()
    house.hint()
    house.turn(4)
    house.clock.pass_by(20)
    house.kill(steps)
    put(house, name, PHOTO)
    come_to_rest(house)
    assert outputs(house)[name] == RESTORED
    assert house.made[PHOTO] == 1


@pytest.mark.parametrize("steps", range(12))
def test_what_went_into_the_trash_before_gpend_could_say_so_is_on_record_afterwards(house: House, steps: int) -> None:
    photo = put(house, "a/1.jpg", PHOTO)
    come_to_rest(house)
    photo.unlink()
    house.hint()
    house.turn(4)
    house.clock.pass_by(20)
    house.kill(steps)
    come_to_rest(house)
    assert outputs(house) == {f"{TRASH}a/1.jpg": RESTORED}
    row = house.ledger.photo(photo)
    assert row is not None
    assert row.written is not None
    assert row.written.path == Path(f"{TRASH}a/1.jpg")


@pytest.mark.usefixtures("attributes")
@at_every_step
def test_a_copy_whose_model_is_deleted_while_its_output_is_on_its_way_has_its_output(house: House, steps: int) -> None:
    photo = put(house, "a/1.jpg", PHOTO)
    come_to_rest(house)
    killed_over(house, put(house, "c/1.jpg", PHOTO), steps)
    photo.unlink()
    come_to_rest(house)
    standing = outputs(house)
    assert standing.pop("c/1.jpg") == RESTORED
    assert set(standing) <= {f"{TRASH}a/1.jpg"}
    assert house.ledger.counts()[State.FAILED] == 0
    assert house.made[PHOTO] == 1


@pytest.mark.usefixtures("attributes")
@at_every_step
def test_the_output_of_a_photo_set_aside_then_goes_with_it_as_well(house: House, steps: int) -> None:
    photo = put(house, "a/1.jpg", PHOTO)
    killed_over(house, photo, steps)
    row = house.ledger.photo(photo)
    if row is not None and row.state is State.WAITING:
        house.ledger.photos.finish(row.id, Result(State.FAILED, "it was worked on too often", None, row.fingerprint), 0)
    come_to_rest(house)
    photo.unlink()
    come_to_rest(house)
    assert set(outputs(house)) <= {f"{TRASH}a/1.jpg"}


@pytest.mark.parametrize(
    ("harm", "is_lost"),
    [
        (lambda output: output.write_bytes(b"the user's own"), True),
        (lambda output: os.removexattr(output, OWN_ATTRIBUTE), False),
        (lambda output: os.utime(output, (0, 0)), False),
    ],
    ids=["edited", "attribute lost", "touched"],
)
@pytest.mark.usefixtures("attributes")
@pytest.mark.parametrize("house", [OnDelete.DELETE], indirect=True)
@at_every_step
def test_what_is_not_for_certain_the_output_of_that_photo_is_left_alone(
    house: House,
    steps: int,
    harm: Callable[[Path], object],
    is_lost: bool,  # noqa: FBT001  # a parameter: not even what is on record is the output then
) -> None:
    photo, output = put(house, "a/1.jpg", PHOTO), house.output / "a/1.jpg"
    stood = killed_over(house, photo, steps)
    row = house.ledger.photo(photo)
    is_on_record = row is not None and row.written is not None
    if stood:
        harm(output)
    before = outputs(house)
    photo.unlink()
    come_to_rest(house)
    assert outputs(house) == ({} if is_on_record and not is_lost else before)


class Kill:
    """As a Failpoint: gpend ends when an output has got its name."""

    def due(self, name: str) -> bool:
        """As in Failpoint."""
        if name == "renamed":
            raise PowerCutError
        return False


@pytest.mark.usefixtures("attributes")
@pytest.mark.parametrize(
    ("name", "photo", "output"),
    [
        ("a.HEIC", BLURRED + b" heic", "a.jpg"),
        ("a.dat", bytes(byte ^ 0x5A for byte in b"\x89PNG\r\n\x1a\n" + BLURRED), "a.png"),
    ],
)
def test_an_output_with_another_ending_is_found_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, photo: bytes, output: str
) -> None:
    world = World(tmp_path)
    folder = FolderSettings(source=world.source, output=world.output, wechat_dat=True)
    world.knobs["folders"] = (folder,)
    world.put("stays.jpg", b"a sharp photo, not as large as it")
    world.once()
    put = world.put(name, photo)
    monkeypatch.setattr(failpoints, "_armed", Kill())
    with pytest.raises(PowerCutError):
        world.once()
    monkeypatch.undo()
    assert set(world.outputs()) == {output}
    put.unlink()
    world.once()
    assert set(world.outputs()) == {TRASH + output}
