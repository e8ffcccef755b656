"""The daemon says how it is to whoever asks on this machine, and nobody who asks can hold it up."""

import socket
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from gpend import liveness
from gpend.daemon.exporter import Exporter
from gpend.liveness import Answer
from tests.waiting import PATIENCE


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def listening(ledger: Path) -> Iterator[Exporter]:
    answers: dict[str, Callable[[], Answer]] = {
        liveness.HEALTHY: lambda: Answer(200, b"ok\n"),
        liveness.READY: lambda: Answer(503, b"gpend is starting.\n"),
    }
    exporter = Exporter(liveness.socket_of(ledger), answers)
    exporter.start()
    yield exporter
    exporter.close()


@pytest.mark.usefixtures("listening")
def test_who_asks_is_answered(ledger: Path) -> None:
    assert liveness.ask(ledger, liveness.HEALTHY) == Answer(200, b"ok\n")
    assert liveness.ask(ledger, liveness.HEALTHY).is_yes
    answer = liveness.ask(ledger, liveness.READY)
    assert (answer.is_yes, answer.words) == (False, "gpend is starting.")
    assert liveness.ask(ledger, "/etc/passwd").status == 404


@pytest.mark.usefixtures("listening")
def test_nobody_else_may_ask(ledger: Path) -> None:
    assert stat.S_IMODE(liveness.socket_of(ledger).stat().st_mode) == 0o600


def test_where_no_daemon_runs_nobody_answers(ledger: Path) -> None:
    assert not liveness.ask(ledger, liveness.HEALTHY).is_yes
    assert "not running" in liveness.ask(ledger, liveness.HEALTHY).words
    assert not liveness.ask(ledger.parent / "nowhere" / "ledger.sqlite", liveness.HEALTHY).is_yes


def test_a_socket_that_a_killed_gpend_left_is_no_obstacle_and_none_is_left_behind(ledger: Path) -> None:
    place = liveness.socket_of(ledger)
    with socket.socket(socket.AF_UNIX) as left, liveness.reachable(place) as name:
        left.bind(name)
    exporter = Exporter(place, {liveness.HEALTHY: lambda: Answer(200, b"ok\n")})
    exporter.start()
    assert liveness.ask(ledger, liveness.HEALTHY).is_yes
    exporter.close()
    assert not place.exists()


def test_a_socket_that_somebody_deleted_comes_back(listening: Exporter, ledger: Path) -> None:
    listening.put_back()
    assert liveness.ask(ledger, liveness.HEALTHY).is_yes
    liveness.socket_of(ledger).unlink()
    assert not liveness.ask(ledger, liveness.HEALTHY).is_yes
    listening.put_back()
    assert liveness.ask(ledger, liveness.HEALTHY).is_yes


def test_a_file_of_somebodys_in_its_place_is_left_alone_and_costs_nothing_else(ledger: Path) -> None:
    place = liveness.socket_of(ledger)
    place.write_text("mine")
    exporter = Exporter(place, {})
    exporter.start()
    exporter.close()
    assert place.read_text() == "mine"


def test_a_socket_that_cannot_be_closed_to_others_is_none_and_holds_up_no_end(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_path: Path, _mode: int) -> NoReturn:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refused)
    place = liveness.socket_of(ledger)
    exporter = Exporter(place, {})
    exporter.start()
    ended = threading.Thread(target=exporter.close, daemon=True)
    ended.start()
    ended.join(PATIENCE)
    assert not ended.is_alive()
    assert not place.exists()


def test_the_longest_path_can_be_asked(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a folder with a long name"] * 8)
    deep.mkdir(parents=True)
    exporter = Exporter(liveness.socket_of(deep / "ledger.sqlite"), {liveness.READY: lambda: Answer(200, b"ready\n")})
    exporter.start()
    assert liveness.ask(deep / "ledger.sqlite", liveness.READY).is_yes
    exporter.close()


@pytest.mark.usefixtures("listening")
def test_who_hangs_up_or_talks_nonsense_keeps_nobody_from_asking(ledger: Path) -> None:
    for said in (b"", b"\0\xff\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"POST /healthz HTTP/1.1\r\n\r\n"):
        with socket.socket(socket.AF_UNIX) as asker, liveness.reachable(liveness.socket_of(ledger)) as name:
            asker.connect(name)
            asker.sendall(said)
    assert liveness.ask(ledger, liveness.HEALTHY).is_yes
