"""What people do on the pages: noted in the ledger as a request, and done by the daemon."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gpend import gallery, ledger
from gpend.ledger import DecisionKind, Ledger
from gpend.web import pages
from gpend.web.asked import address_of, choice_of, number
from gpend.web.dashboard import dashboard_of

_DECISIONS = {kind.value for kind in DecisionKind if kind is not DecisionKind.FACES}
_IN_BULK = _DECISIONS | {"retry"}
_NOT_FOUND, _WRONG = 404, 400


async def retry(request: Request) -> Response:
    """Try a photo again."""
    photo = request.path_params["photo"]
    places = await asyncio.to_thread(gallery.files, dashboard_of(request).ledger, photo)
    if places is None:
        raise HTTPException(_NOT_FOUND)
    return await _asked(request, ledger.Request.RETRY, f"/photos/{photo}?noted=1", [places.photo])


async def decide(request: Request) -> Response:
    """Decide about a photo, or about one of its faces."""
    photo, form = request.path_params["photo"], _form(request)
    wanted = form.get("decision", "")
    found = await asyncio.to_thread(gallery.shown, dashboard_of(request).ledger, photo)
    if found is None:
        raise HTTPException(_NOT_FOUND)
    if wanted not in _DECISIONS:
        raise HTTPException(_WRONG)
    detail: dict[str, Any] = {"decision": wanted}
    if "face" in form:
        face = number(form["face"])
        if not face or face > len(found.history.faces):
            raise HTTPException(_WRONG)
        detail["box"] = found.history.faces[face - 1].get("box")
    return await _asked(request, ledger.Request.DECIDE, f"/photos/{photo}?noted=1", [found.files.photo], detail)


async def decide_all(request: Request) -> Response:
    """Decide about all photos that fit a filter."""
    form = _form(request)
    if form.get("decision") not in _IN_BULK:
        raise HTTPException(_WRONG)
    detail = {"decision": form["decision"], "choice": choice_of(form, pages.english(request)).as_data()}
    return await _asked(request, ledger.Request.DECIDE, f"/photos?{address_of(form, noted='1')}", (), detail)


async def confirm(request: Request) -> Response:
    """Allow the mass change that gpend stopped at."""
    return await _asked(request, ledger.Request.CONFIRM, "/?noted=1")


async def rejudge(request: Request) -> Response:
    """Judge afresh what was judged with other settings."""
    return await _asked(request, ledger.Request.REJUDGE, "/?noted=1")


async def pause(request: Request) -> Response:
    """Begin no photo for now."""
    return await _asked(request, ledger.Request.PAUSE, "/?noted=1")


async def resume(request: Request) -> Response:
    """Go on."""
    return await _asked(request, ledger.Request.RESUME, "/?noted=1")


def _form(request: Request) -> Mapping[str, str]:
    """What was sent, as the guard has read it."""
    found: Mapping[str, str] = request.scope["state"]["form"]
    return found


async def _asked(
    request: Request,
    kind: ledger.Request,
    then: str,
    photos: list[Path] | tuple[Path, ...] = (),
    detail: dict[str, Any] | None = None,
) -> Response:
    await asyncio.to_thread(Ledger.request, dashboard_of(request).ledger, kind, photos, detail)
    return RedirectResponse(then, status_code=303)
