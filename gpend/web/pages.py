"""How pages are filled in: templates, language, times and sizes as people read them."""

import re
from collections.abc import Callable
from datetime import datetime
from functools import cache
from hashlib import sha256

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from gpend import __version__
from gpend.core.orientation import TRANSPOSED
from gpend.gallery import Progress
from gpend.reports import by_clock
from gpend.web import sentences
from gpend.web.language import Words, language_of, verdict, words
from gpend.web.pictures import Facts

SESSION = "gpend_session"
_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60
_UNSHOWABLE = re.compile("[\ud800-\udfff]")  # the bytes of a file's name that are no UTF-8, as Python has them


def language_asked(request: Request) -> str:
    """The language of whoever asks."""
    return language_of(request.headers.get("accept-language", ""))


def english(request: Request) -> Callable[[str], str]:
    """What makes the ledger's words of what somebody typed in their language."""
    return sentences.meant if language_asked(request) == "zh-CN" else str


def html(request: Request, template: str, *, status_code: int = 200, **context: object) -> Response:
    """A page in the language of whoever asks."""
    language = language_asked(request)
    say = words(language)
    text = (
        _environment()
        .get_template(template)
        .render(
            **context,
            say=say,
            language=language,
            secret=request.scope.get("state", {}).get("form_secret", ""),
            session=request.scope.get("state", {}).get("session"),
            path=request.url.path,
            noted="noted" in request.query_params,
            version=__version__,
            span=lambda seconds: span(seconds, say),
            moment=by_clock,
            by_camera=by_camera,
            tell=sentences.told if language == "zh-CN" else str,
        )
    )
    shown = _UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", text)
    return HTMLResponse(shown, status_code=status_code, headers={"Cache-Control": "no-store"})


def event(request: Request, far: Progress) -> dict[str, object]:
    """What an open page is told while gpend works."""
    say = words(language_asked(request))
    return {
        "done": far.done,
        "found": far.found,
        "counts": far.counts,
        "today": far.today,
        "headline": headline(far, say),
        "running": say(how(far)),
        "beside": beside(far),
    }


def beside(far: Progress) -> str:
    """What stands on the overview beside the figures, as a digest: where it is another, the page is shown anew.

    The photos that were restored last are not in it: an open page asks for them once all is done, and only if there
    are others.
    """
    status = far.status
    seen = (how(far), far.resting, far.paused_since, status.folders, status.last_errors,
            status.files_set_aside, status.judged_with_other_settings)  # fmt: skip
    return sha256(repr(seen).encode(errors="surrogateescape")).hexdigest()[:16]


def how(far: Progress) -> str:
    """Does gpend work at the moment?"""
    if not far.running:
        return "not running"
    return "resting" if far.resting else "running"


def headline(far: Progress, say: Words) -> str:
    """How far it is, in one line."""
    if not far.found:
        return say("No photos yet.")
    if far.done == far.found:
        return say("All is done.")
    told = say("{done} of {found} photos done", done=f"{far.done:,}", found=f"{far.found:,}")
    if far.found and far.status.settling == far.found - far.done:  # gpend waits for others, not they for gpend
        return f"{told} · {say('{count} not whole yet', count=f'{far.status.settling:,}')}"
    if far.seconds_left is None:
        return told
    return f"{told} · {say('about {time} left', time=span(far.seconds_left, say))}"


def span(seconds: float, say: Words) -> str:
    """A length of time, roughly."""
    if seconds >= 2 * _HOUR:
        return f"{round(seconds / _HOUR)} {say('hours')}"
    if seconds >= 2 * _MINUTE:
        return f"{round(seconds / _MINUTE)} {say('minutes')}"
    return f"{round(seconds)} {say('seconds')}"


def by_camera(told: str) -> str:
    """A moment as a camera's clock showed it, of which nobody knows how far it is from UTC: to the minute."""
    try:
        return datetime.fromisoformat(told).strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return told


def shown_size(facts: Facts) -> tuple[int, int]:
    """Width and height of a photo when it stands upright."""
    return (facts.height, facts.width) if facts.orientation in TRANSPOSED else (facts.width, facts.height)


def set_session(answer: Response, request: Request, session: str) -> None:
    """Let the browser keep its session, for itself and for this host alone."""
    answer.set_cookie(
        SESSION, session, httponly=True, samesite="strict", secure=request.url.scheme == "https", path="/"
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("gpend.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["headline"] = headline
    environment.globals["beside"] = beside
    environment.filters["pair"] = lambda word, say: (word, say(word))
    environment.filters["verdict"] = verdict
    environment.filters["verdict_pair"] = lambda name, say: (name, verdict(name, say))
    return environment
