"""Names are tried out before a photo is worked on for nothing, and nothing is left of the trial."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gpend.mirror import Mirror, NameRefusedError, output_root
from gpend.mirror.names import WORKSHOP


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    return Mirror(tmp_path / "in", tmp_path / "out")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A disk that holds no colon and no name of more than 30 bytes; what was opened on it."""
    really: Callable[..., int] = os.open
    names: list[str] = []

    def limited(name: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        names.append(str(name))
        if flags & os.O_CREAT and (":" in name or len(name) > 30):
            raise OSError(errno.EINVAL if ":" in name else errno.ENAMETOOLONG, "refused")
        return really(name, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", limited)
    return names


@pytest.mark.parametrize("place", ["12:30.jpg", "12:30/a.jpg", "new/12:30/a.jpg"])
def test_a_name_that_the_disk_cannot_hold_is_refused_and_nothing_is_left(
    mirror: Mirror, opened: list[str], place: str
) -> None:
    with pytest.raises(NameRefusedError, match="cannot hold ':' in a name, so '12:30"):
        mirror.names.check(Path(place))
    assert list(mirror.output.iterdir()) == []
    assert any(WORKSHOP in name for name in opened)


def test_a_name_that_the_disk_holds_is_tried_out_once_for_its_characters(mirror: Mirror, opened: list[str]) -> None:
    mirror.names.check(Path("微信图片.jpg"))
    tried = len(opened)
    mirror.names.check(Path("微信.jpg"))
    mirror.names.check(Path("plain/IMG_0001.jpg"))
    assert len(opened) == tried
    assert list(mirror.output.iterdir()) == []


@pytest.mark.usefixtures("opened")
def test_what_is_common_is_tried_out_only_when_it_is_suspected(mirror: Mirror) -> None:
    place = Path("a_name_of_more_than_thirty_bytes.jpg")
    mirror.names.check(place)
    with pytest.raises(NameRefusedError, match="cannot hold such a name"):
        mirror.names.check(place, suspected=True)


def test_an_output_that_is_not_there_is_not_the_photos_fault(mirror: Mirror) -> None:
    mirror.output.rmdir()
    with pytest.raises(FileNotFoundError):
        mirror.names.check(Path("12:30.jpg"))


def test_what_a_killed_gpend_was_trying_out_is_swept_up(mirror: Mirror) -> None:
    for name, photo in ((f"{WORKSHOP}1", b""), (f"{WORKSHOP}2", b"mine")):
        (mirror.output / name).mkdir()
        (mirror.output / name / "a.jpg").write_bytes(photo)
    assert sum(output_root.sweep(mirror.output)) == 0
    assert [path.name for path in mirror.output.rglob("*.jpg")] == ["a.jpg"]
    assert not (mirror.output / f"{WORKSHOP}1").exists()
