"""The dashboard as a Starlette application: its addresses, and what answers at each."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from gpend import gallery, ledger, liveness
from gpend.core.photo import Box
from gpend.errors import GpendError
from gpend.ledger import Choice, Facts, Ledger, State
from gpend.web import health, pages
from gpend.web.guard import Guard
from gpend.web.pages import html
from gpend.web.pictures import Pictures, Renderer, UnshowableError
from gpend.web.security import Sessions

SIDES = {"small": 480, "large": 1600, "full": 0}
"""Long sides of the pictures that can be had, by name; 0 is the largest there is."""

_LISTENERS = 64  # of server-sent events, at a time
_EVENT_SECONDS = 2.0
_DIGITS = 19  # a number of so many may be too large for the ledger
_LAST = 8  # restored photos on the overview
_STATES = [state for state in State if state is not State.GONE]
_VERDICTS = ("restored", "sharp", "small", "gone", "profile", "covered", "background", "hidden", "unsure", "refused")


@dataclass
class Dashboard:
    """What the pages work with."""

    ledger: Path
    pictures: Pictures
    sessions: Sessions
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    listeners: int = 0


def application(ledger_file: Path, sessions: Sessions, cache: Path) -> Starlette:
    """The dashboard of the daemon whose ledger this is. Pictures are kept below `cache`."""
    renderer = Renderer()
    dashboard = Dashboard(ledger_file, Pictures(renderer, cache), sessions)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await renderer.close()

    app = Starlette(
        routes=[
            Route("/", overview),
            Route("/photos", photos),
            Route("/photos/{photo:int}", photo),
            Route("/photos/{photo:int}/{which}/{size}.jpg", picture),
            Route("/photos/{photo:int}/retry", retry, methods=["POST"]),
            Route("/confirm", confirm, methods=["POST"]),
            Route("/events", events),
            *(Route(path, health.told) for path in liveness.PATHS),
            Route("/login", login, methods=["GET", "POST"]),
            Route("/logout", logout, methods=["POST"]),
            Mount("/static", StaticFiles(packages=[("gpend.web", "static")])),
        ],
        middleware=[Middleware(Guard, sessions=sessions)],
        exception_handlers={HTTPException: _failed, GpendError: _unreadable},
        lifespan=lifespan,
    )
    app.state.dashboard = dashboard
    return app


def dashboard_of(request: Request) -> Dashboard:
    """What the pages of this application work with."""
    found: Dashboard = request.app.state.dashboard
    return found


async def overview(request: Request) -> Response:
    """How it is going, and what came out last."""
    own = dashboard_of(request)
    now = own.clock()
    far = await asyncio.to_thread(gallery.progress, own.ledger, now)
    last = await asyncio.to_thread(gallery.page, own.ledger, Choice(state=State.RESTORED), None, _LAST)
    return html(request, "overview.html", far=far, last=last.entries, now=now)


async def photos(request: Request) -> Response:
    """The photos that fit what was chosen, a page at a time."""
    own = dashboard_of(request)
    asked = request.query_params
    choice = Choice(
        state=_state(asked.get("state")),
        folder=_number(asked.get("folder", "")),
        text=asked.get("q", "")[:200],
        verdict=asked.get("verdict") if asked.get("verdict") in _VERDICTS else None,
    )
    found = await asyncio.to_thread(gallery.page, own.ledger, choice, asked.get("after"))
    far = await asyncio.to_thread(gallery.progress, own.ledger, own.clock())
    more = urlencode({**{key: value for key, value in asked.items() if key != "after"}, "after": found.next})
    following = more if found.next else None
    tables = {"states": _STATES, "verdicts": _VERDICTS, "folders": far.folders}
    return html(request, "photos.html", page=found, choice=choice, more=following, tables=tables)


async def photo(request: Request) -> Response:
    """One photo: before and after, its faces, what is known of it."""
    own = dashboard_of(request)
    found = await asyncio.to_thread(gallery.shown, own.ledger, request.path_params["photo"])
    if found is None:
        raise HTTPException(404)
    places = await asyncio.to_thread(gallery.files, own.ledger, found.entry.id)
    faces: list[tuple[Facts, Box | None]] = [(face, None) for face in found.faces]
    problem, size = "", None
    try:
        if places is not None:
            about = await own.pictures.facts(places.photo)
            size = pages.shown_size(about)
            faces = [(face, _placed(face)) for face in found.faces]
    except UnshowableError as error:
        problem = str(error)
    return html(request, "photo.html", shown=found, problem=problem, size=size, faces=faces)


def _placed(face: Facts) -> Box | None:
    """The face's box in the upright photo, as the core tells it."""
    box = face.get("box")
    if not isinstance(box, list) or len(box) != 4:  # noqa: PLR2004 - the edges of a box
        return None
    x0, y0, x1, y1 = (float(edge) for edge in box)
    return x0, y0, x1, y1


