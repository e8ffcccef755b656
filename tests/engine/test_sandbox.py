"""The lock on the worker: nothing but computing is left, and every photo comes out as it would without."""

import json
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from gpend.engine import sandbox
from gpend.engine.sandbox import Wall
from tests import photos
from tests.waiting import PATIENCE

_ROOT = Path(__file__).resolve().parents[2]

everywhere = pytest.mark.skipif(sandbox.probe() != frozenset(Wall), reason="this machine lacks a part of the lock")


def _said(*arguments: str) -> bytes:
    """What a locked process says; through a pipe, for it can write into no file."""
    command = [sys.executable, "-m", "tests.engine.locked", *arguments]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return done.stdout


@everywhere
@pytest.mark.parametrize(
    ("device", "allowed"), [("cpu", {"a thread"}), ("gpu", {"a thread", "much memory", "a file in memory"})]
)
def test_opening_connecting_executing_and_everything_else_is_refused(
    device: str, allowed: set[str], tmp_path: Path
) -> None:
    (tmp_path / "kept").write_bytes(b"precious")
    with socket.create_server(("127.0.0.1", 0)) as server:
        found: dict[str, str] = json.loads(_said(device, str(tmp_path), str(server.getsockname()[1])))
    assert {what for what, became in found.items() if became == "done"} - allowed == set()
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert (tmp_path / "kept").read_bytes() == b"precious"


def test_every_kind_of_photo_comes_out_of_the_lock_the_same(tmp_path: Path) -> None:
    picture = photos.portrait(320, 400, blurred=True)
    for name, make in photos.RESTORABLE.items():
        (tmp_path / name).write_bytes(make(picture))
    for name, make_broken in photos.BROKEN.items():
        (tmp_path / name).write_bytes(make_broken())
    if find_spec("pillow_heif"):
        (tmp_path / "heif").write_bytes(photos.heif(picture))
    unlocked, locked = (json.loads(_said("photos", how, str(tmp_path))) for how in ("open", "locked"))
    assert locked["outcomes"] == unlocked["outcomes"]
    assert locked["imported"] == []
    written = {name.split("-")[0] for name, became in locked["outcomes"].items() if became.startswith("Restored")}
    assert written == {name.split("-")[0] for name in photos.RESTORABLE} | (
        {"heif"} if find_spec("pillow_heif") else set()
    )


def test_what_stands_on_this_machine_is_tried_and_not_guessed() -> None:
    assert sandbox.probe() >= {Wall.LIMITS, Wall.PRIVILEGES}
