"""Serve the dashboard with uvicorn until stopped."""

import errno
import socket
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import uvicorn

from gpend.errors import FatalError, GpendError, TransientError
from gpend.settings import Settings, WebSettings
from gpend.web import security
from gpend.web.app import application

_TOKEN = "web-token"  # noqa: S105 - the name of a file
_CACHE = "web-cache"
_KEEP_ALIVE = 5  # seconds; few connections are left open on a small machine
_AT_ONCE = 200  # connections
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - to compare with
_NO_FAMILY = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)  # `localhost` where IPv6 is switched off


def new_token(ledger: Path) -> str:
    """Make a token for the dashboard of this ledger, and forget the one before. Raises FatalError."""
    return security.make_token(ledger.parent / _TOKEN)


def sessions_for(ledger: Path, web: WebSettings, say: Callable[[str], None]) -> security.Sessions:
    """Who may come in at this address; beyond the machine itself with a token, which is shown at the first start.

    Behind a proxy that people log in at, whoever it vouches for comes in too.
    """
    is_everywhere = web.host in _EVERYWHERE
    hosts = [*security.LOOPBACK, *web.names, *([] if is_everywhere else [web.host])]
    proxy = security.TrustedProxy(web.trusted_header, web.trusted_proxies)
    if web.host in security.LOOPBACK and not web.names and not web.trusted_header:
        return security.Sessions(None, hosts)
    token = security.read_token(ledger.parent / _TOKEN)
    if token is None:
        say(f"The token for logging in, shown this once: {new_token(ledger)}")
        token = security.read_token(ledger.parent / _TOKEN)
    return security.Sessions(token, hosts, proxy, by_address=is_everywhere)


def where(web: WebSettings) -> str:
    """Where browsers find it, for people: no browser opens an address that stands for all of a machine's."""
    host = web.host
    if host in _EVERYWHERE:
        host = web.names[0] if web.names else security.LOOPBACK[0]
    told = f"The dashboard: http://{f'[{host}]' if host.count(':') > 1 and host[0] != '[' else host}:{web.port}/"
    if web.host not in _EVERYWHERE or web.names:
        return told
    return (
        f"{told}\nFrom other machines it is reached by this machine's address, as http://192.168.1.5:{web.port}/, and "
        "by a name that --name gives it, or `names` in the group `web` of the configuration: gpend web --host 0.0.0.0 "
        "--name nas.local"
    )


def serve(settings: Settings, current: Callable[[], Settings], say: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl-C; `current` are the settings as they are at that moment.

    Raises TransientError and FatalError, saying what to do, where it cannot listen there; nothing is said before.
    """
    ledger, web = settings.ledger, settings.web
    with ExitStack() as open_now:
        listeners = _listeners(web, open_now)
        app = application(ledger, sessions_for(ledger, web, say), ledger.parent / _CACHE, current)
        say(where(web))
        server = uvicorn.Server(
            uvicorn.Config(
                app, log_level="warning", server_header=False, access_log=False, timeout_keep_alive=_KEEP_ALIVE,
                limit_concurrency=_AT_ONCE, timeout_graceful_shutdown=3, proxy_headers=False,
            )
        )  # fmt: skip
        with suppress(KeyboardInterrupt):
            server.run(listeners)
        if not server.started:
            raise TransientError("The dashboard did not start. What is said above tells why.")


def _listeners(web: WebSettings, open_now: ExitStack) -> list[socket.socket]:
    """What listens at the addresses that the host's name stands for, one of each family that this machine has."""
    listeners: list[socket.socket] = []
    missing: OSError | None = None
    try:
        found = socket.getaddrinfo(web.host, web.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, address in {each[0]: each[4] for each in reversed(found)}.items():
            try:
                listeners.append(open_now.enter_context(socket.create_server(address, family=family)))
            except OSError as error:
                if error.errno not in _NO_FAMILY:
                    raise
                missing = error
        if missing is not None and not listeners:
            raise missing
    except OSError as error:
        raise _refusal(error, web) from error
    return listeners


def _refusal(error: OSError, web: WebSettings) -> GpendError:
    """Why it cannot listen there, in words."""
    match error.errno:
        case errno.EADDRINUSE:
            return TransientError(
                f"Something else listens on port {web.port} of {web.host} already, perhaps another `gpend web`. End "
                "that, or name another port: --port, or `web.port` in the configuration."
            )
        case errno.EADDRNOTAVAIL:
            return TransientError(
                f"This machine does not have the address {web.host} at the moment. Name one that it has: --host, or "
                "`web.host` in the configuration; 0.0.0.0 stands for all."
            )
        case errno.EACCES:
            return FatalError(f"This user may not listen on port {web.port}. Name one above 1023: --port.")
        case _:
            return FatalError(f"It is not possible to listen at {web.host}: {error.strerror}. Name another --host.")
