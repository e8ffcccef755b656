"""Messages to people, by apprise: the digest of the day, what is paused, what was set aside, what gpend asks.

Nothing waits for them: they are gathered, so that a thousand damaged photos are one message, and sent by a thread.
"""

import logging
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import structlog

from gpend.daemon.gathered import Gathered, keep, kept_beside, recall
from gpend.daemon.hooks import join_at_leisure
from gpend.dispatch import FolderPair
from gpend.errors import as_text
from gpend.ledger import Result, Row, State, asks_for_confirmation
from gpend.settings import NotificationSettings, Occasion

log = structlog.get_logger()

_GATHER = timedelta(minutes=5)  # from the first photo that is set aside to the message about it
_QUIET = timedelta(hours=1)  # between two such messages, and two about the same pause
_DAY = timedelta(days=1)
_GLANCE, _LOOK = 5.0, 30.0  # seconds between two looks at what is due, with something that waits and without
_TRIES = 3
_SOON = timedelta(minutes=2)  # until what could not be sent is tried again
_PATIENCE = 3.0  # seconds for what is being sent when gpend ends
_LEISURE = 60.0  # the same, where nobody waits for its end
_WAITING = 20  # messages that may wait; beyond it the oldest are lost

NONE = Gathered()


@dataclass(frozen=True)
class Message:
    """What a person reads."""

    title: str
    body: str
    about: Gathered = NONE  # what it tells of photos that were set aside


@dataclass
class Outbox:
    """What there is to say, gathered. Time is an argument: the clock that people read."""

    settings: NotificationSettings
    began: datetime
    gathered: Gathered = NONE  # photos that were set aside, of which there is no message yet
    today: Counter[State] = field(default_factory=Counter)  # photos by what became of them since the last digest
    _failed_since: datetime | None = None
    _told_failed: datetime | None = None
    _told: dict[str, datetime] = field(default_factory=dict)  # pauses that were told, by folder and reason
    _ready: deque[Message] = field(default_factory=lambda: deque(maxlen=_WAITING))

    def __post_init__(self) -> None:
        self._digest_next = _next(self.began, self.settings.digest_at)

    def apply(self, settings: NotificationSettings, now: datetime) -> None:
        """Tell of this from now on."""
        if settings.digest_at != self.settings.digest_at:
            self._digest_next = _next(now, settings.digest_at)
        self.settings = settings

    def forget(self) -> None:
        """Nobody is to hear of what was gathered."""
        self.gathered, self._failed_since = NONE, None
        self.today.clear()
        self._ready.clear()

    def failed(self, photo: str, reason: str, now: datetime) -> None:
        """A photo was set aside."""
        self._gather(Gathered(1, (as_text(f"{photo}: {reason}"),)), now)  # many ways to send refuse what is none

    def finished(self, state: State) -> None:
        """A photo has come to stand so, which is news."""
        if Occasion.DIGEST in self.settings.about:
            self.today[state] += 1

    def recall(self, gathered: Gathered, today: Counter[State], now: datetime) -> None:
        """What the last gpend had gathered when it was killed is told soon, what it had counted in the digest."""
        if Occasion.DIGEST in self.settings.about:
            self.today += today
        if gathered.count:
            self._gather(gathered, now - _GATHER)

    def _gather(self, gathered: Gathered, since: datetime) -> None:
        if Occasion.FAILED in self.settings.about:
            self.gathered += gathered
            self._failed_since = self._failed_since or since

    def paused(self, source: str, reason: str, now: datetime) -> None:
        """A folder is paused, or gpend asks a person about it."""
        asks = asks_for_confirmation(reason)
        if (Occasion.BRAKE if asks else Occasion.PAUSED) not in self.settings.about:
            return
        known = f"{source} {'' if asks else reason}"
        if known in self._told and now - self._told[known] < _QUIET:
            return
        self._told = {each: moment for each, moment in self._told.items() if now - moment < _QUIET} | {known: now}
        title = "gpend asks before it goes on" if asks else "gpend has paused a folder"
        self._ready.append(Message(title, as_text(f"{source}\n{reason}")))

    def due(self, now: datetime, *, at_end: bool = False) -> list[Message]:
        """The messages to send now; each once. `at_end`: there will be no later."""
        found = [*self._ready, *self._about_failed(now, at_end=at_end)]
        self._ready.clear()
        return found

    @property
    def is_empty(self) -> bool:
        """Is there nothing that will be due soon, but the digest?"""
        return not self._ready and self._failed_since is None

    def _about_failed(self, now: datetime, *, at_end: bool) -> Iterator[Message]:
        since, before = self._failed_since, self._told_failed
        is_early = since is None or now - since < _GATHER or (before is not None and now - before < _QUIET)
        if since is None or (is_early and not at_end):
            return
        told, lines, count = self.gathered, list(self.gathered.named), self.gathered.count
        self.gathered, self._failed_since, self._told_failed = NONE, None, now
        lines += [f"and {count - len(lines)} more"] if count > len(lines) else []
        photos = "a photo" if count == 1 else f"{count} photos"
        yield Message(f"gpend has set {photos} aside", "\n".join([*lines, "`gpend why PHOTO` tells more."]), told)

    def digest(self, now: datetime) -> Iterator[Message]:
        """The message about what became of photos since the last one, at its hour; once."""
        if now < self._digest_next:
            return
        self._digest_next = _next(now, self.settings.digest_at)
        counts, self.today = self.today, Counter()
        if Occasion.DIGEST not in self.settings.about:
            return
        told = {"restored": State.RESTORED, "left as they are": State.KEPT, "set aside": State.FAILED}
        parts = [f"{counts[state]:,} {words}" for words, state in told.items() if counts[state]]
        if parts:
            yield Message("gpend today", f"Photos: {', '.join(parts)}.")


