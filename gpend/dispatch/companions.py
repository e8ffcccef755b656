"""Companions: files that are no photos and are mirrored beside them, as large as they may be, a slice at a time.

They need no engine and are never held in memory, so they have a queue of their own: no film keeps photos waiting. In a
library, so are photos mirrored that were set aside: as they are, until they can be looked at.
"""

import errno
import math
import os
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from gpend.dispatch.finish import Finisher
from gpend.dispatch.health import Health, is_place_forbidden
from gpend.dispatch.in_flight import InFlight
from gpend.dispatch.outputs import OutputWriter
from gpend.dispatch.reuse import Deduplicator
from gpend.dispatch.types import FolderPair, Job, Now
from gpend.errors import PhotoError
from gpend.failpoints import reached
from gpend.intake.reading import SLICE, ChangedError, Original, RefusedError, SourceError, stream
from gpend.ledger import Ledger, Row
from gpend.mirror import output_root
from gpend.mirror.staging import NotStagedError, fill

_PLACES = 3  # that a file is copied to, one after the other, if the first is taken meanwhile
_ROUND_SECONDS = 3600.0  # until what could not be mirrored, of what was set aside, is tried again
_ROOM = 64 << 20  # bytes: where so many are left, photos have room, and a larger file that has none is told by itself
_MIB = 1 << 20
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_SMALL = SLICE // 64  # what a file counts at least, so that many small ones are a slice too


@dataclass(frozen=True)
class _Transfer:
    row: Row
    pair: FolderPair
    work: Generator[None, None, None]
    is_set_aside: bool


@dataclass
class _Round:
    """A way through what was set aside in a folder, the first first; what cannot be mirrored either is passed over."""

    until: float  # monotonic seconds
    since: int = 0  # when that was set aside which was passed over last
    tried: set[int] = field(default_factory=set)  # what was passed over of that moment

    def pass_over(self, row: Row) -> None:
        """A photo cannot be mirrored either."""
        if row.updated != self.since:
            self.tried.clear()
        self.since = row.updated
        self.tried.add(row.id)


class Companions:
    """Takes companions from the queue, one after the other; for the dispatcher's thread."""

    def __init__(
        self, ledger: Ledger, health: Health, in_flight: InFlight, outputs: OutputWriter, finisher: Finisher
    ) -> None:
        self._ledger = ledger
        self._health = health
        self._in_flight = in_flight
        self._outputs = outputs
        self._finisher = finisher
        self._transfer: _Transfer | None = None
        self.is_idle = True  # as far as was seen when it was stepped last
        self._rounds: dict[int, _Round] = {}  # by folder

    def step(self, reuse: Deduplicator, pairs: Sequence[FolderPair], now: Now) -> bool:
        """Go on with what is under way, or take the next; True if there may be more to do at once."""
        did, done, self.is_idle = False, 0, False
        while done < SLICE:
            if self._transfer is None and not any(self._take(reuse, pair, now) for pair in pairs):
                self.is_idle = True
                return did
            did = True
            done += self._advance(now)
        return True

    def stop(self) -> None:
        """What is under way is given up; it waits again."""
        self._end()

    def _take(self, reuse: Deduplicator, pair: FolderPair, now: Now) -> bool:
        if self._health.is_paused(pair, now):
            return False
        row = next(iter(self._ledger.photos.due(pair.id, now.utc, 1, companions=True)), None)
        if row is not None and row.counted and pair.has_new_changes:
            return False
        bare = self._bare(pair, now) if row is None else None
        chosen = row or bare
        if chosen is None or not self._health.check_and_pause(pair, now, busy=False, for_engine=False):
            return False
        work = self._mirrored(chosen, pair, reuse, now) if bare is None else self._mirrored_as_it_is(chosen, pair, now)
        self._in_flight.reserve(chosen)
        self._transfer = _Transfer(chosen, pair, work, bare is not None)
        return True

    def _bare(self, pair: FolderPair, now: Now) -> Row | None:
        """A photo that was set aside, for a library to hold as it is."""
        if not pair.source.takes_everything:
            return None
        way = self._rounds.get(pair.id)
        if way is None or now.steady >= way.until:
            way = self._rounds[pair.id] = _Round(now.steady + _ROUND_SECONDS)
        rows = self._ledger.photos.bare(pair.id, way.since, len(way.tried) + 1)
        return next((row for row in rows if row.id not in way.tried), None)

    def _advance(self, now: Now) -> int:
        """Do a slice of what is under way; how many bytes that may have been, and never none."""
        transfer = self._transfer
        if transfer is None:
            return 0
        try:
            if next(transfer.work, self) is None:
                return SLICE
        except (ChangedError, RefusedError, PhotoError, OSError) as error:
            self._end()
            self._excuse(transfer, error, now)
            return SLICE
        except BaseException:
            self._end()  # it waits again
            raise
        self._end()
        self._health.resume(transfer.pair, now)
        return max(transfer.row.stamp.size, _SMALL)

    def _end(self) -> None:
        transfer, self._transfer = self._transfer, None
        if transfer is not None:
            self._in_flight.release(transfer.row)
            transfer.work.close()

    def _excuse(self, transfer: _Transfer, error: Exception, now: Now) -> None:
        """What becomes of a file that could not be mirrored."""
        row, pair = transfer.row, transfer.pair
        if transfer.is_set_aside:
            self._pass_over(transfer, error, now)
            return
        match error:
            case ChangedError():
                self._finisher.drop_changed(row, pair, now, begun=False)
            case RefusedError():
                self._finisher.set_aside_unreadable(row, now)
            case PhotoError():
                self._finisher.set_aside(row, error, now)
            case SourceError():
                self._finisher.requeue_for_source(row, pair, error, now, begun=False)
            case OSError():
                too_large = _too_large(row, pair, error)
                if too_large:
                    self._finisher.set_aside_for_a_while(row, PhotoError(too_large), now)
                else:
                    self._finisher.requeue_row_for_output(row, pair, error, now, begun=False)

    def _pass_over(self, transfer: _Transfer, error: Exception, now: Now) -> None:
        """What was set aside could not be mirrored either: the others come first, whatever the reason is."""
        pair = transfer.pair
        self._rounds[pair.id].pass_over(transfer.row)
        match error:
            case SourceError():
                self._health.pause_for_source(pair, error, now)
            case OSError() if not _too_large(transfer.row, pair, error) and not is_place_forbidden(pair, error):
                self._health.pause_for_output(pair, error, now)

    def _mirrored(self, row: Row, pair: FolderPair, reuse: Deduplicator, now: Now) -> Generator[None, None, None]:
        """Mirror one companion."""
        job = yield from _job(row, pair, now)
        if reuse.is_new_change(job):
            reuse.count_change(job, now)
            return

        def finish(job: Job) -> None:
            reuse.finish_known(job, now)

        yield from _staged(job, finish)

    def _mirrored_as_it_is(self, row: Row, pair: FolderPair, now: Now) -> Generator[None, None, None]:
        """Mirror a photo that was set aside."""
        job = yield from _job(row, pair, now)

        def finish(job: Job) -> None:
            written = self._outputs.existing_copy(job) or self._outputs.write_kept(job)
            if written is not None:
                self._ledger.photos.rehome(row.id, written)

        yield from _staged(job, finish)


