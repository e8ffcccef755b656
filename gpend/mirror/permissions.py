"""Who may do what with an output stays as it is with its photo, also when that is changed later."""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from gpend.errors import PhotoError
from gpend.ledger import Written
from gpend.mirror import atomic, dirfd, inspect, lists
from gpend.mirror.dirfd import Access
from gpend.mirror.inspect import Provenance, Whose

_SECOND = 1_000_000_000  # nanoseconds


class Permissions:
    """Modes and owners of one output tree. It remembers what its disk cannot hold, and does not try that again."""

    def __init__(
        self,
        source: Path,
        output: Path,
        called: Callable[[Path], Path],
        tell: Callable[[Iterable[str]], None],
    ) -> None:
        """`called` is how a folder of the source is called in the output; `tell` is told what could not be had."""
        self._source = source
        self._output = output
        self._called = called
        self._tell = tell
        self._holds_modes = self._holds_owners = True  # as far as is known: some disks forget what they are told
        self._refused: set[int] = set()  # the owners of files and folders whose modes gpend may not change
        self._refused_owners: set[tuple[int, int]] = set()  # owners and groups that gpend may not give

    def follow_file(self, written: Written, photo: os.stat_result, recorded: int = 0, listed: bytes = b"") -> None:
        """Give an output the mode and the owner that its photo has now, where that is allowed. Raises OSError.

        What somebody took from it stays taken. What somebody set on the output later than on its photo, they want so;
        unless gpend may have done it, which put the output on record in the second `recorded`, UTC. Other things
        change that time too, a new owner or a snapshot of hard links: so the mode counts only where it is not what
        gpend gave, which the output says of itself where its disk has room for that. `listed`: the photo's access list.
        """
        name = written.path.name
        with suppress(FileNotFoundError, PhotoError), dirfd.open_folder(self._output, written.path.parent) as folder:
            status, theirs = inspect.status_of(folder, name), Access.of(photo)
            if listed:
                theirs = replace(theirs, mode=lists.as_mode(listed, theirs.mode, inspect.list_of(folder, name)))
            if status is None or not self._differs(status, theirs):
                return
            said = inspect.said_of(folder, name)
            if inspect.may_be_shared(said, status):
                return
            is_later = status.st_nlink == 1 and status.st_ctime_ns > max(photo.st_ctime_ns, (recorded + 1) * _SECOND)
            if is_later and (said is None or said.mode is None):
                return
            wanted, whose = _wanted(status, theirs, said, is_later=is_later)
            if self._differs(status, wanted) and inspect.is_unchanged(folder, name, written):
                descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
                try:
                    self._give(descriptor, wanted)
                    if said is not None:
                        taken = inspect.taken_away(said, status)
                        _note(descriptor, said, replace(theirs, mode=theirs.mode | taken), wanted, whose)
                finally:
                    os.close(descriptor)

    def follow_list(self, written: Written, listed: bytes) -> None:
        """Give an output the access list that its photo has now, if that is another than when gpend gave it one.

        What somebody took from the list of the output stays taken; its mode stays as it is. Raises OSError.
        """
        name = written.path.name
        with suppress(FileNotFoundError, PhotoError), dirfd.open_folder(self._output, written.path.parent) as folder:
            said, taken = inspect.said_of(folder, name), inspect.taken_from_list(folder, name)
            now = lists.beyond_mode(listed) | taken
            if said is None or said.lists in (None, now) or not inspect.is_unchanged(folder, name, written):
                return
            descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
            try:
                lists.change(descriptor, lists.ACCESS, lists.without(listed, taken, os.fstat(descriptor).st_mode))
                atomic.attach(descriptor, replace(said, lists=lists.to_note(now)))
            finally:
                os.close(descriptor)

    def follow_folder(self, relative: Path) -> None:
        """Give a folder, if there is one, mode, owner and access lists that the same folder of the source has now.

        What somebody did to them stays done, as `dirfd.follow` tells. Raises OSError.
        """
        if relative.parts:
            like, listed = Access.like((self._source / relative).stat()), lists.read(self._source / relative)
            with (
                suppress(FileNotFoundError, PhotoError),
                dirfd.open_folder(self._output, self._called(relative)) as folder,
            ):
                like = replace(like, mode=lists.as_mode(listed, like.mode, lists.read(folder)))
                wanted = dirfd.follow(folder, like)
                if self._differs(os.fstat(folder), wanted.access):
                    self._give(folder, wanted.access)
                if Access.of(os.fstat(folder)).mode == wanted.access.mode:
                    dirfd.note_given(folder, like, wanted.taken, wanted.had)
                lists.follow_folder(folder, self._source / relative)

    def _differs(self, status: os.stat_result, wanted: Access) -> bool:
        """Has something another mode or owner than it should have, as far as this disk holds them?"""
        has = Access.of(status)
        owner = (wanted.owner, wanted.group)
        holds_owners = self._holds_owners and owner not in self._refused_owners
        holds_modes = self._holds_modes and has.owner not in self._refused
        return (holds_modes and has.mode != wanted.mode) or (holds_owners and owner != (has.owner, has.group))

    def _give(self, descriptor: int, wanted: Access) -> None:
        missed = dirfd.give(descriptor, wanted)
        self._tell(missed)
        has = Access.of(os.fstat(descriptor))
        if dirfd.PERMISSIONS in missed:
            self._refused.add(has.owner)
        else:
            self._holds_modes = has.mode == wanted.mode
        owner = (wanted.owner, wanted.group)
        if dirfd.OWNER in missed or dirfd.GROUP in missed:
            self._refused_owners.add(owner)
        else:
            self._holds_owners = (has.owner, has.group) == owner


def _note(descriptor: int, said: Provenance, theirs: Access, wanted: Access, whose: Whose | None) -> None:
    """Have an output say what it follows now, as far as it was given what was `wanted`."""
    has = os.fstat(descriptor)
    mode = theirs.mode if Access.of(has).mode == wanted.mode else said.mode
    owners = said.owners if whose is None else whose.note((theirs.owner, theirs.group), has)
    atomic.note_given(descriptor, said, mode, owners)


def _wanted(
    status: os.stat_result, theirs: Access, said: Provenance | None, *, is_later: bool
) -> tuple[Access, Whose | None]:
    """What an output is to have; `is_later`: somebody changed it, its mode or another thing, after its photo.

    And whose it is to be; None: it does not say whose it was, and so nothing is noted.
    """
    mode = theirs.mode & ~inspect.taken_away(said, status)
    if is_later:
        mode |= inspect.added(said, status)
    if is_later and (said is None or said.owners is None):
        return Access(mode, status.st_uid, status.st_gid), None
    whose = inspect.whose(said, (theirs.owner, theirs.group), status)
    return Access(mode, *whose.owner), whose
