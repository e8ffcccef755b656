"""A ledger with photos on disk, and the dashboard of it."""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from gpend.ledger import Fingerprint, Found, FoundBy, Ledger, Result, State, Written
from gpend.stamp import Stamp
from gpend.web.app import application
from gpend.web.security import LOOPBACK, Sessions, make_token, read_token

NOW = 1_700_000_000
EVIL = "<img src=x onerror=alert(1)>&.jpg"
FACE = {
    "box": [170, 50, 280, 180],
    "score": 0.99,
    "sharpness": 0.12,
    "verdict": "restored",
    "reason": "blurred",
    "network": "gpen-256 (a1)",
}


@pytest.fixture
def ledger(tmp_path: Path, samples: Path) -> Path:
    """Photo 1 restored, 2 failed with a hostile name, 3 waiting, 4 gone from the disk."""
    source, output = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    output.mkdir()
    shutil.copy(samples / "portrait-blurred.jpg", source / "anna.jpg")
    shutil.copy(samples / "portrait-sharp.jpg", output / "anna.jpg")
    (source / EVIL).write_text("no picture")
    shutil.copy(samples / "no-faces.jpg", source / "waiting.jpg")
    path = tmp_path / "state" / "ledger.sqlite"
    with Ledger.open(path, NOW) as opened:
        folder = opened.sources.configure([(source, output)], NOW)[0].id
        names = ("anna.jpg", EVIL, "waiting.jpg", "lost.jpg")
        ids = [
            opened.photos.sight(folder, Found(Path(name), Stamp(5, NOW * 10**9, 7), FoundBy.EVENT), NOW)
            for name in names
        ]
        done, before, after = (Fingerprint("gpen-256", "d1", "0.1.0"), *map(_hash, (source, output)))
        written = Written(Path("anna.jpg"), Stamp.of((output / "anna.jpg").stat()), after)
        facts = {"faces": [FACE], "notes": ["<b>note</b>"]}
        opened.photos.finish(
            ids[0], Result(State.RESTORED, "1 face: 1 restored", before, done, facts, written), NOW + 1
        )
        opened.photos.finish(ids[1], Result(State.FAILED, "no <i>picture</i>", "b" * 64, done), NOW + 2)
        opened.photos.finish(ids[3], Result(State.KEPT, "no faces found", "c" * 64, done, {"faces": []}), NOW + 3)
    return path


def _hash(folder: Path) -> str:
    return hashlib.sha256((folder / "anna.jpg").read_bytes()).hexdigest()


@pytest.fixture
def sessions() -> Sessions:
    """Nobody needs to log in, as on the machine itself."""
    return Sessions(None, LOOPBACK)


@pytest.fixture
def browser(ledger: Path, sessions: Sessions, tmp_path: Path) -> Iterator[TestClient]:
    """A browser on the same machine."""
    app = application(ledger, sessions, tmp_path / "cache")
    with TestClient(app, base_url="http://127.0.0.1:8765", follow_redirects=False) as client:
        yield client


@pytest.fixture
def token(tmp_path: Path) -> str:
    """What lets people in from other machines."""
    return make_token(tmp_path / "token")


@pytest.fixture
def guarded(tmp_path: Path, token: str) -> Sessions:
    """Who comes from another machine needs the token."""
    assert token
    return Sessions(read_token(tmp_path / "token"), ["nas.local"])


@pytest.fixture
def stranger(ledger: Path, guarded: Sessions, tmp_path: Path) -> Iterator[TestClient]:
    """A browser on another machine."""
    app = application(ledger, guarded, tmp_path / "cache")
    with TestClient(app, base_url="http://nas.local:8765", follow_redirects=False) as client:
        yield client