def _job(row: Row, pair: FolderPair, now: Now) -> Generator[None, None, Job]:
    photo = yield from _read(row)
    reached("read")
    return Job(row, pair, photo, now.utc, photo.data)


def _read(row: Row) -> Generator[None, None, Original]:
    try:
        return (yield from stream(row.path, row.stamp))
    except OSError as error:
        raise SourceError(error.errno, os.strerror(error.errno or 0)) from error


def _staged(job: Job, finish: Callable[[Job], None]) -> Generator[None, None, None]:
    """Finish a file, and where a copy is needed for that, make one beside its place first."""
    with ExitStack() as staged:
        for copies in range(_PLACES + 1):
            _refuse_changed(job)
            try:
                finish(job)
            except NotStagedError as missing:
                if copies == _PLACES:
                    break
                _refuse_without_room(job)
                file = staged.enter_context(job.pair.mirror.stage(missing.place))
                yield from fill(file, job.row.path, job.row.stamp)
                job = replace(job, staged=file)
            else:
                return
    raise OSError(None, "its place in the output folder is taken again and again")


def _too_large(row: Row, pair: FolderPair, error: OSError) -> str:
    """Why the disk of the output cannot hold a file, in words, while there is room for others; "" if there is none."""
    size = row.stamp.size
    try:
        left = output_root.free(pair.mirror.output) - pair.minimum_free
    except OSError:
        return ""
    if error.errno not in _NO_ROOM or size <= _ROOM or left < _ROOM or (error.errno == errno.ENOSPC and size <= left):
        return ""
    if error.errno == errno.ENOSPC:
        return (
            f"The disk of the output has no room for this file of {math.ceil(size / _MIB):,} MiB: {left // _MIB:,} MiB "
            "may be written. Others are mirrored meanwhile. gpend tries again by itself, at first after an hour."
        )
    return (
        f"The disk of the output takes no file of {size >> 20:,} MiB ({error.strerror}). Others are mirrored "
        "meanwhile. gpend tries again by itself, at first after an hour."
    )


def _refuse_without_room(job: Job) -> None:
    """Raise OSError where a copy does not fit beside what is to stay free, if anything is; a link takes no room."""
    free = job.pair.minimum_free
    if free and output_root.free(job.pair.mirror.output) < job.row.stamp.size + free:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _refuse_changed(job: Job) -> None:
    """Raise ChangedError where the file is not the one that was sighted any more, by name too."""
    try:
        seen = job.pair.source.sight(job.row.path)
    except OSError as error:
        raise SourceError(error.errno, os.strerror(error.errno or 0)) from error
    if seen is None or seen.stamp != job.row.stamp:
        raise ChangedError
