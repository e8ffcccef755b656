"""What is said tells what happened, what gpend did and what can be done."""

import errno
from pathlib import Path

import pytest

from gpend.intake.watch import notices

ROOT = Path("/photos")


def test_the_watch_limit_comes_with_the_exact_command() -> None:
    notice = notices.no_room(ROOT, OSError(errno.ENOSPC, "inotify watch limit reached"), 60)
    assert notice.root == ROOT
    assert "inotify watch limit reached" in notice.message
    assert "sudo sysctl fs.inotify.max_user_watches=" in notice.message
    assert "/etc/sysctl.d/90-gpend.conf" in notice.message
    assert "every 60 seconds" in notice.message


def test_a_limit_already_raised_is_raised_further(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "max_user_watches").write_text("1000000\n")
    monkeypatch.setattr(notices, "_LIMITS", tmp_path)
    assert "max_user_watches=2000000" in notices.no_room(ROOT, OSError(errno.ENOSPC, "no"), 60).message
    monkeypatch.setattr(notices, "_LIMITS", tmp_path / "missing")
    assert "max_user_watches=524288" in notices.no_room(ROOT, OSError(errno.ENOSPC, "no"), 60).message


def test_the_instance_limit_comes_with_its_own_command() -> None:
    assert "max_user_instances=" in notices.no_reader(OSError(errno.EMFILE, "instance limit"), 60).message
    assert "sysctl" not in notices.no_reader(OSError(errno.ENOSYS, "not here"), 60).message
    assert notices.no_reader(RuntimeError("can't start new thread"), 60).root is None


@pytest.mark.parametrize(("seconds", "told"), [(60.0, "every 60 seconds"), (2.5, "every 2.5 seconds")])
def test_how_often_a_folder_is_scanned_is_told_as_it_was_set(seconds: float, told: str) -> None:
    assert told in notices.reader_died(seconds).message
    assert told in notices.polls(ROOT, "nfs", seconds).message
