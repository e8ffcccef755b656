"""A file of gpend's own is there whole, as it was or as it is now, whatever happens in between."""

import os
import stat
from pathlib import Path

import pytest

from gpend.writing import part_of, put_whole, write_whole


def test_it_takes_the_place_of_the_earlier_one_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    place = tmp_path / "new" / "file.json"
    for content in (b"first", b"second"):
        write_whole(place, content)
        assert place.read_bytes() == content
        assert list(place.parent.iterdir()) == [place]


def test_it_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "file"
    write_whole(place, b"old")
    seen: list[bytes] = []
    monkeypatch.setattr(os, "fsync", lambda _descriptor: seen.append(place.read_bytes()))
    write_whole(place, b"new")
    assert seen == [b"old", b"new"]  # the file, then its folder
    write_whole(place, b"newer", durable=False)
    assert len(seen) == 2


@pytest.mark.parametrize("durable", [True, False])
def test_a_disk_that_fails_leaves_the_earlier_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, durable: bool
) -> None:
    place = tmp_path / "file"
    write_whole(place, b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        write_whole(place, b"new", durable=durable)
    assert place.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [place]


def test_what_only_gpend_may_read_is_so_from_its_first_byte(tmp_path: Path) -> None:
    place = tmp_path / "secret"
    part_of(place).write_bytes(b"left by a crash")
    part_of(place).chmod(0o644)
    write_whole(place, b"token", mode=0o600)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600


def test_what_was_written_beside_gets_its_name(tmp_path: Path) -> None:
    place = tmp_path / "network.pth"
    part_of(place).write_bytes(b"content")
    assert part_of(place).name.startswith(".gpend-")
    put_whole(part_of(place), place)
    assert place.read_bytes() == b"content"
    assert not part_of(place).exists()
