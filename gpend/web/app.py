"""The dashboard as a Starlette application: its addresses, and what answers at each."""

import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from gpend import liveness
from gpend.errors import GpendError
from gpend.settings import Settings
from gpend.web import actions, entrance, health, live, views
from gpend.web.dashboard import Dashboard
from gpend.web.guard import Guard
from gpend.web.pictures import Pictures, Renderer
from gpend.web.security import Sessions


def application(
    ledger_file: Path, sessions: Sessions, cache: Path, settings: Callable[[], Settings] = Settings
) -> Starlette:
    """The dashboard of the daemon whose ledger this is. Pictures are kept below `cache`."""
    renderer = Renderer()

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await renderer.close()

    app = Starlette(
        routes=[
            Route("/", views.overview),
            Route("/photos", views.photos),
            Route("/photos/{photo:int}", views.photo),
            Route("/photos/{photo:int}/state", live.photo_state),
            Route("/photos/{photo:int}/{which}/face-{face:int}.jpg", views.face),
            Route("/photos/{photo:int}/{which}/{size}.jpg", views.picture),
            Route("/photos/{photo:int}/retry", actions.retry, methods=["POST"]),
            Route("/photos/{photo:int}/decide", actions.decide, methods=["POST"]),
            Route("/photos/decide", actions.decide_all, methods=["POST"]),
            Route("/tuning", views.tuning),
            Route("/confirm", actions.confirm, methods=["POST"]),
            Route("/rejudge", actions.rejudge, methods=["POST"]),
            Route("/pause", actions.pause, methods=["POST"]),
            Route("/resume", actions.resume, methods=["POST"]),
            Route("/events", live.events),
            *(Route(path, health.told) for path in liveness.PATHS),
            Route("/login", entrance.login, methods=["GET", "POST"]),
            Route("/logout", entrance.logout, methods=["POST"]),
            Mount("/static", StaticFiles(packages=[("gpend.web", "static")])),
        ],
        middleware=[Middleware(Guard, sessions=sessions)],
        exception_handlers={HTTPException: views.failed, GpendError: views.unreadable},
        lifespan=lifespan,
    )
    app.state.dashboard = Dashboard(ledger_file, Pictures(renderer, cache), sessions, settings)
    return app
