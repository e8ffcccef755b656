"""Trouble that is no photo's fault: circuit breakers for the engine and each pair of folders. One log line a change."""

import errno
import os
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog

from gpend.backoff import Backoff
from gpend.dispatch.types import FolderPair, Listener, Now
from gpend.ledger import Ledger
from gpend.mirror import output_root

log = structlog.get_logger()

FIRST_SECONDS = 5.0
LONGEST_SECONDS = 600.0

_CLOSED = "gpend may not look into it"
_NO_FILES = "its disk has room for bytes, but for no more files (`df -i` tells how many it holds)"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_WORDS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the quota is used up",
    errno.EROFS: "it is read-only",
    errno.EIO: "the disk reports an error",
    errno.ESTALE: "the network share was replaced on its server",
    errno.ENOTCONN: "the network share is not connected",
    errno.ETIMEDOUT: "the network share does not answer",
    errno.EHOSTDOWN: "the network share's server is down",
    errno.EHOSTUNREACH: "the network share's server cannot be reached",
    errno.EACCES: "gpend may not write there",
    errno.EPERM: "gpend may not write there",
    errno.ENOENT: "it is not there",
}


@dataclass
class CircuitBreaker:
    """Whether to try what may fail for reasons of the moment (pure). Times are monotonic seconds.

    Closed while all is well; open after a failure, twice as long each time; then half open: one thing is tried.
    """

    reason: str = ""  # why it is not closed, for people
    _backoff: Backoff = field(default_factory=lambda: Backoff(FIRST_SECONDS, LONGEST_SECONDS))

    @property
    def is_closed(self) -> bool:
        """Has it worked since it failed last, if it ever did?"""
        return not self._backoff.has_failed

    @property
    def until(self) -> float:
        """When it becomes half open, or became so."""
        return self._backoff.until

    def is_open(self, now: float) -> bool:
        """Is it to be left alone now?"""
        return self._backoff.holds(now)

    def is_half_open(self, now: float) -> bool:
        """Is one thing to be tried now, to see whether it works again?"""
        return not self.is_closed and not self.is_open(now)

    def fail(self, reason: str, now: float) -> bool:
        """It failed: leave it alone, twice as long as the last time. True if this is news."""
        if self.is_open(now):
            return False  # tried before it opened; that tells nothing new
        self.reason = reason
        return self._backoff.fail(now)

    def succeed(self, now: float) -> bool:
        """It worked. True if this is news: what was begun before it opened tells nothing, nor what never failed."""
        if not self.is_half_open(now):
            return False
        self.reason = ""
        return self._backoff.succeed()


