"""Serve the dashboard with uvicorn until stopped."""

from collections.abc import Callable
from pathlib import Path

import uvicorn

from gpend.settings import Settings, WebSettings
from gpend.web import security
from gpend.web.app import application

_TOKEN = "web-token"  # noqa: S105 - the name of a file
_CACHE = "web-cache"
_KEEP_ALIVE = 5  # seconds; few connections are left open on a small machine
_AT_ONCE = 200  # connections


def new_token(ledger: Path) -> str:
    """Make a token for the dashboard of this ledger, and forget the one before. Raises FatalError."""
    return security.make_token(ledger.parent / _TOKEN)


def sessions_for(ledger: Path, web: WebSettings, say: Callable[[str], None]) -> security.Sessions:
    """Who may come in at this address; beyond the machine itself with a token, which is shown at the first start.

    Behind a proxy that people log in at, whoever it vouches for comes in too.
    """
    everywhere = web.host in ("0.0.0.0", "::")  # noqa: S104 - a comparison
    hosts = [*security.LOOPBACK, *web.names, *([] if everywhere else [web.host])]
    proxy = security.TrustedProxy(web.trusted_header, web.trusted_proxies)
    if web.host in security.LOOPBACK and not web.names and not web.trusted_header:
        return security.Sessions(None, hosts)
    token = security.read_token(ledger.parent / _TOKEN)
    if token is None:
        say(f"The token for logging in, shown this once: {new_token(ledger)}")
        token = security.read_token(ledger.parent / _TOKEN)
    return security.Sessions(token, hosts, proxy)


def serve(settings: Settings, current: Callable[[], Settings], say: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl-C; `current` are the settings as they are at that moment."""
    ledger, web = settings.ledger, settings.web
    app = application(ledger, sessions_for(ledger, web, say), ledger.parent / _CACHE, current)
    say(f"The dashboard: http://{web.host}:{web.port}/")
    uvicorn.run(
        app, host=web.host, port=web.port, log_level="warning", server_header=False, access_log=False,
        timeout_keep_alive=_KEEP_ALIVE, limit_concurrency=_AT_ONCE, timeout_graceful_shutdown=3, proxy_headers=False,
    )  # fmt: skip