def _next(now: datetime, at: str) -> datetime:
    """The next moment at which the clock shows `at`, such as 20:00."""
    hour, minute = (int(part) for part in at.split(":"))
    today = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return today if today > now else today + _DAY


def _local() -> datetime:
    return datetime.now().astimezone()


class Notifications:
    """A Listener that has people told, by a thread of its own; without addresses it does nothing."""

    def __init__(
        self,
        settings: NotificationSettings,
        ledger: Path,
        send: Callable[[Message], bool] | None = None,
        clock: Callable[[], datetime] = _local,
    ) -> None:
        """`send` says whether it could; by default it is apprise's."""
        self._clock = clock
        self._send = send
        self._settings = NotificationSettings()
        self._sender: tuple[tuple[str, ...], Callable[[Message], bool]] | None = None  # apprise's, for these addresses
        self._lock = threading.Lock()
        self._outbox = Outbox(settings, clock())
        self._noted: Counter[State] = Counter()  # what was kept last of those for the digest
        self._kept = kept_beside(ledger)
        self._on_their_way: list[Gathered] = []  # in messages that have not arrived yet
        self._has_recalled = False
        self._again: deque[tuple[datetime, int, Message]] = deque(maxlen=_WAITING)
        self._wake, self._is_closing = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, name="gpend-notifications", daemon=True)
        if settings.urls:
            self.apply(settings)

    @property
    def _is_on(self) -> bool:
        return bool(self._settings.urls)

    def apply(self, settings: NotificationSettings) -> None:
        """Tell of this, and to these addresses, from now on; what waits is sent to them too."""
        with self._lock:
            self._settings = settings
            self._outbox.apply(settings, self._clock())
            if not self._has_recalled:
                self._outbox.recall(*recall(self._kept), self._clock())
                self._has_recalled = True
            if not self._is_on:
                self._outbox.forget()
                self._again.clear()
                self._on_their_way.clear()
            self._keep()
        if self._is_on and self._thread.ident is None:
            self._thread.start()

    def finished(self, row: Row, result: Result) -> None:
        """As in Listener."""
        is_companion = row.is_sidecar and result.state is State.KEPT
        if not self._is_on or is_companion or result.is_known or _is_set_aside_again(row, result):
            return
        with self._lock:
            self._outbox.finished(result.state)  # it is kept now and then: a gpend that is killed tells less
            if result.state is State.FAILED:
                self._outbox.failed(str(row.path), result.reason or "", self._clock())
                self._keep()

    def paused(self, pair: FolderPair, reason: str) -> None:
        """As in Listener."""
        if self._is_on:
            with self._lock:
                self._outbox.paused(str(pair.root), reason, self._clock())
            self._wake.set()

    def close(
        self, is_hurried: Callable[[], bool] = lambda: True, tell: Callable[[str], object] = lambda _: None
    ) -> None:
        """Send what is due, for a few seconds at most, or a minute while nobody hurries.

        `tell` is told what is waited for, if it takes a while.
        """
        if self._thread.ident is not None:
            self._is_closing.set()
            self._wake.set()
            join_at_leisure(self._thread, is_hurried, _LEISURE, lambda: tell(_WAITS))
            self._thread.join(_PATIENCE)

    def step(self) -> None:
        """Send what is due."""
        self._send_due(at_end=False)

    def _send_due(self, *, at_end: bool) -> None:
        now = self._clock()
        with self._lock:
            due = [*self._outbox.due(now, at_end=at_end), *self._outbox.digest(now)]
            self._on_their_way += [message.about for message in due if message.about.count]
            if self._outbox.today != self._noted:
                self._keep()
        waiting = [(0, message) for message in due]
        while self._again and self._again[0][0] <= now:
            _, tries, message = self._again.popleft()
            waiting.append((tries, message))
        for tries, message in waiting:
            self._deliver(message, tries + 1, now)

    def _keep(self) -> None:
        """Keep what people have yet to be told for the next gpend, as this one may be killed; with the lock held."""
        self._noted = self._outbox.today.copy()
        keep(self._kept, sum(self._on_their_way, self._outbox.gathered), self._noted)

    def _work(self) -> None:
        while True:
            self._wake.clear()
            is_last = self._is_closing.is_set()  # asked first: what comes while messages are sent is told too
            self._send_due(at_end=is_last)
            if is_last:
                return
            with self._lock:
                quiet = self._outbox.is_empty and not self._again
            self._wake.wait(_LOOK if quiet else _GLANCE)

    def _deliver(self, message: Message, tries: int, now: datetime) -> None:
        is_sent = self._sent(message)
        if message.about.count and (is_sent or tries >= _TRIES):
            with self._lock:
                if message.about in self._on_their_way:
                    self._on_their_way.remove(message.about)
                self._keep()
        if is_sent:
            return
        if tries < _TRIES:
            self._again.append((now + _SOON * tries, tries, message))
        log.warning("notification_failed", what=message.title, reason=_FAILED if tries < _TRIES else _LOST)

    def _sent(self, message: Message) -> bool:
        """Send it; False if it could not be. Without addresses nobody is to hear of it."""
        if self._send is not None:
            return self._send(message)
        urls = self._settings.urls
        if urls and (self._sender is None or self._sender[0] != urls):
            self._sender = (urls, sender(urls))
        return not urls or self._sender is None or self._sender[1](message)