class Health:
    """Keeps what does not work at the moment from being tried, and notices when it works again.

    A breaker changes only once the ledger holds what it says: a write that fails leaves both as they were.
    """

    def __init__(self, ledger: Ledger, listener: Listener) -> None:
        self._ledger = ledger
        self._listener = listener
        self._engine = CircuitBreaker()
        self._pairs: dict[int, CircuitBreaker] = {}
        self._unlisted: set[int] = set()  # pairs whose sources could not be listed, when that was looked at last
        self._full: set[int] = set()  # pairs for whose outputs there was no room, which only a written one disproves

    def is_paused(self, pair: FolderPair, now: Now) -> bool:
        """Is nothing of a pair to be tried now?"""
        return self._breaker(pair).is_open(now.steady)

    def is_half_open(self, pair: FolderPair, now: Now) -> bool:
        """Is a pair paused no more, and not known to work again?"""
        return self._breaker(pair).is_half_open(now.steady)

    def check_and_pause(self, pair: FolderPair, now: Now, *, busy: bool, for_engine: bool = True) -> bool:
        """May a photo of this pair be taken now? If its output is in trouble, pause it.

        `busy`: a photo is being worked on. After trouble they are taken one at a time. `for_engine`: that is needed.
        """
        breakers = (self._engine, self._breaker(pair)) if for_engine else (self._breaker(pair),)
        if any(breaker.is_open(now.steady) for breaker in breakers):
            return False
        if busy and not all(breaker.is_closed for breaker in breakers):
            return False
        trouble = trouble_of_output(pair)
        if trouble:
            self.pause(pair, trouble, now)
        return not trouble

    def look(self, pair: FolderPair, now: Now) -> None:
        """Pause a pair whose output is in trouble before a photo finds that out: it may be long until there is one."""
        trouble = trouble_of_output(pair) if self._breaker(pair).is_closed else ""
        if trouble:
            self.pause(pair, trouble, now)

    def look_at_source(self, pair: FolderPair, now: Now) -> bool:
        """Pause a pair whose source cannot be listed, and have it go on at once when that can be; True if it cannot."""
        trouble, breaker = trouble_of_source(pair), self._breaker(pair)
        if trouble:
            self._unlisted.add(pair.id)
            self.pause(pair, trouble, now)
        elif pair.id in self._unlisted:
            self._unlisted.remove(pair.id)
            self.resume(pair, replace(now, steady=max(now.steady, breaker.until)))
        return bool(trouble)

    def pause(self, pair: FolderPair, reason: str, now: Now) -> None:
        """Something about a pair's folders does not work."""
        breaker = self._breaker(pair)
        if breaker.is_closed:
            self._ledger.sources.pause(pair.id, reason, now.utc)

        def tell() -> None:
            if breaker.fail(reason, now.steady):
                log.warning("folder_paused", source=pair.root, reason=reason)
                self._listener.paused(pair, reason)

        self._ledger.after_commit(tell)

    def pause_for_source(self, pair: FolderPair, error: OSError, now: Now) -> None:
        """Something could not be read."""
        self.pause(pair, _cannot_be_read(pair, error), now)

    def pause_for_output(self, pair: FolderPair, error: OSError, now: Now) -> None:
        """Something could not be done in an output tree."""
        if error.errno in _NO_ROOM:
            self._full.add(pair.id)
        self.pause(pair, _cannot_be_used(pair.mirror.output, error), now)

    def resume(self, pair: FolderPair, now: Now, *, has_room: bool = False) -> None:
        """A photo of a pair was read, and written where there was something to write.

        `has_room`: one was written, and not as a link. Where there was no room, what needs none tells nothing: a
        folder would be paused and resumed with every photo in turn.
        """
        breaker = self._breaker(pair)
        if not breaker.is_half_open(now.steady) or (pair.id in self._full and not has_room):
            return
        self._ledger.sources.resume(pair.id)

        def tell() -> None:
            self._full.discard(pair.id)
            if breaker.succeed(now.steady):
                log.info("folder_resumed", source=pair.root)

        self._ledger.after_commit(tell)

    def pause_engine(self, reason: str, now: Now) -> None:
        """The engine cannot work at the moment."""
        if self._engine.fail(reason, now.steady):
            log.warning("engine_paused", reason=reason)

    @property
    def trouble_of_engine(self) -> str:
        """Why no photo can be restored at the moment, in words; "" if nothing is known to speak against it."""
        if self._engine.is_closed:
            return ""
        return f"No photo can be restored at the moment: {self._engine.reason} gpend tries again by itself."

    def resume_engine(self, now: Now) -> None:
        """The engine has done a photo."""
        if self._engine.succeed(now.steady):
            log.info("engine_resumed")

    def next_change(self) -> float | None:
        """When a pause ends next, in monotonic seconds; None while there is none."""
        breakers = [self._engine, *self._pairs.values()]
        return min((breaker.until for breaker in breakers if not breaker.is_closed), default=None)

    def _breaker(self, pair: FolderPair) -> CircuitBreaker:
        return self._pairs.setdefault(pair.id, CircuitBreaker())


def trouble_of_source(pair: FolderPair) -> str:
    """Why a source cannot be listed at the moment, in words; "" if it can."""
    try:
        os.scandir(pair.root).close()
    except OSError as error:
        return _cannot_be_read(pair, error)
    return ""


def trouble_of_output(pair: FolderPair) -> str:
    """Why nothing can be written at the moment, in words; "" if nothing speaks against it."""
    return trouble_at(pair.mirror.output, pair.identity, pair.minimum_free)


def trouble_at(output: Path, identity: str | None, minimum_free: int) -> str:
    """The same of an output by its place; `identity`: of the folder that is to stand there, None: any; bytes."""
    try:
        other = _another(output, identity)
        free = output_root.free(output)
        is_writable = os.access(output, os.W_OK | os.X_OK)
    except OSError as error:
        return _cannot_be_used(output, error)
    if other:
        return other
    if not is_writable:
        return f"The output folder {output} cannot be written to."
    if free < minimum_free:
        return (
            f"The disk of the output folder {output} is nearly full: {free >> 20} MiB are free, "
            f"{minimum_free >> 20} MiB are to stay free."
        )
    return ""


def is_place_forbidden(pair: FolderPair, error: OSError) -> bool:
    """May gpend not write to one place of an output, while it may write to others, as far as can be tried?"""
    return error.errno in (errno.EACCES, errno.EPERM) and output_root.can_be_written(pair.mirror.output)


def another_output(pair: FolderPair) -> str:
    """Why what stands in the output's place is not the output, in words; "" if it is. Raises OSError."""
    return _another(pair.mirror.output, pair.identity)


def _another(output: Path, identity: str | None) -> str:
    if identity in (None, output_root.identity(output)):
        return ""
    return (
        f"Another folder than before stands at {output}. Is its disk mounted? If it is to be "
        "filled anew, say `gpend confirm`."
    )


def in_words(error: OSError) -> str:
    """An error of the system, said plainly."""
    return _WORDS.get(error.errno or 0, error.strerror or str(error))


def _cannot_be_read(pair: FolderPair, error: OSError) -> str:
    words = _CLOSED if error.errno in (errno.EACCES, errno.EPERM) else in_words(error)
    return f"The source folder {pair.root} cannot be read: {words}."


def _cannot_be_used(output: Path, error: OSError) -> str:
    is_for_files = error.errno == errno.ENOSPC and output_root.lacks_files_alone(output)
    return f"The output folder {output} cannot be used: {_NO_FILES if is_for_files else in_words(error)}."
