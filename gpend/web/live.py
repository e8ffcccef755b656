"""What an open page is told while gpend works: server-sent events, and whether a photo has changed."""

import asyncio
import json
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from gpend import gallery
from gpend.errors import GpendError
from gpend.web import pages
from gpend.web.dashboard import dashboard_of

LISTENERS = 64
"""Pages that are told, at a time; whoever comes later sees what there was when the page was loaded."""

_EVENT_SECONDS = 2.0
_LONGEST = 900  # events to one page; its browser asks again by itself


async def events(request: Request) -> Response:
    """How it is going, again and again."""
    own = dashboard_of(request)
    if own.listeners >= LISTENERS:
        return PlainTextResponse("too many listeners", status_code=503, headers={"Retry-After": "60"})

    async def told() -> AsyncIterator[str]:
        if own.listeners >= LISTENERS:  # others came between the answer and its first word
            return
        own.listeners += 1  # only here: what follows ends for certain, also for a browser that is gone already
        try:
            for _ in range(_LONGEST):
                if await request.is_disconnected():
                    break
                yield await _event(request)
                await asyncio.sleep(_EVENT_SECONDS)
        finally:
            own.listeners -= 1

    return StreamingResponse(told(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def _event(request: Request) -> str:
    try:
        far = await dashboard_of(request).progress()
    except GpendError:
        return ": the ledger cannot be read at the moment\n\n"
    return f"data: {json.dumps(pages.event(request, far))}\n\n"


async def photo_state(request: Request) -> Response:
    """What a page of a photo that waits for gpend asks now and then."""
    found = await asyncio.to_thread(gallery.shown, dashboard_of(request).ledger, request.path_params["photo"])
    told = {} if found is None else {"state": found.entry.state, "updated": found.entry.updated}
    return JSONResponse(told, headers={"Cache-Control": "no-store"})
