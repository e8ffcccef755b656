"""What people want passed over: `ignore:` of the configuration, .gpendignore files with such patterns, .nomedia.

Patterns are those of gitignore(5): the last one that fits decides, a file nearer to the photo before one further up,
and nothing comes back that lies in a folder which is passed over. A folder in which Android's .nomedia stands is passed
over whole, but for the source itself: whoever names a folder means it.
"""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pathspec import GitIgnoreSpec

FILE, MARK = ".gpendignore", ".nomedia"
FILES = frozenset({FILE, MARK})
"""Names of files by which people say what is to be passed over."""

_CONFIGURED, _OWN, _MARKED = "ignored by the configuration", f"ignored by {FILE}", f"with {MARK}"
SENTENCES = {
    _CONFIGURED: "`ignore:` in the configuration says so",
    _OWN: f"a file {FILE} in a folder above it says so",
    _MARKED: f"a folder that it lies in holds a file {MARK}",
}
"""Each reason at length."""

_ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG})
_LARGEST = 64 << 10  # bytes of a file with patterns that are read
_KEPT = 64  # such files of which the compiled patterns are kept
_CANNOT_TELL = "that cannot be looked at"


@dataclass(frozen=True)
class Patterns:
    """The patterns of one place, and the folder below the source that they are meant from ("" or ending in /)."""

    base: str
    spec: GitIgnoreSpec
    why: str


@dataclass(frozen=True)
class Rules:
    """What is passed over in one folder of a source."""

    patterns: tuple[Patterns, ...] = ()  # the nearest last
    why: str = ""  # the folder itself is passed over, all of it

    def reason(self, relative: str, *, is_directory: bool = False) -> str:
        """Why something in this folder, by its path below the source, is passed over, in few words; "" if it is not."""
        if self.why:
            return self.why
        for place in reversed(self.patterns):
            said = place.spec.check_file(relative[len(place.base) :] + "/" * is_directory).include
            if said is not None:
                return place.why if said else ""
        return ""


class Ignoring:
    """The rules of one source, looked up afresh each time: they hold from the moment in which they are written."""

    def __init__(self, root: Path, patterns: Sequence[str] = ()) -> None:
        self._root = os.fspath(root)
        spec = GitIgnoreSpec.from_lines(patterns)
        self._top = Rules((Patterns("", spec, _CONFIGURED),) if patterns else ())

    def rules(self, relative: str) -> Rules:
        """What is passed over in a folder, by its path below the source ("" is the source). Raises OSError."""
        found: Rules | None = None
        for folder in _from_the_top(relative):
            found = self.inside(found, folder)
        return found or self._top

    def inside(self, outer: Rules | None, relative: str) -> Rules:
        """The rules of a folder, given those of the one it lies in (None: it is the source). Raises OSError."""
        if outer is not None and (why := outer.reason(relative, is_directory=True)):
            return Rules(outer.patterns, why)
        place = os.path.join(self._root, relative) if relative else self._root  # noqa: PTH118 - undecodable names
        if outer is not None and _stands(f"{place}/{MARK}"):
            return Rules(outer.patterns, _MARKED)
        known = self._top if outer is None else outer
        if not _stands(f"{place}/{FILE}"):
            return known
        spec = _spec(f"{place}/{FILE}")
        return Rules((*known.patterns, Patterns(f"{relative}/" if relative else "", spec, _OWN)))


class OnePass:
    """The rules of one source for the length of one pass over many photos: each folder is looked at once.

    What lies in a folder that cannot be looked at at this moment is passed over.
    """

    def __init__(self, ignoring: Ignoring) -> None:
        self._ignoring = ignoring
        self._known: dict[str, Rules] = {}

    def rules(self, relative: str) -> Rules:
        """As those of Ignoring, but for what has changed since the pass began. Raises nothing."""
        found = self._known.get(relative)
        if found is None:
            for folder in _from_the_top(relative):
                found = self._known.get(folder) or self._inside(found, folder)
                self._known[folder] = found
        return found or Rules()

    def _inside(self, outer: Rules | None, folder: str) -> Rules:
        try:
            return self._ignoring.inside(outer, folder)
        except OSError:
            return Rules(why=_CANNOT_TELL)


def _from_the_top(relative: str) -> Iterator[str]:
    """The source itself, and the folders that lead to one below it."""
    yield (before := "")
    for name in relative.split("/") if relative else ():
        yield (before := f"{before}/{name}" if before else name)


def _stands(path: str) -> bool:
    """Is there a regular file?"""
    try:
        status = os.stat(path)  # noqa: PTH116 - as above
    except OSError as problem:
        if problem.errno in _ABSENT:
            return False
        raise
    return stat.S_ISREG(status.st_mode)


def _spec(path: str) -> GitIgnoreSpec:
    """The patterns in a file. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        return _compiled(file.read(_LARGEST))


@lru_cache(maxsize=_KEPT)
def _compiled(content: bytes) -> GitIgnoreSpec:
    """Patterns, kept by what was read: a stamp cannot tell two states within one tick of a clock, and reading is cheap.

    What is no pattern is passed over, as git does it.
    """
    lines = content.decode(errors="surrogateescape").removeprefix("\ufeff").splitlines()
    return GitIgnoreSpec([pattern for line in lines for pattern in _one(line)])


def _one(line: str) -> list[Any]:
    """The pattern of a line, compiled; nothing where it is none."""
    try:
        return list(GitIgnoreSpec.from_lines([line]).patterns) if line.strip() else []
    except ValueError:
        return []
