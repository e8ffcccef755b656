"""One source folder under watch: is it still the same directory, is there room to watch it, do its events tell all?"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from gpend.backoff import Backoff
from gpend.intake import notices
from gpend.intake.hints import Hint, Hints
from gpend.intake.inotify import Reader
from gpend.intake.mounts import Mount, mounts_now
from gpend.intake.notices import Notice
from gpend.intake.source import Source, identity
from gpend.intake.watches import Watches

FIRST_PAUSE, LONGEST_PAUSE = 60.0, 3600.0  # seconds before what could not be watched is tried again
_POLL_SHARE = 20  # a root that is scanned often is left alone for so many times as long as its scan took


class WatchedRoot:
    """Supervises the watches of one source; `check` and `forsake` are for one and the same thread."""

    def __init__(
        self,
        source: Source,
        hints: Hints,
        poll_seconds: float,
        mounts: Callable[[Path], list[Mount]] = mounts_now,
    ) -> None:
        self._source = source
        self._hints = hints
        self._poll_seconds = poll_seconds
        self._find_mounts = mounts
        self._mounts: list[Mount] = []
        self._watches: Watches | None = None
        self._retry = Backoff(FIRST_PAUSE, LONGEST_PAUSE)
        self._place: tuple[int, int] | None = None  # device and inode; None while there is no such directory
        self._was_checked = False

    def __len__(self) -> int:
        return 0 if self._watches is None else len(self._watches)

    def check(self, reader: Reader | None, now: float) -> list[Notice]:
        """Mend what is not as it should be; the news of it."""
        told = self._check_place() + self._check_room(now)
        if self._watches is None and self._place is not None and reader is not None and now >= self._retry.until:
            self._watches = Watches(self._source, reader, self._hints.put)
            self._hints.put(Hint(self._source.root))
        return told

    def forsake(self) -> None:
        """Watch nothing; the next check begins anew."""
        watches, self._watches = self._watches, None
        if watches is not None:
            watches.clear()

    def scanning(self) -> AbstractContextManager[Callable[[Path], None]]:
        """For the length of a scan of the whole root: what its scan is to call before it lists a directory."""
        watches = self._watches
        return nullcontext(lambda _: None) if watches is None else watches.scanning()

    def visit(self, directory: Path) -> None:
        """What the scan of a part of the root is to call before it lists a directory."""
        watches = self._watches
        if watches is not None:
            watches.visit(directory)

    def poll_seconds(self, last_scan_seconds: float = 0.0, *, trusts_events: bool = True) -> float | None:
        """How often to scan, given how long that takes, because events do not tell all; None if they do."""
        watches = self._watches
        if trusts_events and self._silent is None and watches is not None and watches.failure is None:
            return None
        return max(self._poll_seconds, _POLL_SHARE * last_scan_seconds)

    @property
    def _silent(self) -> Mount | None:
        """A mount, the root's own or one inside it, on which changes may raise no event."""
        return next((mount for mount in self._mounts if mount.is_silent), None)

    def _check_place(self) -> list[Notice]:
        """Whether the same directory as before stands at the root; if not, all that was watched is beside the point.

        A silent mount is asked only once: its server may not answer for hours, and the frequent scans tell as much.
        """
        if self._place is not None and self._silent is not None:
            return []
        found = identity(self._source.root)
        former, self._place = self._place, None if found is None else (found.device, found.inode)
        is_first, self._was_checked = not self._was_checked, True
        if self._place == former and not is_first:
            return []
        self.forsake()
        self._mounts = self._find_mounts(self._source.root)
        self._hints.put(Hint(self._source.root))
        return self._news_of_place(former, is_first=is_first)

    def _news_of_place(self, former: tuple[int, int] | None, *, is_first: bool) -> list[Notice]:
        root = self._source.root
        if self._place is None:
            return [notices.root_gone(root)]
        told = list[Notice]()
        if not is_first:
            told.append(notices.root_back(root) if former is None else notices.root_replaced(root))
        if self._silent is not None:
            told.append(notices.polls(root, self._silent.kind, self._poll_seconds))
        return told

    def _check_room(self, now: float) -> list[Notice]:
        watches, root = self._watches, self._source.root
        if watches is None:
            return []
        if watches.failure is not None:
            self.forsake()
            is_news = self._retry.fail(now)
            return [notices.no_room(root, watches.failure, self._poll_seconds)] if is_news else []
        if watches.are_complete and self._retry.succeed():
            return [notices.room_again(root)]
        return []
