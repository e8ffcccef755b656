"""Whom an access list lets at a photo, it lets at its output, and nobody else; what somebody took there stays taken."""

import os
import stat
import struct
from pathlib import Path

import pytest

from gpend.intake.reading import read
from gpend.ledger import Fingerprint, Written
from gpend.mirror import Mirror, Origin, lists

FRIEND, OTHER, NOBODY = 4242, 4343, 0xFFFFFFFF


def packed(bits: dict[int, int], group: int = 4, mask: int = 6) -> bytes:
    """A list by which some users have these bits."""
    entries = [(1, 6, NOBODY), *((2, each, user) for user, each in sorted(bits.items())), (4, group, NOBODY)]
    entries += [(0x10, mask, NOBODY), (0x20, 0, NOBODY)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def let(place: Path, kind: str = lists.ACCESS, **rest: object) -> None:
    """Give something a list, or none at all."""
    bits = rest.get("bits")
    if isinstance(bits, dict):
        os.setxattr(place, kind, packed(bits))
    elif lists.read(place, kind):
        os.removexattr(place, kind)


def users(place: Path, kind: str = lists.ACCESS) -> dict[int, int]:
    """Which users have which bits by the list of something."""
    return {whom: bits for tag, bits, whom in lists.beyond_mode(lists.read(place, kind)) if tag == 2}


def mode(place: Path) -> int:
    return stat.S_IMODE(place.stat().st_mode)


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    (tmp_path / "in/Trip").mkdir(parents=True)
    (tmp_path / "out").mkdir()
    try:
        os.setxattr(tmp_path, lists.ACCESS, packed({FRIEND: 4}))
    except OSError:
        pytest.skip("this disk knows no access lists")
    return Mirror(tmp_path / "in", tmp_path / "out")


def written(mirror: Mirror, bits: dict[int, int] | None, before: Written | None = None) -> Written:
    """An output; its photo is edited, and has this list."""
    photo = mirror.source / "Trip/a.jpg"
    photo.write_bytes(photo.read_bytes() + b"." if before else b"source")
    let(photo, bits=bits)
    read_ = read(photo)
    origin = Origin(Path("Trip/a.jpg"), read_.content, read_.like)
    return mirror.write(origin.relative, read_.content.encode(), origin, Fingerprint("gpen", "d", "1"), before)


def follow(mirror: Mirror, output: Written, *, times: int = 2) -> None:
    """As scans do."""
    photo = mirror.source / output.path
    for _ in range(times):
        mirror.permissions.follow_file(output, photo.stat(), 0, lists.read(photo))
        mirror.permissions.follow_list(output, lists.read(photo))
    assert mirror.stands(output)


def test_an_output_gets_the_list_of_its_photo_and_follows_it(mirror: Mirror) -> None:
    output = written(mirror, {FRIEND: 6})
    place, photo = mirror.output / output.path, mirror.source / output.path
    assert (users(place), mode(place)) == ({FRIEND: 6}, 0o660)
    let(photo, bits={OTHER: 4})
    follow(mirror, output)
    assert users(place) == {OTHER: 4}
    let(photo)
    photo.chmod(0o640)
    follow(mirror, output)
    assert (users(place), mode(place)) == ({}, 0o640)
    let(photo, bits={FRIEND: 6})
    follow(mirror, output)
    assert (users(place), mode(place)) == ({FRIEND: 6}, 0o660)


def test_whom_somebody_took_from_the_list_of_an_output_does_not_come_back(mirror: Mirror) -> None:
    output = written(mirror, {FRIEND: 6, OTHER: 4})
    place, photo = mirror.output / output.path, mirror.source / output.path
    let(place, bits={OTHER: 4})
    follow(mirror, output)
    assert users(place) == {OTHER: 4}
    let(photo, bits={FRIEND: 6, OTHER: 6})
    follow(mirror, output)
    assert users(place) == {OTHER: 6}
    output = written(mirror, {FRIEND: 6, OTHER: 6}, output)
    assert users(place) == {OTHER: 6}
    let(place)
    output = written(mirror, {FRIEND: 6, OTHER: 6}, output)
    follow(mirror, output)
    assert (users(place), mode(place) & 0o020) == ({}, 0)  # nor does the group get what only names could have


def test_whom_somebody_added_stays_until_the_list_of_the_photo_changes(mirror: Mirror) -> None:
    output = written(mirror, {FRIEND: 6})
    place = mirror.output / output.path
    let(place, bits={FRIEND: 6, OTHER: 4})
    follow(mirror, output)
    assert users(place) == {FRIEND: 6, OTHER: 4}
    let(mirror.source / output.path, bits={FRIEND: 4})
    follow(mirror, output)
    assert users(place) == {FRIEND: 4}


def test_a_photo_that_was_taken_from_the_list_of_its_folder_has_an_output_that_is_too(mirror: Mirror) -> None:
    for kind in (lists.ACCESS, lists.DEFAULT):
        let(mirror.source / "Trip", kind, bits={FRIEND: 7})
    output = written(mirror, None)
    assert users(mirror.output / "Trip", lists.DEFAULT) == {FRIEND: 7}
    assert users(mirror.output / output.path) == {}


def test_whom_somebody_lets_at_all_outputs_is_let_at_new_ones(mirror: Mirror) -> None:
    let(mirror.output, lists.DEFAULT, bits={OTHER: 4})
    (mirror.output / "Trip").mkdir()
    output = written(mirror, {FRIEND: 6})
    assert users(mirror.output / output.path) == {FRIEND: 6, OTHER: 4}
    assert users(mirror.output / written(mirror, None, output).path) == {OTHER: 4}


def test_a_folder_follows_the_lists_of_that_of_the_photos_but_for_what_somebody_took(mirror: Mirror) -> None:
    source, output = mirror.source / "Trip", mirror.output / "Trip"
    kinds = (lists.ACCESS, lists.DEFAULT)
    for kind in kinds:
        let(source, kind, bits={FRIEND: 7, OTHER: 5})
    written(mirror, None)
    for kind in kinds:
        assert users(output, kind) == {FRIEND: 7, OTHER: 5}
        let(output, kind, bits={FRIEND: 7})
        let(source, kind, bits={FRIEND: 5, OTHER: 5})
    mirror.permissions.follow_folder(Path("Trip"))
    assert [users(output, kind) for kind in kinds] == [{FRIEND: 5}, {FRIEND: 5}]
    for kind in kinds:
        let(source, kind)
    source.chmod(0o750)
    mirror.permissions.follow_folder(Path("Trip"))
    assert [users(output, kind) for kind in kinds] == [{}, {}]
    assert mode(output) == 0o750


def test_on_a_disk_without_lists_nobody_of_the_group_is_let_at_what_the_list_keeps_from_them(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.setxattr

    def refused(place: int | str | Path, name: str, value: bytes, flags: int = 0) -> None:
        if name == lists.ACCESS and isinstance(place, int):
            raise OSError(95, "Operation not supported")
        real(place, name, value, flags)

    os.setxattr(mirror.source / "Trip", lists.ACCESS, packed({FRIEND: 7}, group=0, mask=7))
    monkeypatch.setattr(os, "setxattr", refused)
    output = written(mirror, {FRIEND: 6})
    follow(mirror, output)
    mirror.permissions.follow_folder(Path("Trip"))
    assert mode(mirror.source / output.path) == 0o660
    assert (mode(mirror.output / output.path), mode(mirror.output / "Trip")) == (0o640, 0o700)


@pytest.mark.parametrize("said", [None, 7, [[1]], [["a", 1, 2]], [7]])
def test_what_was_not_noted_as_entries_says_nothing(said: object) -> None:
    assert lists.parsed(said) is None


def test_more_entries_than_an_attribute_has_room_for_are_not_noted() -> None:
    assert lists.to_note(frozenset((2, 4, user) for user in range(100))) is None
    few = frozenset({(2, 4, 7)})
    assert lists.parsed([list(each) for each in lists.to_note(few) or ()]) == few
