"""The pages, and the pictures on them. Addresses hold numbers only: no path comes from a browser."""

import asyncio
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gpend import gallery
from gpend.core.report import Verdict
from gpend.core.wish import Box, box_of
from gpend.distribution import BINS, distribution
from gpend.gallery import COUNTED, Files, Shown
from gpend.ledger import Choice, Decision, DecisionKind, Facts, State
from gpend.reports import BEYOND_RESTORING
from gpend.web import pages
from gpend.web.asked import STATES, address_of, choice_of, share
from gpend.web.dashboard import dashboard_of
from gpend.web.pages import html
from gpend.web.pictures import UnshowableError

SIDES = {"small": 640, "large": 1600, "full": 0}
"""Long sides of the pictures that can be had, by name; 0 is the largest there is."""

_FACE_SIDE = 360
_AROUND = 0.45  # of a face's box, on every side, that is shown with it
_LAST = 9  # restored photos on the overview
_BORDERLINE = 12
_MIXED = 3  # faces on which a strength is tried
_NOT_FOUND = 404


async def overview(request: Request) -> Response:
    """How it is going, and what came out last."""
    own = dashboard_of(request)
    far = await own.progress(fresh=True)
    last = await asyncio.to_thread(gallery.page, own.ledger, Choice(state=State.RESTORED), None, _LAST)
    return html(request, "overview.html", far=far, last=last.entries, now=own.clock())


async def photos(request: Request) -> Response:
    """The photos that fit what was chosen, a page at a time."""
    own, asked = dashboard_of(request), request.query_params
    choice = choice_of(asked, pages.english(request))
    found = await asyncio.to_thread(gallery.browse, own.ledger, choice, asked.get("after"))
    more = address_of(asked, after=found.page.next) if found.page.next else None
    tables = {
        "states": STATES, "verdicts": [each.value for each in Verdict], "folders": found.folders,
        "cameras": found.cameras,
    }  # fmt: skip
    return html(
        request, "photos.html", page=found.page, choice=choice, more=more, tables=tables, asked=asked,
        is_filtered=choice != Choice(), counted=COUNTED,
    )  # fmt: skip


@dataclass(frozen=True)
class ShownFace:
    """A face on the page of its photo."""

    number: int
    told: Facts
    box: Box | None  # in the upright photo
    decision: str | None  # what a person has decided about it

    @property
    def can_be_restored(self) -> bool:
        """May a person have it restored, which it is not? Not where it holds too little."""
        return self.told.get("verdict") not in ("restored", *BEYOND_RESTORING)


async def photo(request: Request) -> Response:
    """One photo: before and after, its faces, what is known of it."""
    own = dashboard_of(request)
    found = await asyncio.to_thread(gallery.shown, own.ledger, request.path_params["photo"])
    if found is None:
        raise HTTPException(_NOT_FOUND)
    problem, size = "", None
    try:
        size = pages.shown_size(await own.pictures.facts(found.files.photo))
    except UnshowableError as error:
        problem = str(error)
    faces = _faces(found)
    middle = _middle(faces, found.entry.face, size)
    return html(request, "photo.html", shown=found, problem=problem, size=size, faces=faces, middle=middle)


def _middle(faces: list[ShownFace], number: int | None, size: tuple[int, int] | None) -> float:
    """Where the line between before and after stands at first, as a share of the width: through the restored face."""
    box = faces[number - 1].box if number else None
    return 0.5 if box is None or size is None else min(0.9, max(0.1, (box[0] + box[2]) / 2 / size[0]))


def _faces(found: Shown) -> list[ShownFace]:
    boxes = [box_of(face.get("box")) for face in found.history.faces]
    return [
        ShownFace(place + 1, face, boxes[place], _decided(found.decision, boxes[place]))
        for place, face in enumerate(found.history.faces)
    ]


def _decided(decision: Decision | None, box: Box | None) -> str | None:
    """What a person has decided about a single face."""
    if decision is None or box is None or decision.kind not in (DecisionKind.FACES, DecisionKind.RESTORE):
        return None
    if decision.faces.refuses(box):
        return "leave"
    return "restore" if decision.faces.wants(box) else None


async def tuning(request: Request) -> Response:
    """How sharp the faces are that were seen, and what another threshold or strength would do."""
    own = dashboard_of(request)
    settings = own.settings()
    today, strength = settings.triage.sharpness_threshold, settings.restore.strength
    wanted = share(request.query_params.get("threshold", ""), today)
    seen = await asyncio.to_thread(distribution, own.ledger, wanted, _BORDERLINE)
    found = await asyncio.to_thread(gallery.page, own.ledger, Choice(state=State.RESTORED), None, _LAST)
    last = [entry for entry in found.entries if entry.face][:_MIXED]
    return html(
        request, "tuning.html", seen=seen, wanted=wanted, today=today, bins=BINS, strength=strength, last=last,
        restored=found.total,
    )  # fmt: skip


async def picture(request: Request) -> Response:
    """A JPEG of a photo or of its output."""
    size = request.path_params["size"]
    if size not in SIDES:
        raise HTTPException(_NOT_FOUND)
    return await _picture(request, await _files(request), SIDES[size], None)


async def face(request: Request) -> Response:
    """A JPEG of one face with what is around it."""
    found = await asyncio.to_thread(gallery.shown, dashboard_of(request).ledger, request.path_params["photo"])
    number = request.path_params["face"]
    if found is None or not 1 <= number <= len(found.history.faces):
        raise HTTPException(_NOT_FOUND)
    box = box_of(found.history.faces[number - 1].get("box"))
    if box is None:
        raise HTTPException(_NOT_FOUND)
    return await _picture(request, found.files, _FACE_SIDE, _square(box))


def _square(box: Box) -> Box:
    """A square around a face."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    half = max(box[2] - box[0], box[3] - box[1]) * (0.5 + _AROUND / 2)
    return x - half, y - half, x + half, y + half


async def _files(request: Request) -> Files:
    places = await asyncio.to_thread(gallery.files, dashboard_of(request).ledger, request.path_params["photo"])
    if places is None:
        raise HTTPException(_NOT_FOUND)
    return places


async def _picture(request: Request, places: Files, side: int, crop: Box | None) -> Response:
    which = request.path_params["which"]
    if which not in ("before", "after"):
        raise HTTPException(_NOT_FOUND)
    is_before = which == "before"
    path, content = (places.photo, places.content) if is_before else (places.output, places.output_content)
    if path is None:
        raise HTTPException(_NOT_FOUND)
    try:
        made = await dashboard_of(request).pictures.picture(path, content, side, crop)
    except UnshowableError as error:
        raise HTTPException(_NOT_FOUND, str(error)) from error
    return Response(made, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=300"})


async def failed(request: Request, error: Exception) -> Response:
    """Something that cannot be shown, or done."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else ""
    return html(request, "problem.html", status_code=status, status=status, detail=detail)


async def unreadable(request: Request, error: Exception) -> Response:
    """The ledger, or the configuration, cannot be read."""
    return html(request, "problem.html", status_code=503, status=503, detail=str(error))
