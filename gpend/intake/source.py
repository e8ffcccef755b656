"""One source folder: which of its paths are photos, judged by name and status alone.

A symbolic link to a regular file is that photo (albums are made so), unless the file lies in an output folder or in a
place whose photos are never taken. Links to directories are followed nowhere.
"""

import errno
import os
import stat
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gpend.intake import Sighting
from gpend.intake.ignoring import Ignoring, OnePass, Rules
from gpend.intake.mounts import mounts_now
from gpend.intake.names import EXTENSIONS, has_excluded, is_companion_name, is_photo_name
from gpend.intake.sidecars import is_sidecar
from gpend.settings import FolderSettings, Keep, Settings
from gpend.spelling import is_listed
from gpend.stamp import Stamp

_ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})
_VERSION_STORES = frozenset({".git", ".hg", ".svn"})  # links into these are how git-annex shows its photos


@dataclass(frozen=True)
class Identity:
    """Which directory stands at a root, and on how many file systems a whole scan met photos below it."""

    device: int
    inode: int
    file_system: str
    file_systems: int = 0

    def with_file_systems(self, count: int) -> "Identity":
        """The same directory with that count."""
        return replace(self, file_systems=count)


def identity(root: Path) -> Identity | None:
    """Which directory stands at `root` now (it may be a symbolic link); None if none can be examined."""
    try:
        status = root.stat()
    except OSError:
        return None
    return Identity(status.st_dev, status.st_ino, mounts_now(root)[0].kind)


