"""What a folder takes is measured between its first photo and its last, and what is busy meanwhile is told."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from gpend import end_to_end, wiring
from gpend.end_to_end import EndToEnd
from gpend.progress import Progress
from gpend.settings import FolderSettings, HookSettings, Settings

PHOTOS = [b"one", b"two", b"three"]


@pytest.mark.parametrize(
    ("own", "others", "limit"),
    [
        (0.95, 0.02, "the processors (gpend kept the processors busy by 95%, other programs by 2%)"),
        (0.30, 0.65, "other programs on the processors (gpend kept"),
        (0.40, 0.10, "neither all processors nor anything else that is measured here"),
    ],
)
def test_what_holds_it_up_is_told_by_who_keeps_the_processors_busy(own: float, others: float, limit: str) -> None:
    assert EndToEnd(20, 1, 5.0, own, others).limit.startswith(limit)


def _going(monkeypatch: pytest.MonkeyPatch, *done: int) -> list[tuple[Settings, list[bytes]]]:
    """What `gpend once` is asked to do; it says that so many photos are done, one after the other."""
    asked: list[tuple[Settings, list[bytes]]] = []

    def once(settings: Settings, show: Callable[[Progress], None]) -> None:
        (folder,) = settings.folders
        asked.append((settings, [path.read_bytes() for path in sorted(folder.source.iterdir())]))
        for count in done:
            show(Progress(0, 3 - count, count, 0))

    monkeypatch.setattr(wiring, "once", once)
    return asked


def test_it_is_measured_from_the_first_photo_that_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _going(monkeypatch, 0, 0, 1, 1, 3, 3)
    measured = end_to_end.measure(PHOTOS, Settings(slots=3))
    assert isinstance(measured, EndToEnd)
    assert (measured.photos, measured.slots) == (2, 3)
    assert measured.rate > 0
    assert 0 <= measured.own <= 1
    assert asked[0][1] == PHOTOS


def test_nobody_hears_of_it_and_nothing_is_left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = _going(monkeypatch, 1, 3)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    own = FolderSettings(source=tmp_path / "photos", output=tmp_path / "restored")
    hooks = HookSettings(on_restored="notify-send")
    end_to_end.measure(PHOTOS, Settings(folders=(own,), hooks=hooks, schedule="22:00-07:00", ledger=tmp_path / "mine"))
    used = asked[0][0]
    assert used.hooks == HookSettings()
    assert used.schedule == Settings().schedule
    assert used.ledger != tmp_path / "mine"
    assert own not in used.folders
    assert list(tmp_path.iterdir()) == []


def test_where_there_is_no_room_that_is_told_and_nothing_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 5 << 20

    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage())
    told = end_to_end.measure(PHOTOS, Settings())
    assert isinstance(told, str)
    assert "has 5 MiB of the 64 that it needs (TMPDIR names another folder)" in told


def test_where_no_temporary_folder_is_to_be_had_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere/at/all")
    assert "TMPDIR names another one" in str(end_to_end.measure(PHOTOS, Settings()))


def test_what_ends_at_once_was_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    _going(monkeypatch, 3)
    assert end_to_end.measure(PHOTOS, Settings()) == "it ended before it could be measured"
