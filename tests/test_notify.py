"""Words to systemd: the right ones, to the right socket, and never a reason to fail."""

import os
import socket
from pathlib import Path

import pytest

from gpend.notify import Notifier


@pytest.fixture(params=["file", "abstract"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "notify") if request.param == "file" else f"@gpend-test-{os.getpid()}"


def test_systemd_hears_every_word(address: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind("\0" + address[1:] if address.startswith("@") else address)
        notifier = Notifier.from_environment({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "30000000"})
        notifier.ready()
        notifier.status("3 to do\nand more")
        notifier.status("3 to do\nand more")
        notifier.watchdog()
        notifier.reloading()
        notifier.stopping()
        heard = [systemd.recv(4096).decode() for _ in range(5)]
        notifier.close()
    assert heard[:3] == ["READY=1", "STATUS=3 to do and more", "WATCHDOG=1"]
    assert heard[3].startswith("RELOADING=1\nMONOTONIC_USEC=")
    assert heard[4] == "STOPPING=1"
    assert notifier.watchdog_seconds == 30.0


def test_without_systemd_it_is_silent() -> None:
    notifier = Notifier.from_environment({})
    notifier.ready()
    notifier.close()
    assert notifier.watchdog_seconds is None


def test_a_systemd_that_is_not_there_harms_nobody(tmp_path: Path) -> None:
    notifier = Notifier(str(tmp_path / "nobody"))
    notifier.ready()
    notifier.close()
    notifier.watchdog()


def test_another_process_watchdog_is_not_ours() -> None:
    environment = {"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}
    assert Notifier.from_environment(environment).watchdog_seconds is None
