"""What stands before every page: the host's name, the session, the secret of forms, and the headers of every answer."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gpend import liveness
from gpend.web import language, pages
from gpend.web.security import HEADERS, Sessions

_OPEN = ("/static/", "/login")  # for whoever has not logged in
_LARGEST_FORM = 64 << 10


_NOT_ITS_NAME = (
    "gpend does not go by this name or address, so that no other page can pass for it. Start it with --name and what "
    "stands in your browser, as gpend web --host 0.0.0.0 --name nas.local, or put it into `names`, in the group "
    "`web` of the configuration. Where it listens everywhere, as with --host 0.0.0.0, the machine's address will do."
)


class Guard:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        self._app = app
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on with headers that bind the browser."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        await self._admitted(scope, receive, guarded)

    async def _admitted(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if not self._sessions.is_known_host(headers.get("host", "")):
            await PlainTextResponse(_NOT_ITS_NAME, status_code=421)(scope, receive, send)
            return
        request = Request(scope, receive)
        address = request.client.host if request.client else ""
        is_vouched_for = self._sessions.proxy.vouches(headers, address)
        if scope["path"] in liveness.PATHS:
            await self._asked_by_machine(request, send, is_vouched_for=is_vouched_for)
            return
        known = self._sessions.admit(request.cookies.get(pages.SESSION), is_vouched_for=is_vouched_for)
        is_open = any(scope["path"].startswith(prefix) for prefix in _OPEN)
        if known is None and not is_open:
            await RedirectResponse("/login", status_code=303)(scope, receive, send)
            return
        scope.setdefault("state", {})["session"] = known
        scope["state"]["form_secret"] = self._sessions.form_secret(known) if known else ""
        if scope["method"] == "POST" and scope["path"] != "/login" and not await self._is_own_form(request, known):
            words = "This form is too old. Go back, load the page again, and repeat what you did."
            answer = PlainTextResponse(language.words(pages.language_asked(request))(words), status_code=403)
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, self._with_session(scope, known, send))

    async def _asked_by_machine(self, request: Request, send: Send, *, is_vouched_for: bool) -> None:
        """Whoever asks again and again gets no session each time. Metrics are for who may see the pages."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        is_known = is_vouched_for or self._sessions.is_token(token if kind.lower() == "bearer" else "")
        is_known = is_known or self._sessions.admit(request.cookies.get(pages.SESSION)) is not None
        if is_known or request.url.path != liveness.METRICS:
            await self._app(request.scope, request.receive, send)
            return
        words = "Show the dashboard's token: Authorization: Bearer TOKEN"
        await PlainTextResponse(words, 401, {"WWW-Authenticate": "Bearer"})(request.scope, request.receive, send)

    async def _is_own_form(self, request: Request, known: str | None) -> bool:
        if int(request.headers.get("content-length", "0") or 0) > _LARGEST_FORM:
            return False
        form = await request.form(max_files=0, max_fields=20)
        request.scope["state"]["form"] = {name: str(value) for name, value in form.items()}  # it can be read only once
        return self._sessions.is_own_form(
            request.cookies.get(pages.SESSION) and known,
            str(form.get("secret", "")),
            request.headers.get("origin"),
            request.headers.get("host", ""),
        )

    def _with_session(self, scope: Scope, known: str | None, send: Send) -> Send:
        """Give a new session's cookie to a browser that has none yet."""
        request = Request(scope)
        if known is None or request.cookies.get(pages.SESSION) == known:
            return send

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = PlainTextResponse()
                pages.set_session(answer, request, known)
                MutableHeaders(scope=message).append("set-cookie", answer.headers["set-cookie"])
            await send(message)

        return marked
