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
    refusals: list[tuple[int, dict[str, str]]] = field(default_factory=list)  # what the first requests are answered
    headers: dict[str, str] = field(default_factory=dict)  # told with every answer
    tag: str = ""  # the ETag of the content
    is_careful: bool = True  # whether it sends all of it to who has begun with another ETag
    tells_length: bool = True
    shift: int = 0  # bytes before those asked for that it begins with
    asked: list[str] = field(default_factory=list)  # the Range of each request, "" for the whole
    url: str = ""


@contextmanager
def published(publisher: Publisher) -> Iterator[Publisher]:
    """`publisher` at work, under its `url`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            publisher.asked.append(self.headers.get("Range", ""))
            if publisher.refusals:
                self._say(*publisher.refusals.pop(0))
                return
            start = _start(publisher, self.headers.get("If-Range", ""))
            if start and start >= len(publisher.content):
                self._say(416, {"Content-Range": f"bytes */{len(publisher.content)}"})
                return
            start = max(0, start - publisher.shift)
            rest = publisher.content[start:]
            told = {"ETag": publisher.tag} if publisher.tag else {}
            told |= {"Content-Length": str(len(rest))} if publisher.tells_length else {}
            if start or (publisher.asked[-1] and publisher.shift):
                end = len(publisher.content)
                told |= {"Content-Range": f"bytes {start}-{end - 1}/{end}"}
            self._say(206 if "Content-Range" in told else publisher.status, told | publisher.headers)
            with suppress(ConnectionError):  # who asked has gone
                self.wfile.write(rest[: publisher.break_after.pop(0)] if publisher.break_after else rest)

        def _say(self, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

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


def _start(publisher: Publisher, begun: str) -> int:
    wanted = publisher.asked[-1].removeprefix("bytes=").removesuffix("-")
    is_same = begun in ("", publisher.tag) or not publisher.is_careful
    return int(wanted) if wanted and publisher.ranges and is_same else 0