_WAITS = (
    f"All photos are done. gpend waits until its messages are sent. That takes {_LEISURE:.0f} seconds at most; "
    "Ctrl-C ends it."
)
_FAILED = "It could not be sent, and is tried again soon. Has gpend a network? The service has none: gpend help service"
_LOST = "It could not be sent, and is tried no more. Has gpend a network? The service has none: gpend help service"


def _is_set_aside_again(row: Row, result: Result) -> bool:
    """Was this very photo set aside for the same reason before? It is tried again each day, and that is no news."""
    before = (row.finished, row.reason, row.content)
    return result.state in (State.FAILED, State.INCOMPLETE) and before == (result.state, result.reason, result.content)


def sender(urls: tuple[str, ...]) -> Callable[[Message], bool]:
    """Sends by apprise to all of these addresses; takes a moment. Raises ModuleNotFoundError."""
    import apprise  # noqa: PLC0415 - an extra, and slow to load

    quiet = logging.getLogger("apprise")
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False  # its lines would hold addresses, and those hold passwords
    everybody = apprise.Apprise()
    for url in urls:
        everybody.add(url)
    return lambda message: bool(everybody.notify(body=message.body, title=message.title))


def problems(settings: NotificationSettings) -> Iterator[str]:
    """What keeps people from being told, in words; no address is repeated, since passwords stand in them."""
    if not settings.urls:
        return
    if find_spec("apprise") is None:
        yield "notifications.urls: messages are sent by a package more: pip install 'gpend[notify]'"
        return
    import apprise  # noqa: PLC0415 - as above

    for number, url in enumerate(settings.urls):
        if not apprise.Apprise().add(url):
            kind = url.split(":", 1)[0]
            yield (
                f"notifications.urls[{number}]: apprise cannot read this address, which begins with {kind[:20]!r}. "
                "https://github.com/caronc/apprise/wiki tells how they are written, such as ntfy://ntfy.sh/TOPIC."
            )
