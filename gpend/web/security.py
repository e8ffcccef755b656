"""Who may see the dashboard, and what a browser may do with its pages.

On the machine itself (loopback) nobody logs in: whoever runs programs there can read the photos anyway. From elsewhere
it takes the token, kept as a hash alone (256 random bits need no slow one). Forms carry a secret of the session against
cross-site requests; the Host header is checked against rebinding of names; and the content security policy lets
a page load nothing but what gpend itself serves.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from gpend.backoff import delay
from gpend.errors import FatalError
from gpend.writing import write_whole

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with no-referrer, browsers hide the origin of our own forms too
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Sent with every answer."""

LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")
_ADDRESS = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<four>[0-9.]+))(?::[0-9]{1,5})?", re.ASCII)
_SESSIONS = 256  # at a time; the oldest goes first
_FIRST_DELAY, _LONGEST_DELAY = 1.0, 300.0  # seconds after a wrong token, doubling


def make_token(file: Path) -> str:
    """A new token: what a person types, shown this once. Only its hash is written, for gpend alone to read."""
    token = secrets.token_urlsafe(32)
    try:
        write_whole(file, _digest(token).encode(), mode=0o600)
    except OSError as error:
        raise FatalError(f"The dashboard's token cannot be kept in {file}: {error.strerror}.") from error
    return token


def read_token(file: Path) -> str | None:
    """The hash of the token; None where there is none yet."""
    try:
        return file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise FatalError(f"The dashboard's token in {file} cannot be read: {error}.") from error


@dataclass(frozen=True)
class TrustedProxy:
    """A proxy that people log in at, and that says so."""

    header: str = ""  # which names the person; "": there is no such proxy
    addresses: Collection[str] = ()

    def vouches(self, headers: Mapping[str, str], address: str) -> bool:
        """Has a proxy that is believed said who this is?"""
        return bool(self.header) and address in self.addresses and bool(headers.get(self.header, "").strip())


NO_PROXY = TrustedProxy()
"""Nobody is believed."""


@dataclass
class Sessions:
    """Who has logged in. For one thread."""

    token: str | None  # its hash; None: nobody needs to log in
    hosts: Collection[str]  # names under which the dashboard may be called
    proxy: TrustedProxy = NO_PROXY
    by_address: bool = False  # may it be called by whatever address, as where it listens at all that the machine has?
    _forms: dict[str, str] = field(default_factory=dict)  # the secret of the forms, by session
    _failures: int = 0
    _locked_until: float = 0.0

    def begin(self, token: str, now: float) -> str | None:
        """A session for whoever knows the token; None where it is wrong, or asked again too soon after a wrong one."""
        if now < self._locked_until:
            return None
        if self.token is not None and not hmac.compare_digest(_digest(token), self.token):
            self._failures += 1
            self._locked_until = now + delay(_FIRST_DELAY, self._failures, _LONGEST_DELAY)
            return None
        self._failures = 0
        return self._new()

    def is_token(self, token: str) -> bool:
        """Does somebody know the token? Without one nobody is asked for it. Takes as long whatever it is."""
        return self.token is None or hmac.compare_digest(_digest(token), self.token)

    def admit(self, session: str | None, *, is_vouched_for: bool = False) -> str | None:
        """The session to go on with: this one, a new one where nobody needs to log in, or None.

        `is_vouched_for`: a proxy that is trusted has said who this is.
        """
        if session in self._forms:
            return session
        return self._new() if self.token is None or is_vouched_for else None

    def form_secret(self, session: str) -> str:
        """What a form of this session must carry."""
        return self._forms[session]

    def is_own_form(self, session: str | None, secret: str, origin: str | None, host: str) -> bool:
        """Was this sent by a form of ours? A browser tells the origin of the page that sent it."""
        own = self._forms.get(session or "")
        same = origin is None or origin.split("://", 1)[-1] == host
        return own is not None and same and hmac.compare_digest(secret, own)

    def is_known_host(self, host: str) -> bool:
        """Is this a name that the dashboard goes by, and not another one that was made to point here?

        An address points nowhere else, and a browser holds pages of another address apart.
        """
        name = host.rsplit(":", 1)[0]  # without a port, or before it
        return host in self.hosts or name in self.hosts or (self.by_address and _is_address(host))

    def end(self, session: str | None) -> None:
        """Log out."""
        self._forms.pop(session or "", None)

    def _new(self) -> str:
        session = secrets.token_urlsafe(32)
        self._forms[session] = secrets.token_urlsafe(32)
        while len(self._forms) > _SESSIONS:
            del self._forms[next(iter(self._forms))]
        return session


def _is_address(host: str) -> bool:
    """Is this an address as browsers send it, with a port or without: 192.168.1.5:8765, [fd00::5]?"""
    found = _ADDRESS.fullmatch(host)
    if found is None:
        return False
    try:
        IPv6Address(found["six"]) if found["six"] else IPv4Address(found["four"])
    except ValueError:
        return False
    return True


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
