"""However many pages are open, a bounded number of them is told, and the ledger is asked once for all of them."""

import asyncio
from pathlib import Path
from typing import NoReturn

import pytest
from starlette.requests import ClientDisconnect

from gpend import gallery
from gpend.web import dashboard, live
from gpend.web.app import application
from gpend.web.security import Sessions
from tests.waiting import PATIENCE

_MANY = 1000


async def _status(app: object, started: asyncio.Event) -> int:
    """Listen for events until told to end; the status of the answer."""
    found: list[int] = []

    async def receive() -> dict[str, object]:
        await started.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            found.append(int(str(message["status"])))

    await app(_scope(), receive, send)  # type: ignore[operator]
    return found[0]


def _scope() -> dict[str, object]:
    """A browser asks for events."""
    return {
        "type": "http", "method": "GET", "path": "/events", "raw_path": b"/events", "query_string": b"",
        "headers": [(b"host", b"127.0.0.1")], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        "scheme": "http", "root_path": "", "http_version": "1.1", "asgi": {"version": "3.0", "spec_version": "2.4"},
    }  # fmt: skip


def test_of_a_thousand_listeners_few_are_told_and_the_ledger_is_asked_once(
    ledger: Path, sessions: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    original = gallery.progress

    def counted(*arguments: object) -> object:
        asked.append(1)
        return original(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(gallery, "progress", counted)
    monkeypatch.setattr(dashboard, "_FRESH_SECONDS", PATIENCE)  # so many take their time
    app = application(ledger, sessions, tmp_path / "cache")

    async def listen() -> list[int]:
        ended = asyncio.Event()
        listeners = [asyncio.create_task(_status(app, ended)) for _ in range(_MANY)]
        while sum(task.done() for task in listeners) < _MANY - live.LISTENERS:
            await asyncio.wait(listeners, timeout=0.05)
        ended.set()
        return await asyncio.gather(*listeners)

    statuses = asyncio.run(listen())
    assert statuses.count(200) == live.LISTENERS
    assert statuses.count(503) == _MANY - live.LISTENERS
    assert len(asked) == 1
    assert app.state.dashboard.listeners == 0


def test_a_browser_that_is_gone_before_the_first_word_takes_up_no_place(
    ledger: Path, sessions: Sessions, tmp_path: Path
) -> None:
    app = application(ledger, sessions, tmp_path / "cache")

    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    async def send(_: object) -> NoReturn:
        raise OSError

    async def ask() -> None:
        for _ in range(3):
            with pytest.raises((OSError, ClientDisconnect)):
                await app(_scope(), receive, send)

    asyncio.run(ask())
    assert app.state.dashboard.listeners == 0
