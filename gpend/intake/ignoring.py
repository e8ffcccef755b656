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
from pathlib import Path

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


def is_pattern(text: str) -> bool:
    """Is this a line that gitignore(5) knows what to do with?"""
    try:
        GitIgnoreSpec.from_lines([text])
    except ValueError:
        return False
    return bool(text.strip())


class Ignoring:
    """The rules of one source, looked up afresh each time: they hold from the moment in which they are written."""

    def __init__(self, root: Path, patterns: Sequence[str] = ()) -> None:
        self._root = os.fspath(root)
        spec = GitIgnoreSpec.from_lines(patterns)
        self._top = Rules((Patterns("", spec, _CONFIGURED),) if patterns else ())

    def rules(self, relative: str) -> Rules:
        """What is passed over in a folder, by its path below the source ("" is the source). Raises OSError."""
        found, before = self.inside(None, ""), ""
        for name in relative.split("/") if relative else ():
            before = f"{before}/{name}" if before else name
            found = self.inside(found, before)
        return found

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
        spec = GitIgnoreSpec.from_lines(_lines(f"{place}/{FILE}"))
        return Rules((*known.patterns, Patterns(f"{relative}/" if relative else "", spec, _OWN)))


def _stands(path: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116 - as above
    except OSError as problem:
        if problem.errno in _ABSENT:
            return False
        raise


def _lines(path: str) -> Iterator[str]:
    """The patterns in a file; what is none is passed over, as git does it. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        text = file.read(_LARGEST).decode(errors="surrogateescape")
    return (line for line in text.removeprefix("\ufeff").splitlines() if is_pattern(line))
