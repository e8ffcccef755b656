"""This machine as the worker of last resort: it does photos itself while no other is there, and hands over again."""

import asyncio
import time
from collections.abc import Callable

from gpend.core.report import Outcome
from gpend.core.wish import Wish
from gpend.engine import Engine
from gpend.engine.cluster.placement import Member, Placement
from gpend.errors import FatalError, GpendError

_GRACE = 10.0  # seconds without any worker until this machine does photos itself
_HERE = "here"


class NotHereError(Exception):
    """This machine takes no photo at the moment."""


class Standby:
    """Joins the workers, and leaves them. For one event loop, which it never holds up; time is an argument."""

    def __init__(
        self, make: Callable[[], Engine] | None, slots: int, placement: Placement, tell: Callable[[str], None]
    ) -> None:
        """`make` makes what does photos here; None: this machine is never to do any."""
        self._make = make
        self._slots = slots
        self._placement = placement
        self._tell = tell
        self._deserted = time.monotonic()  # since when no worker is there
        self._engine: Engine | None = None
        self._closing: set[asyncio.Task[None]] = set()

    def tend(self, now: float) -> None:
        """Join if no worker has been there for a while, and leave once one is."""
        here = self._placement.members.get(_HERE)
        if any(not each.is_local and not each.is_leaving for each in self._placement.members.values()):
            self._deserted = now
        is_needed = now - self._deserted >= _GRACE and self._make is not None
        if here is not None:
            self._keep(here, is_needed=is_needed)
        elif is_needed and self._placement.waiting and self._make is not None:
            self._tell("No worker is there: photos are processed on this machine for now")
            self._engine = self._make()
            self._placement.join(Member(_HERE, "this machine", self._slots, is_local=True))

    def _keep(self, here: Member, *, is_needed: bool) -> None:
        if here.is_leaving and is_needed:
            self._tell("No worker is there: photos are processed on this machine for now")
        here.is_leaving = not is_needed
        if here.is_leaving and not here.begun:
            self._dismiss()

    def _dismiss(self) -> None:
        self._tell("A worker is there again: photos are processed there")
        del self._placement.members[_HERE]
        engine, self._engine = self._engine, None
        if engine is not None:
            closing = asyncio.create_task(asyncio.to_thread(engine.close))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def processed(self, photo: bytes, wish: Wish | None) -> Outcome | GpendError:
        """What this machine makes of a photo. Raises NotHereError where it takes none."""
        if self._engine is None:
            raise NotHereError("it has handed over")
        try:
            submitted = self._engine.submit(photo, wish)
        except RuntimeError as error:
            raise NotHereError(f"{error}") from error
        try:
            return await asyncio.wrap_future(submitted)
        except FatalError as error:  # a reason to wait for a worker, and none for gpend to stop
            raise NotHereError(str(error)) from error
        except GpendError as error:
            return error

    async def close(self) -> None:
        """End what does photos here."""
        if self._engine is not None:
            await asyncio.to_thread(self._engine.close)
        await asyncio.gather(*self._closing, return_exceptions=True)
