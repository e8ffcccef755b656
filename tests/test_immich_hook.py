"""The hook for Immich, against a double of what it uses of the API, made from Immich's published description."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest

from gpend import shipped
from tests.waiting import PATIENCE

KEY = "a-key-of-the-tests"
LIBRARY = "3a86ad0b-4b5c-4d6e-8f70-0123456789ab"
NAMESPACE = UUID(LIBRARY)


@dataclass
class FakeImmich:
    """Knows photos by their path, finds new ones when it is told to look, and refuses what Immich refuses."""

    on_disk: list[str] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)  # path to id
    stacks: list[list[str]] = field(default_factory=list)
    scans: int = 0
    broken: int = 0  # answer all with this status

    def answer(self, place: str, key: str, body: dict[str, Any]) -> tuple[int, object]:
        """A status and what is said with it."""
        if self.broken:
            return self.broken, {"message": "broken"}
        if key != KEY:
            return 401, {"message": "Invalid API key", "error": "Unauthorized", "statusCode": 401}
        if place == "/api/search/metadata":
            return 200, self._search(body["originalPath"])
        if place == "/api/stacks":
            return self._stack(body["assetIds"])
        if place == f"/api/libraries/{LIBRARY}/scan":
            self.scans += 1
            self.known = {path: str(uuid5(NAMESPACE, path)) for path in self.on_disk}
            return 204, None
        return 404, {"message": f"Cannot POST {place}"}

    def path_of(self, asset: str) -> str:
        """The photo with an id."""
        return next(path for path, each in self.known.items() if each == asset)

    def _search(self, part: str) -> dict[str, Any]:
        """Paths that hold what is looked for, in whatever case: more than were meant."""
        items = [
            {"id": asset, "originalPath": path, "type": "IMAGE"}
            for path, asset in self.known.items()
            if part.lower() in path.lower()
        ]
        found = {"total": len(items), "count": len(items), "items": items, "facets": [], "nextPage": None}
        return {"albums": {"total": 0, "count": 0, "items": [], "facets": []}, "assets": found}

    def _stack(self, assets: list[str]) -> tuple[int, object]:
        if len(assets) < 2 or not set(assets) <= set(self.known.values()):
            return 400, {"message": "assetIds must contain at least 2 elements", "statusCode": 400}
        self.stacks.append([self.path_of(asset) for asset in assets])
        return 201, {"id": str(uuid5(NAMESPACE, assets[0])), "primaryAssetId": assets[0], "assets": []}


@dataclass
class Hook:
    """The hook as gpend prints it, set up for the double."""

    immich: FakeImmich
    folder: Path
    url: str

    def __post_init__(self) -> None:
        (self.folder / "immich-hook").write_text(shipped.text("immich-hook"))
        self.configure(KEY)

    def configure(self, key: str) -> None:
        """Write immich.ini."""
        self.settings.write_text(
            f"[immich]\nurl = {self.url}\napi_key = {key}\nlibrary = {LIBRARY}\nwaiting = {self.folder / 'waiting'}\n"
            "[paths]\n/srv/photos = /mnt/photos\n/srv/photos-restored = /mnt/Restored\n"
        )

    @property
    def settings(self) -> Path:
        """immich.ini."""
        return self.folder / "immich.ini"

    @property
    def waiting(self) -> int:
        """How many pairs wait."""
        return len((self.folder / "waiting").read_text().splitlines())

    def run(self, name: str = "") -> subprocess.CompletedProcess[str]:
        """Run it as gpend does after a photo of this name was restored; "": as cron does."""
        output = f"/srv/photos-restored/{name.rpartition('.')[0]}.jpg"
        facts = {"event": "on_restored", "photo": f"/srv/photos/{name}", "output": output, "reason": "", "faces": []}
        command = [sys.executable, "-W", "error", str(self.folder / "immich-hook"), str(self.settings)]
        told = json.dumps(facts) if name else ""
        return subprocess.run(command, input=told, capture_output=True, text=True, check=False, timeout=PATIENCE)


@pytest.fixture
def hook(tmp_path: Path) -> Iterator[Hook]:
    immich = FakeImmich()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, said = immich.answer(self.path, self.headers.get("x-api-key", ""), body)
            content = b"" if said is None else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield Hook(immich, tmp_path, f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()
            thread.join()


def test_a_restored_photo_is_stacked_on_its_original(hook: Hook) -> None:
    hook.immich.on_disk = ["/mnt/photos/2024/a.HEIC", "/mnt/Restored/2024/a.jpg", "/mnt/Restored/2024/a.jpg.bak"]
    hook.immich.answer(f"/api/libraries/{LIBRARY}/scan", KEY, {})
    done = hook.run("2024/a.HEIC")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert hook.immich.stacks == [["/mnt/Restored/2024/a.jpg", "/mnt/photos/2024/a.HEIC"]]
    assert hook.waiting == 0


def test_what_immich_does_not_know_yet_waits_until_it_does(hook: Hook) -> None:
    hook.immich.on_disk = [f"/mnt/{folder}/{name}.jpg" for folder in ("photos", "Restored") for name in "ab"]
    assert hook.run("a.jpg").returncode == 0
    assert (hook.immich.stacks, hook.waiting, hook.immich.scans) == ([], 1, 1)
    assert hook.run("b.jpg").returncode == 0
    assert hook.immich.stacks == [[f"/mnt/Restored/{name}.jpg", f"/mnt/photos/{name}.jpg"] for name in "ba"]
    assert (hook.waiting, hook.immich.scans) == (0, 1)


def test_without_a_photo_it_does_what_waits(hook: Hook) -> None:
    hook.immich.on_disk = ["/mnt/photos/a.jpg", "/mnt/Restored/a.jpg"]
    hook.run("a.jpg")
    assert hook.run().returncode == 0
    assert len(hook.immich.stacks) == 1


def test_a_photo_restored_twice_waits_once(hook: Hook) -> None:
    hook.run("a.jpg")
    hook.run("a.jpg")
    assert hook.waiting == 1


@pytest.mark.parametrize(
    ("key", "status", "said"),
    [
        ("wrong", 0, "Immich refuses the API key (401). It needs asset.read, stack.create and library.update."),
        (KEY, 500, "Immich answers 500 Internal Server Error to .*"),
    ],
)
def test_trouble_is_told_and_nothing_is_forgotten(hook: Hook, key: str, status: int, said: str) -> None:
    hook.configure(key)
    hook.immich.broken = status
    done = hook.run("a.jpg")
    assert done.returncode == 1
    assert re.search(said if status else re.escape(said), done.stderr)
    assert "Traceback" not in done.stderr
    assert hook.waiting == 1


def test_an_immich_that_is_not_there_is_told_and_waited_for(hook: Hook) -> None:
    hook.url = "http://127.0.0.1:9"
    hook.configure(KEY)
    done = hook.run("a.jpg")
    assert (done.returncode, "Immich cannot be asked" in done.stderr, hook.waiting) == (1, True, 1)


def test_settings_that_say_too_little_are_named(hook: Hook) -> None:
    hook.settings.write_text("[immich]\nurl = http://localhost\n")
    assert "does not say api_key" in hook.run("a.jpg").stderr
    hook.settings.unlink()
    assert "cannot be read" in hook.run("a.jpg").stderr
