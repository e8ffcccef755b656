"""A small world for the daemon: two folders, a ledger, a fake engine, and time that passes only when somebody waits."""

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gpend.daemon import Daemon, Environment, Tally
from gpend.daemon.loop import Loop
from gpend.dispatch import Listener, Nobody, Runtime
from gpend.ledger import Fingerprint, Ledger, Row
from gpend.settings import FolderSettings, Settings
from tests.fakes import FakeClock, FakeEngine

BLURRED = b"a photo, blurred, as large as this"
SHARP = b"a photo, sharp, as large as this"
RESTORED = BLURRED.replace(b"blurred", b"restored by gpend 0.1")


@dataclass
class Folders:
    """A folder of photos and one for outputs, made under one folder."""

    root: Path

    def __post_init__(self) -> None:
        self.source.mkdir(parents=True, exist_ok=True)
        self.output.mkdir(parents=True, exist_ok=True)

    @property
    def source(self) -> Path:
        """Where the photos are."""
        return self.root / "photos"

    @property
    def output(self) -> Path:
        """Where gpend writes."""
        return self.root / "restored"


@dataclass
class World(Folders):
    """Everything that a daemon needs."""

    engine: FakeEngine = field(default_factory=FakeEngine)
    clock: FakeClock = field(default_factory=FakeClock)
    fingerprint: Fingerprint = field(default_factory=lambda: Fingerprint("fake", "d1", "0.1.0"))
    knobs: dict[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        """For this world."""
        folder = FolderSettings(source=self.source, output=self.output)
        return Settings.model_validate({"folders": (folder,), "ledger": self.root / "ledger.sqlite"} | self.knobs)

    @property
    def runtime(self) -> Runtime:
        """With what this world's photos are processed."""
        return Runtime(self.settings, self.engine, self.fingerprint)

    def put(self, name: str | bytes, photo: bytes = BLURRED) -> Path:
        """A photo in the source."""
        path = self.source / (name if isinstance(name, str) else name.decode(errors="surrogateescape"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(photo)
        return path

    def once(self) -> Tally:
        """One pass over everything."""
        with Ledger.open(self.settings.ledger, self.clock.now().utc) as ledger:
            return self.daemon(ledger).once()

    def loop(self, ledger: Ledger, listener: Listener | None = None) -> Loop:
        """The loop of this world's daemon, which has not begun."""
        return Loop(self.runtime, ledger, self.clock, listener or Nobody())

    def daemon(self, ledger: Ledger) -> Daemon:
        """The daemon of this world."""
        return Daemon(self.runtime, ledger, Environment(clock=self.clock, watching=None))

    def row(self, name: str) -> Row:
        """What the ledger says of a photo."""
        with Ledger.read_only(self.settings.ledger) as records:
            row = records.photo(self.source / name)
        assert row is not None, f"{name} is not in the ledger"
        return row

    def ask(self, question: Callable[[Ledger], object]) -> None:
        """Do something to the ledger."""
        with Ledger.open(self.settings.ledger, self.clock.now().utc) as ledger:
            question(ledger)

    def outputs(self) -> dict[str, bytes]:
        """Every file in the output tree."""
        return tree(self.output)

    def sources(self) -> dict[str, bytes]:
        """Every file in the source tree."""
        return tree(self.source)


def tree(root: Path) -> dict[str, bytes]:
    """Every file below a folder; a file or folder that a daemon takes away while it is looked at is not there."""
    files: dict[str, bytes] = {}
    for folder, _, names in os.walk(root):
        for path in (Path(folder, name) for name in names):
            with suppress(FileNotFoundError):
                files[path.relative_to(root).as_posix()] = path.read_bytes()
    return files


def sha256(photo: bytes) -> str:
    """In hexadecimal."""
    return hashlib.sha256(photo).hexdigest()
