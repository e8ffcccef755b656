"""However many ask how it is going, the ledger is asked once in a while."""

import asyncio
from pathlib import Path

import pytest

from gpend import gallery
from gpend.web import dashboard
from gpend.web.dashboard import Dashboard
from gpend.web.pictures import Pictures, Renderer
from gpend.web.security import Sessions
from tests.waiting import PATIENCE


def test_the_ledger_is_asked_once_for_all_who_look_and_again_for_who_must_know(
    ledger: Path, sessions: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []
    original = gallery.progress

    def counted(path: Path, *arguments: object) -> object:
        asked.append(path)
        return original(path, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(gallery, "progress", counted)
    monkeypatch.setattr(dashboard, "_FRESH_SECONDS", PATIENCE)

    async def look() -> None:
        renderer = Renderer()
        own = Dashboard(ledger, Pictures(renderer, tmp_path / "cache"), sessions)
        told = await asyncio.gather(*(own.progress() for _ in range(20)))
        assert len({id(each) for each in told}) == 1
        assert asked == [ledger]
        assert (await own.progress(fresh=True)).found == told[0].found
        assert asked == [ledger, ledger]
        await renderer.close()

    asyncio.run(look())
