"""Serve the dashboard with uvicorn until stopped."""

from collections.abc import Callable, Sequence
from pathlib import Path

import uvicorn

from gpend.web import security
from gpend.web.app import application

_TOKEN = "web-token"  # noqa: S105 - the name of a file
_CACHE = "web-cache"
_KEEP_ALIVE = 5  # seconds; few connections are left open on a small machine
_AT_ONCE = 200  # connections


def new_token(ledger: Path) -> str:
    """Make a token for the dashboard of this ledger, and forget the one before. Raises FatalError."""
    return security.make_token(ledger.parent / _TOKEN)


def sessions_for(ledger: Path, host: str, names: Sequence[str], say: Callable[[str], None]) -> security.Sessions:
    """Who may come in at this address; beyond the machine itself with a token, which is shown at the first start."""
    hosts = [*security.LOOPBACK, *names, *([] if host in ("0.0.0.0", "::") else [host])]  # noqa: S104 - a comparison
    if host in security.LOOPBACK and not names:
        return security.Sessions(None, hosts)
    token = security.read_token(ledger.parent / _TOKEN)
    if token is None:
        say(f"The token for logging in, shown this once: {new_token(ledger)}")
        token = security.read_token(ledger.parent / _TOKEN)
    return security.Sessions(token, hosts)


def serve(ledger: Path, host: str, port: int, names: Sequence[str], say: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    app = application(ledger, sessions_for(ledger, host, names, say), ledger.parent / _CACHE)
    say(f"The dashboard: http://{host}:{port}/")
    uvicorn.run(
        app, host=host, port=port, log_level="warning", server_header=False, access_log=False,
        timeout_keep_alive=_KEEP_ALIVE, limit_concurrency=_AT_ONCE, timeout_graceful_shutdown=3,
    )  # fmt: skip