async def picture(request: Request) -> Response:
    """A JPEG of a photo or of its output. Addresses hold numbers only: no path comes from a browser."""
    own = dashboard_of(request)
    which, size = request.path_params["which"], request.path_params["size"]
    places = await asyncio.to_thread(gallery.files, own.ledger, request.path_params["photo"])
    if places is None or which not in ("before", "after") or size not in SIDES:
        raise HTTPException(404)
    path, content = (places.photo, places.content) if which == "before" else (places.output, places.output_content)
    if path is None:
        raise HTTPException(404)
    try:
        made = await own.pictures.picture(path, content, SIDES[size])
    except UnshowableError as error:
        raise HTTPException(404, str(error)) from error
    return Response(made, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=300"})


async def retry(request: Request) -> Response:
    """Try a photo again: noted in the ledger, done by the daemon."""
    own = dashboard_of(request)
    places = await asyncio.to_thread(gallery.files, own.ledger, request.path_params["photo"])
    if places is None:
        raise HTTPException(404)
    await asyncio.to_thread(Ledger.request, own.ledger, ledger.Request.RETRY, [places.photo])
    return RedirectResponse(f"/photos/{request.path_params['photo']}?noted=1", status_code=303)


async def confirm(request: Request) -> Response:
    """Allow the mass change that gpend stopped at."""
    await asyncio.to_thread(Ledger.request, dashboard_of(request).ledger, ledger.Request.CONFIRM)
    return RedirectResponse("/?noted=1", status_code=303)


async def events(request: Request) -> Response:
    """How it is going, again and again, as server-sent events; a page that is open shows it."""
    own = dashboard_of(request)
    if own.listeners >= _LISTENERS:
        return PlainTextResponse("too many listeners", status_code=503)
    own.listeners += 1

    async def told() -> AsyncIterator[str]:
        try:
            while not await request.is_disconnected():
                far = await asyncio.to_thread(gallery.progress, own.ledger, own.clock())
                yield f"data: {json.dumps(pages.event(request, far))}\n\n"
                await asyncio.sleep(_EVENT_SECONDS)
        finally:
            own.listeners -= 1

    return StreamingResponse(told(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def login(request: Request) -> Response:
    """Ask for the token, or take it."""
    sessions, wrong = dashboard_of(request).sessions, False
    if request.method == "POST":
        form = await request.form()
        session = sessions.begin(str(form.get("token", "")), asyncio.get_running_loop().time())
        if session is not None:
            answer = RedirectResponse("/", status_code=303)
            pages.set_session(answer, request, session)
            return answer
        wrong = True
    return html(request, "login.html", wrong=wrong, status_code=403 if wrong else 200)


async def logout(request: Request) -> Response:
    """End the session."""
    dashboard_of(request).sessions.end(request.cookies.get(pages.SESSION))
    answer = RedirectResponse("/login", status_code=303)
    answer.delete_cookie(pages.SESSION)
    return answer


async def _failed(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else ""
    return html(request, "problem.html", status_code=status, status=status, detail=detail)


async def _unreadable(request: Request, error: Exception) -> Response:
    return html(request, "problem.html", status_code=503, status=503, detail=str(error))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < _DIGITS else None


def _state(name: str | None) -> State | None:
    return next((state for state in _STATES if state.value == name), None)
