"""The daemon's side of `gpend.liveness`: a thread that answers, one question after the other."""

import socket
import socketserver
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import structlog

from gpend.liveness import Answer, reachable

log = structlog.get_logger()

_SECONDS = 5.0  # for a question, from its first byte to the last of its answer
_REST = 3600.0  # seconds for which its thread sleeps while nobody asks
_NOTHING = Answer(404, b"There is nothing here. Ask for /metrics, /healthz or /readyz.\n")


class Exporter:
    """Listens from `start` to `close`; where no socket can be made that is told, and nobody is the worse for it."""

    def __init__(self, place: Path, answers: Mapping[str, Callable[[], Answer]]) -> None:
        """`answers` are called in the exporter's own thread."""
        self._place = place
        self._answers = answers
        self._server: _Server | None = None
        self._is_told = False  # that no socket can be made

    def start(self) -> None:
        """Begin. What a killed gpend left at the socket's place goes away: whoever calls holds the ledger's lock."""
        try:
            self._server = self._listening()
        except OSError as error:
            if not self._is_told:
                log.warning("health_not_told", reason=f"{self._place} cannot be made: {error.strerror}.")
            self._is_told = True
            return
        self._is_told = False
        serve = partial(self._server.serve_forever, poll_interval=_REST)
        threading.Thread(target=serve, name="gpend-health", daemon=True).start()

    def put_back(self) -> None:
        """Listen again where somebody deleted the socket; a disk that does not tell is left alone."""
        try:
            is_there = self._place.is_socket()
        except OSError:
            return
        if not is_there:
            self.close()
            self.start()

    def _listening(self) -> "_Server":
        """A server at the socket's place, for this user alone; or none, and no socket. Raises OSError."""
        if self._place.is_socket():
            self._place.unlink()
        with reachable(self._place) as name:
            server = _Server(name, self._answered)
        try:
            self._place.chmod(0o600)
        except OSError:
            server.server_close()
            self._place.unlink()
            raise
        return server

    def close(self) -> None:
        """End, and leave no socket."""
        if self._server is not None:
            with suppress(OSError):
                self._server.socket.shutdown(socket.SHUT_RDWR)  # its thread is woken, and sees that it is to end
            self._server.shutdown()
            self._server.server_close()
            self._server = None
            with suppress(OSError):
                self._place.unlink()

    def _answered(self, path: str) -> Answer:
        answer = self._answers.get(path)
        return _NOTHING if answer is None else answer()


class _Server(socketserver.UnixStreamServer):
    request_queue_size = 16

    def __init__(self, name: str, answer: Callable[[str], Answer]) -> None:
        self.answer = answer
        super().__init__(name, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - its own signature
        """Whoever asked has gone, or asked too slowly: nobody is the worse for it."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _SECONDS

    def do_GET(self) -> None:
        """Answer."""
        answer = self.server.answer(self.path.split("?")[0])
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_: object) -> None:
        """Say nothing: it is asked every few seconds."""

    def address_string(self) -> str:
        """Nobody's in particular."""
        return ""
