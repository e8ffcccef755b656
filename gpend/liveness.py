"""How the daemon is asked how it is: HTTP on a socket in the file system, beside the ledger, for this machine alone.

No port is opened, so the service needs no network. The dashboard, `gpend health` and whoever else may open the socket
ask for one of PATHS.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

METRICS, HEALTHY, READY = PATHS = ("/metrics", "/healthz", "/readyz")
TROUBLE = "/trouble"  # not for the net, which the dashboard tells the others: it names folders
TEXT = "text/plain; charset=utf-8"
_SECONDS = 5.0
_GLANCE = 1.0  # seconds for what is asked by the way, of a daemon that answers at once or is stopped
_LARGEST = 8 << 20  # bytes of an answer


@dataclass(frozen=True)
class Answer:
    """What the daemon says."""

    status: int  # of HTTP; 200: yes
    body: bytes
    kind: str = TEXT

    @property
    def is_yes(self) -> bool:
        """Is it well, or ready?"""
        return self.status == 200  # noqa: PLR2004 - OK

    @property
    def words(self) -> str:
        """For people."""
        return self.body.decode(errors="replace").strip()


SILENT = Answer(503, b"gpend is not running.\n")
"""Where no daemon answers."""


def socket_of(ledger: Path) -> Path:
    """Where the daemon of a ledger listens."""
    return ledger.with_name(ledger.name + ".sock")


def trouble(ledger: Path) -> str | None:
    """What keeps the daemon of a ledger from all work and could not be put on record, in words; "" if nothing.

    None where it does not say.
    """
    answer = ask(ledger, TROUBLE, _GLANCE)
    return answer.words if answer.is_yes else None


def ask(ledger: Path, path: str, seconds: float = _SECONDS) -> Answer:
    """Ask the daemon of a ledger for one of PATHS, or for its trouble."""
    connection = _Connection(socket_of(ledger), seconds)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return Answer(answer.status, answer.read(_LARGEST), answer.headers.get("Content-Type", TEXT))
    except PermissionError:
        return Answer(503, f"You may not ask gpend: {socket_of(ledger)} is for the user that it runs as.\n".encode())
    except TimeoutError:
        return Answer(503, b"gpend does not answer.\n")
    except (OSError, HTTPException):
        return SILENT
    finally:
        connection.close()


@contextmanager
def reachable(place: Path) -> Iterator[str]:
    """A name for a socket that the kernel takes however long its path is: one of 108 bytes at most."""
    folder = os.open(place.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{place.name}"
    finally:
        os.close(folder)


class _Connection(HTTPConnection):
    """HTTP to a socket in the file system."""

    def __init__(self, place: Path, seconds: float) -> None:
        super().__init__("localhost")
        self._place = place
        self._seconds = seconds

    def connect(self) -> None:
        """As in HTTPConnection. Raises OSError."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self._seconds)
        with reachable(self._place) as name:
            self.sock.connect(name)
