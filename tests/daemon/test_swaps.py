"""Two photos that exchange their names: their outputs do the same, and nothing is restored again or lost on the way."""

import os
from pathlib import Path

import pytest

from gpend.ledger import State
from gpend.mirror import atomic
from tests.machine import pictures
from tests.machine.house import House
from tests.world import BLURRED, RESTORED, World

OTHER = BLURRED + b", another"
OTHER_RESTORED = RESTORED + b", another"
STEPS = 10  # more than there are between the news and the last word in the ledger


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def exchanging(tmp_path: Path) -> None:
    """For what is true only where files can exchange their names; skips elsewhere."""
    for name in ("one", "other"):
        (tmp_path / name).touch()
    folder = os.open(tmp_path, os.O_RDONLY)
    can = atomic.exchange(folder, "one", folder, "other")
    os.close(folder)
    for name in ("one", "other"):
        (tmp_path / name).unlink()
    if not can:
        pytest.skip("this file system exchanges no names")


def swap(one: Path, other: Path) -> None:
    between = one.with_name("between")
    one.rename(between)
    other.rename(one)
    between.rename(other)


@pytest.mark.usefixtures("exchanging")
@pytest.mark.parametrize("names", [("a.jpg", "b.jpg"), ("2020/a.jpg", "2021/deep/b.jpg")])
def test_outputs_follow_the_names_of_their_photos_and_nothing_is_restored_again(
    world: World, names: tuple[str, str]
) -> None:
    one, other = world.put(names[0]), world.put(names[1], OTHER)
    os.utime(one, (10, 20))
    world.once()
    swap(one, other)
    world.once()
    assert world.outputs() == {names[0]: OTHER_RESTORED, names[1]: RESTORED}
    assert world.engine.given == {BLURRED: 1, OTHER: 1}
    assert (world.output / names[1]).stat().st_mtime == 20
    assert [world.row(name).state for name in names] == [State.RESTORED, State.RESTORED]
    world.once()
    assert world.engine.given.total() == 2


@pytest.mark.usefixtures("exchanging")
def test_photos_of_which_outputs_have_another_ending_are_swapped_too(world: World) -> None:
    one, other = world.put("a.HEIC", BLURRED + b" heic 1"), world.put("b.HEIC", BLURRED + b" heic 2")
    world.once()
    swap(one, other)
    world.once()
    assert world.outputs() == {"a.jpg": RESTORED + b" heic 2", "b.jpg": RESTORED + b" heic 1"}
    assert world.engine.given.total() == 2


@pytest.mark.usefixtures("exchanging")
def test_swapped_and_swapped_back_all_is_as_it_was(world: World) -> None:
    one, other = world.put("a.jpg"), world.put("b.jpg", OTHER)
    world.once()
    for _ in range(2):
        swap(one, other)
        world.once()
    assert world.outputs() == {"a.jpg": RESTORED, "b.jpg": OTHER_RESTORED}
    assert world.engine.given.total() == 2


@pytest.mark.usefixtures("exchanging")
def test_photos_whose_bytes_were_exchanged_give_their_outputs_their_times(world: World) -> None:
    world.put("a.jpg")
    world.put("b.jpg", OTHER)
    world.once()
    os.utime(world.put("a.jpg", OTHER), (30, 40))
    os.utime(world.put("b.jpg"), (50, 60))
    world.once()
    assert world.outputs() == {"a.jpg": OTHER_RESTORED, "b.jpg": RESTORED}
    assert [(world.output / name).stat().st_mtime for name in ("a.jpg", "b.jpg")] == [40, 60]
    assert world.engine.given.total() == 2


def test_where_files_cannot_exchange_their_names_the_outputs_are_right_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atomic, "exchange", lambda *_: False)
    one, other = world.put("a.jpg"), world.put("b.jpg", OTHER)
    world.once()
    swap(one, other)
    world.once()
    assert world.outputs() == {"a.jpg": OTHER_RESTORED, "b.jpg": RESTORED}


def test_an_output_that_the_user_has_edited_takes_part_in_no_exchange(world: World) -> None:
    one, other = world.put("a.jpg"), world.put("b.jpg", OTHER)
    world.once()
    (world.output / "a.jpg").write_bytes(b"mine")
    swap(one, other)
    world.once()
    assert world.outputs()["a.jpg"] == b"mine"
    assert world.outputs()["b.jpg"] == RESTORED


@pytest.mark.parametrize("name", ["a.jpg", "deep/a.jpg"])
def test_an_output_that_the_user_took_away_takes_part_in_no_exchange_either(world: World, name: str) -> None:
    one, other = world.put(name), world.put("b.jpg", OTHER)
    world.once()
    (world.output / name).unlink()
    if "/" in name:
        (world.output / name).parent.rmdir()
    swap(one, other)
    assert world.once().pauses == {}
    assert world.outputs() == {name: OTHER_RESTORED, "b.jpg": RESTORED}


def test_photos_that_change_places_in_a_round_have_the_right_outputs_too(world: World) -> None:
    photos = {f"{name}.jpg": BLURRED + name.encode() for name in "abc"}
    for name, photo in photos.items():
        world.put(name, photo)
    world.once()
    swap(world.source / "a.jpg", world.source / "b.jpg")
    swap(world.source / "b.jpg", world.source / "c.jpg")
    world.once()
    assert world.outputs() == {"a.jpg": RESTORED + b"b", "b.jpg": RESTORED + b"c", "c.jpg": RESTORED + b"a"}


@pytest.mark.usefixtures("exchanging")
@pytest.mark.parametrize("steps", range(STEPS))
def test_a_kill_at_any_step_loses_no_output_and_costs_no_work(steps: int, tmp_path: Path) -> None:
    photos = [pictures.picture(number, "blurred") for number in (1, 2)]
    restored = {pictures.restored(photo) for photo in photos}
    house = House(tmp_path)
    try:
        for name, photo in zip(("a.jpg", "b.jpg"), photos, strict=True):
            (house.source / name).write_bytes(photo)
        house.come_to_rest()
        swap(house.source / "a.jpg", house.source / "b.jpg")
        house.hint()
        house.turn(3)
        house.clock.pass_by(5)
        house.kill(steps)
        assert {path.read_bytes() for path in house.output.rglob("*.jpg")} == restored
        house.come_to_rest()
        assert [(house.output / name).read_bytes() for name in ("b.jpg", "a.jpg")] == list(
            map(pictures.restored, photos)
        )
        assert house.made == dict.fromkeys(photos, 1)
    finally:
        house.close()
