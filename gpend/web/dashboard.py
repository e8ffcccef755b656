"""What the pages work with: ledger, pictures, sessions, and how it is going, asked once for all who look."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from starlette.requests import Request

from gpend import gallery
from gpend.gallery import Progress
from gpend.settings import Settings
from gpend.web.pictures import Pictures
from gpend.web.security import Sessions

_FRESH_SECONDS = 1.5  # for which what was asked of the ledger is good enough


@dataclass
class Dashboard:
    """For one event loop."""

    ledger: Path
    pictures: Pictures
    sessions: Sessions
    settings: Callable[[], Settings] = Settings  # as the configuration has them now
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    listeners: int = 0
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)
    _told: Progress | None = None
    _told_at: float = 0.0

    async def progress(self, *, fresh: bool = False) -> Progress:
        """How it is going. However many ask, the ledger is asked once in a while; `fresh`: now. Raises FatalError."""
        async with self._asking:
            now = asyncio.get_running_loop().time()
            if fresh or self._told is None or now - self._told_at > _FRESH_SECONDS:
                self._told = await asyncio.to_thread(gallery.progress, self.ledger, self.clock(), self.settings())
                self._told_at = asyncio.get_running_loop().time()
            return self._told


def dashboard_of(request: Request) -> Dashboard:
    """What the pages of this application work with."""
    found: Dashboard = request.app.state.dashboard
    return found
