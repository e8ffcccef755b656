"""Days in the life of a daemon: slow copies, a large backlog, a second start, and things that are no photos."""

import os
import signal
import socket
import time
from pathlib import Path

from gpend.ledger import Ledger, State
from tests.journeys.journey import Journey, ending, photo, restored
from tests.waiting import PATIENCE


def test_a_photo_copied_in_slowly_is_processed_once_and_whole(tmp_path: Path) -> None:
    journey = Journey(tmp_path, {"settle_seconds": 0.5})
    daemon = journey.start()
    try:
        journey.wait(lambda: journey.starts() > 0, daemon)
        with (journey.source / "slow.jpg").open("wb", buffering=0) as file:
            for part in (photo(1)[:20], photo(1)[20:50], photo(1)[50:]):
                file.write(part)
                time.sleep(0.2)
        with (journey.source / ".fast.jpg.XYZabc").open("wb") as file:
            file.write(photo(2))
        (journey.source / ".fast.jpg.XYZabc").rename(journey.source / "fast.jpg")
        journey.wait(journey.settled(2), daemon)
    finally:
        daemon.terminate()
        assert daemon.wait(PATIENCE) == 0
    assert journey.outputs() == {"slow.jpg": restored(1), "fast.jpg": restored(2)}
    assert journey.calls().total() == 2
    with Ledger.read_only(journey.ledger) as records:
        assert records.counts_by_finder()["event"] == 2


def test_ten_thousand_in_the_backlog_do_not_keep_it_from_ending(tmp_path: Path) -> None:
    journey = Journey(tmp_path, {"engine_seconds": 0.5, "slots": 2})
    for number in range(10_000):
        (journey.source / f"{number}.jpg").write_bytes(photo(number))
    with ending(journey.start()) as daemon:
        journey.wait(lambda: journey.counts()[State.WAITING] > 9_000, daemon)
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(PATIENCE) == 0, journey.log()
    counts = journey.counts()
    assert counts[State.WORKING] == 0
    assert counts[State.FAILED] == 0
    assert set(journey.outputs().values()) <= {restored(number) for number in range(10_000)}


def test_a_second_daemon_on_the_same_ledger_refuses_and_the_first_goes_on(tmp_path: Path) -> None:
    journey = Journey(tmp_path)
    first = journey.start()
    try:
        journey.wait(journey.ledger.exists, first)
        assert journey.start().wait(PATIENCE) != 0
        assert "Another gpend is already working" in journey.log()
        (journey.source / "a.jpg").write_bytes(photo(1))
        journey.wait(journey.settled(1), first)
    finally:
        first.terminate()
        assert first.wait(PATIENCE) == 0


def test_things_that_are_no_photos_hold_nobody_up(tmp_path: Path) -> None:
    journey = Journey(tmp_path)
    os.mkfifo(journey.source / "pipe.jpg")
    (journey.source / "folder.jpg").mkdir()
    (journey.source / "round").symlink_to(journey.source)
    with socket.socket(socket.AF_UNIX) as listener:
        folder = os.open(journey.source, os.O_RDONLY)
        listener.bind(f"/proc/self/fd/{folder}/socket.jpg")
        os.close(folder)
    names = [b"caf\xe9.jpg", b"y" * 246 + b".jpg"]
    for number, name in enumerate(names):
        (journey.source / os.fsdecode(name)).write_bytes(photo(number))
    (journey.source / "broken.jpg").write_bytes(b"broken, and much more of it")
    journey.finish(until=journey.settled(3))
    assert {os.fsencode(name) for name in journey.outputs()} == set(names)
    assert journey.counts()[State.FAILED] == 1


def test_a_folder_that_is_away_for_a_while_costs_nothing(tmp_path: Path) -> None:
    journey = Journey(tmp_path)
    (journey.source / "a.jpg").write_bytes(photo(1))
    daemon = journey.start()
    try:
        journey.wait(journey.settled(1), daemon)
        journey.source.rename(tmp_path / "away")
        time.sleep(1.0)
        (tmp_path / "away").rename(journey.source)
        (journey.source / "b.jpg").write_bytes(photo(2))
        journey.wait(journey.settled(2), daemon)
    finally:
        daemon.terminate()
        assert daemon.wait(PATIENCE) == 0
    assert journey.outputs() == {"a.jpg": restored(1), "b.jpg": restored(2)}
    assert journey.calls().total() == 2


def test_it_says_how_it_is_to_systemd(tmp_path: Path) -> None:
    journey = Journey(tmp_path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(f"\0gpend-journey-{os.getpid()}")
        systemd.settimeout(PATIENCE)
        with ending(journey.start(NOTIFY_SOCKET=f"@gpend-journey-{os.getpid()}", WATCHDOG_USEC="2000000")) as daemon:
            heard = {systemd.recv(4096).decode().split("=")[0] for _ in range(3)}
            assert heard == {"READY", "WATCHDOG", "STATUS"}
            daemon.terminate()
            while systemd.recv(4096) != b"STOPPING=1":  # before its end: what nobody reads is lost in the end
                pass
            assert daemon.wait(PATIENCE) == 0
