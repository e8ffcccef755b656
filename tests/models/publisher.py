"""A web server on this machine that publishes one file, as well or as badly as a test wants."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Publisher:
    """What is published, and what was asked for."""

    content: bytes
    break_after: list[int] = field(default_factory=list)  # bytes after which each of the first answers breaks off
    ranges: bool = True  # whether it can go on in the middle
    status: int = 200
    asked: list[str] = field(default_factory=list)  # the Range of each request, "" for the whole
    url: str = ""


@contextmanager
def published(publisher: Publisher) -> Iterator[Publisher]:
    """`publisher` at work, under its `url`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            publisher.asked.append(self.headers.get("Range", ""))
            start = _start(publisher)
            if start and start >= len(publisher.content):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(publisher.content)}")
                self.end_headers()
                return
            rest = publisher.content[start:]
            self.send_response(publisher.status if not start else 206)
            self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            with suppress(ConnectionError):  # who asked has gone
                self.wfile.write(rest[: publisher.break_after.pop(0)] if publisher.break_after else rest)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own signature
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    publisher.url = f"http://127.0.0.1:{server.server_address[1]}/network.pth"
    try:
        yield publisher
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _start(publisher: Publisher) -> int:
    wanted = publisher.asked[-1].removeprefix("bytes=").removesuffix("-")
    return int(wanted) if wanted and publisher.ranges else 0
