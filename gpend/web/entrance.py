"""Where people come in from other machines, and leave."""

import asyncio

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gpend.web import pages
from gpend.web.dashboard import dashboard_of
from gpend.web.pages import html


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
