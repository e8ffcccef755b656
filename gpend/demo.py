"""`gpend demo`: the real daemon on a temporary inbox, with the bundled pictures."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml
from PIL import Image, ImageDraw, ImageFont

from gpend import reports, shipped, words
from gpend.errors import FatalError
from gpend.reports import History

BLURRED = "portrait-blurred.jpg"
SHAKEN = "portrait-shaken.jpg"
SAMPLES = (SHAKEN, BLURRED, "portrait-sharp.jpg", "no-faces.jpg")
_RESTORED = {
    SHAKEN: "shaken-restored.jpg",
    BLURRED: "blurred-restored.jpg",
}  # and the names they are left under; others: kept
_UNSETTLED = ("waiting", "working")
_PATIENCE = 240.0  # seconds for everything; a slow NAS needs most of them to load the networks
_STOP = 15.0  # seconds for an orderly end
_SIDE = 480  # of one half of the picture of before and after, in pixels

Say = Callable[[str], None]


@dataclass(frozen=True)
class _Place:
    """The temporary folder of one demonstration."""

    root: Path

    @property
    def inbox(self) -> Path:
        """Watched."""
        return self.root / "inbox"

    @property
    def output(self) -> Path:
        """Mirrors the inbox."""
        return self.root / "output"

    @property
    def ledger(self) -> Path:
        """The daemon's."""
        return self.root / "ledger.sqlite"

    @property
    def config(self) -> Path:
        """The daemon's."""
        return self.root / "gpend.yaml"

    @property
    def log(self) -> Path:
        """What the daemon says."""
        return self.root / "log"


def demonstrate(folder: Path, say: Say) -> bool:
    """Run the demonstration, telling what happens; results are left in `folder`. True if all came out as it should.

    Raises FatalError if the daemon does not run, does not come to an end in time, or `folder` cannot be written to.
    """
    _make(folder)
    with tempfile.TemporaryDirectory(prefix="gpend-demo-") as temporary:
        place = _set_up(Path(temporary))
        say("Starting the daemon on an empty inbox ...")
        daemon = _start(place)
        try:
            _wait_until(lambda: _is_watching(place), daemon, place)
            say("It watches. Dropping in four pictures ...\n")
            _drop_in(place)
            histories = _settled(daemon, place, say)
        finally:
            _stop(daemon)
        return _left_behind(place, folder, histories, say)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FatalError(
            f"The folder {folder} cannot be made: {error.strerror}. Name another one with --to."
        ) from error


def _set_up(root: Path) -> _Place:
    place = _Place(root)
    place.inbox.mkdir()
    place.output.mkdir()
    settings = {
        "folders": [{"source": str(place.inbox), "output": str(place.output)}],
        "ledger": str(place.ledger),
        "settle_seconds": 0.5,
        "log": {"format": "text"},
    }
    place.config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return place


def _start(place: _Place) -> "subprocess.Popen[bytes]":
    with place.log.open("wb") as log:
        command = [sys.executable, "-P", "-m", "gpend", "run", "--config", str(place.config)]
        environment = {name: value for name, value in os.environ.items() if name != "NOTIFY_SOCKET"}
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)  # noqa: S603 - gpend itself


def _is_watching(place: _Place) -> bool:
    try:
        status = reports.status(place.ledger)
    except FatalError:
        return False  # no ledger yet
    return status.running and bool(status.folders)


def _drop_in(place: _Place) -> None:
    for name in SAMPLES:
        shutil.copy2(shipped.sample(name), place.inbox / name)


def _settled(daemon: "subprocess.Popen[bytes]", place: _Place, say: Say) -> dict[str, History]:
    """What became of each sample, told as soon as it is known."""
    found: dict[str, History] = {}

    def all_are() -> bool:
        for name in SAMPLES:
            history = None if name in found else reports.history(place.ledger, place.inbox / name)
            if history and history.state not in _UNSETTLED:
                found[name] = history
                say(_told(name, history))
        return len(found) == len(SAMPLES)

    _wait_until(all_are, daemon, place)
    return found


def _told(name: str, history: History) -> str:
    lines = [f"{name}: {words.state(history.state)}, {words.plain(history.reason)}", *words.face_lines(history.faces)]
    return "\n".join(lines)


def _wait_until(fulfilled: Callable[[], bool], daemon: "subprocess.Popen[bytes]", place: _Place) -> None:
    end = time.monotonic() + _PATIENCE
    while not fulfilled():
        if daemon.poll() is not None:
            raise FatalError(
                f"The daemon ended too early, with exit code {daemon.returncode}. It said:\n{_tail(place)}"
            )
        if time.monotonic() > end:
            raise FatalError(f"The daemon was not done after {_PATIENCE:.0f} s. It said:\n{_tail(place)}")
        time.sleep(0.1)


def _tail(place: _Place) -> str:
    return "\n".join(place.log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])


def _stop(daemon: "subprocess.Popen[bytes]") -> None:
    daemon.terminate()
    try:
        daemon.wait(_STOP)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()


def _left_behind(place: _Place, folder: Path, histories: dict[str, History], say: Say) -> bool:
    rows = []
    say("")
    for sample, name in _RESTORED.items():
        if (place.output / sample).is_file():
            photo = folder / name
            shutil.copy2(place.output / sample, photo)
            rows.append(before_and_after(shipped.sample(sample), photo, histories[sample]))
            say(f"Restored:         {photo}")
    if rows:
        picture = folder / "before-after.png"
        _stacked(rows).save(picture)
        say(f"Before and after: {picture}")
    return all(history.state == ("restored" if name in _RESTORED else "kept") for name, history in histories.items())


def _stacked(rows: list[Image.Image]) -> Image.Image:
    whole = Image.new("RGB", (rows[0].width, sum(row.height for row in rows)))
    for place, row in enumerate(rows):
        whole.paste(row, (0, place * _SIDE))
    return whole


def before_and_after(before: Path, after: Path, history: History) -> Image.Image:
    """The surroundings of the first face in two photos of one size, labelled, side by side: (2 side, side) RGB."""
    whole = Image.new("RGB", (2 * _SIDE, _SIDE), "white")
    draw = ImageDraw.Draw(whole)
    font = ImageFont.load_default(size=22)
    for place, (photo, label) in enumerate(((before, "before"), (after, "after"))):
        with Image.open(photo) as picture:
            crop = picture.convert("RGB").crop(_around(history, picture.size))
        whole.paste(crop.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS), (place * _SIDE, 0))
        corner = (place * _SIDE + 18, _SIDE - 46)
        x0, y0, x1, y1 = draw.textbbox(corner, label, font=font)
        draw.rectangle((x0 - 8, y0 - 8, x1 + 8, y1 + 8), fill="black")
        draw.text(corner, label, font=font, fill="white")
    return whole


def _around(history: History, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """A square of twice the first face's height around it, as far as the picture goes."""
    x0, y0, x1, y1 = history.faces[0]["box"] if history.faces else (0, 0, *size)
    half = min(round(0.95 * (y1 - y0)), size[0] // 2, size[1] // 2)
    x = min(max((x0 + x1) // 2, half), size[0] - half)
    y = min(max((y0 + y1) // 2, half), size[1] - half)
    return x - half, y - half, x + half, y + half