class Source:
    """A folder of photos, and what in it is none."""

    def __init__(  # noqa: PLR0913 - each says what is no photo
        self,
        root: Path,
        *,
        endings: Collection[str] = EXTENSIONS,
        wechat_dat: bool = False,
        keep: Keep = Keep.NONE,
        outside: Collection[Path] = (),
        ignore: Sequence[str] = (),
    ) -> None:
        """Nothing below the folders `outside` is a photo here.

        As `keep` wants it, the sidecars of photos are sighted as photos are, or whatever else is the user's own.
        `ignore`: patterns of what is passed over, besides what files in the source say; see `ignoring`.
        """
        self.root = root
        self.ignoring = Ignoring(root, ignore)
        self.takes_everything = keep is Keep.LIBRARY
        self._takes_sidecars = keep in (Keep.COPY, Keep.HARDLINK)
        self._endings = frozenset(endings)
        self._wechat_dat = wechat_dat
        self._real_root = os.path.realpath(root)
        self._outside = tuple(os.path.realpath(place) for place in outside)
        self._steady: dict[int, bool] = {}

    def takes(self, name: str) -> bool:
        """Whether a file of this base name is sighted here."""
        if not self.is_companion(name):
            return True
        return is_companion_name(name) if self.takes_everything else self._takes_sidecars and is_sidecar(name)

    def is_companion(self, name: str) -> bool:
        """Whether a file of this base name is no photo, so that it is at most mirrored beside them."""
        return not is_photo_name(name, endings=self._endings, wechat_dat=self._wechat_dat)

    def visibility(self) -> Callable[[Path], bool]:
        """Whether a scan would surely show a file of a path below the root, were it there: to be asked in one pass."""
        rules = OnePass(self.ignoring).rules

        def is_visible(relative: Path) -> bool:
            return self._is_named_like_a_photo(relative) and not _reason(rules, relative)

        return is_visible

    def _is_named_like_a_photo(self, relative: Path) -> bool:
        *directories, name = relative.parts
        return self.takes(name) and not has_excluded([self.root.name, *directories])

    def ignored(self, relative: Path) -> str:
        """Why people have a file of this path below the root passed over, in few words; "" if they have not.

        Raises OSError where that cannot be told at this moment.
        """
        return _reason(self.ignoring.rules, relative)

    def is_outside(self, path: str) -> bool:
        """Whether an absolute path lies in a folder whose files are not this source's photos."""
        root = os.fspath(self.root)
        real = self._real_root + path[len(root) :] if path.startswith(root) else path
        return any(real == place or real.startswith(place + os.sep) for place in self._outside)

    def leads_to_folder(self, link: str) -> bool:
        """Whether a symbolic link leads to a folder that can be looked at."""
        return os.path.isdir(link)  # noqa: PTH112 - unlike Path.is_dir, it takes any error for no

    def leads_elsewhere(self, link: str) -> bool:
        """Whether what a link to a folder leads to is neither in this source, nor around it, nor an output."""
        real = os.path.realpath(link)
        is_inside = real == self._real_root or real.startswith(self._real_root + os.sep)
        return not is_inside and not self._real_root.startswith(real + os.sep) and not self.is_outside(real)

    def forget_mounts(self) -> None:
        """Look anew at the file systems below; a scan does, since disks come and go between two."""
        self._steady.clear()

    def sight(self, path: Path) -> Sighting | None:
        """What a scan would see at an absolute path now; None if that is no photo, or nothing.

        Raises OSError if it cannot be told at this moment: then neither presence nor absence is known.
        """
        if not path.is_relative_to(self.root) or not self._is_named_like_a_photo(path.relative_to(self.root)):
            return None
        relative = path.relative_to(self.root)
        try:
            is_seen = not self.ignored(relative) and not leads_back(self.root, relative)
            seen = self.at(os.fspath(path), path.lstat()) if is_seen else None
            return seen if seen and is_listed(self.root, relative) else None
        except OSError as problem:
            if problem.errno in _ABSENT:
                return None
            raise

    def seen_again(self, path: Path) -> Sighting | None:
        """What stands now at a path that `sight` has just told of; None: no file any more. Raises OSError."""
        try:
            return self.at(os.fspath(path), path.lstat())
        except OSError as problem:
            if problem.errno in _ABSENT:
                return None
            raise

    def at(self, path: str, status: os.stat_result) -> Sighting | None:
        """What stands at a path with a photo's name, given its lstat; None unless it is, or leads to, a regular file.

        Raises OSError if a symbolic link's target cannot be examined for a reason other than its absence.
        """
        if stat.S_ISLNK(status.st_mode):
            target = self._target(path)
            if target is None:
                return None
            status = target
        if not stat.S_ISREG(status.st_mode):
            return None
        stamp = Stamp.of(status, steady_inode=self._has_steady_inodes(path, status.st_dev))
        return Sighting(Path(path), stamp, status.st_ctime_ns)

    def _has_steady_inodes(self, path: str, device: int) -> bool:
        if device not in self._steady:
            self._steady[device] = mounts_now(Path(path))[0].has_steady_inodes
        return self._steady[device]

    def _target(self, path: str) -> os.stat_result | None:
        """The status of what a link leads to; None if it leads nowhere, in circles, or to a place without photos."""
        try:
            target = os.path.realpath(path, strict=True)
        except OSError as problem:
            if problem.errno in _ABSENT:
                return None
            raise
        inside = target.startswith(self._real_root + os.sep)
        directories = Path(target[len(self._real_root) :] if inside else target).parent.parts
        excluded = has_excluded([name for name in directories if name not in _VERSION_STORES])
        return None if excluded or self.is_outside(target) else Path(target).stat()


def leads_back(root: Path, relative: Path) -> bool:
    """Whether a path below `root` goes through a link to a folder below it: what is found there has a path of its own.

    So it is where somebody moved a folder within a source and left a link in its place.
    """
    real, parent = os.path.realpath(root), os.path.realpath(root / relative.parent)
    is_direct = parent == os.path.normpath(os.path.join(real, relative.parent))  # noqa: PTH118 - real is a str
    return not is_direct and (parent == real or parent.startswith(real + os.sep))


def _reason(rules: Callable[[str], Rules], relative: Path) -> str:
    folder = os.fspath(relative.parent)
    return rules("" if folder == "." else folder).reason(os.fspath(relative))


def source_of(folder: FolderSettings, settings: Settings) -> Source:
    """The source of one folder of the settings. What is no photo counts only where `keep` mirrors it."""
    return Source(
        folder.source,
        endings=folder.endings,
        wechat_dat=folder.wechat_dat,
        keep=settings.keep,
        outside=[each.output for each in settings.folders],
        ignore=folder.ignore,
    )
