"""A folder shown as another system keeps names.

python -m tests.disks.pass_through BACKING MOUNT [keeps|lowers] [NAME_MAX] [direct]

Names are found whatever their case. `keeps` lists them as they were made, like a share of Windows or a Mac's disk;
`lowers` lists them in small letters. With `direct`, programs cannot share memory by a file, as on some network shares.
It runs until it is unmounted.
"""

import errno
import os
import sys
from collections.abc import Iterator
from typing import Any

import mfusepy

_STATUS = ("st_mode", "st_nlink", "st_uid", "st_gid", "st_size", "st_ino")
_TIMES = ("st_atime", "st_mtime", "st_ctime")


class PassThrough(mfusepy.Operations):  # type: ignore[misc]  # it comes without types
    """Hands everything on to the backing folder, under the name by which it is listed there."""

    use_ns = True

    def __init__(self, backing: str, *, lowers: bool, name_max: int) -> None:
        self._backing = backing
        self._lowers = lowers
        self._name_max = name_max

    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        """As in Operations."""
        status = os.lstat(self._found(path)) if fh is None else os.fstat(fh)
        times = {name: getattr(status, f"{name}_ns") for name in _TIMES}
        return {name: getattr(status, name) for name in _STATUS} | times

    def readdir(self, path: str, fh: int) -> Iterator[tuple[str, dict[str, int], int]]:
        """As in Operations."""
        del fh
        place = self._found(path)
        for name in (".", "..", *os.listdir(place)):
            status = os.lstat(os.path.join(place, name))
            shown = name.lower() if self._lowers else name
            yield shown, {"st_mode": status.st_mode, "st_ino": status.st_ino}, 0

    def create(self, path: str, mode: int, fi: object = None) -> int:
        """As in Operations."""
        del fi
        return os.open(self._found(path), os.O_RDWR | os.O_CREAT, mode)

    def open(self, path: str, flags: int) -> int:
        """As in Operations."""
        return os.open(self._found(path), flags & ~os.O_NOFOLLOW)

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        """As in Operations."""
        del path
        return os.pread(fh, size, offset)

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        """As in Operations."""
        del path
        return os.pwrite(fh, data, offset)

    def truncate(self, path: str, length: int, fh: int | None = None) -> int:
        """As in Operations."""
        os.truncate(self._found(path) if fh is None else fh, length)
        return 0

    def flush(self, path: str, fh: int) -> int:
        """As in Operations."""
        del path, fh
        return 0

    def fsync(self, path: str, datasync: int, fh: int) -> int:
        """As in Operations; a test's disk needs to outlive no power cut."""
        del path, datasync, fh
        return 0

    fsyncdir = fsync

    def release(self, path: str, fh: int) -> int:
        """As in Operations."""
        del path
        os.close(fh)
        return 0

    def unlink(self, path: str) -> int:
        """As in Operations."""
        os.unlink(self._found(path))
        return 0

    def mkdir(self, path: str, mode: int) -> int:
        """As in Operations."""
        os.mkdir(self._found(path), mode)
        return 0

    def rmdir(self, path: str) -> int:
        """As in Operations."""
        os.rmdir(self._found(path))
        return 0

    def rename(self, old: str, new: str) -> int:
        """As in Operations. Another spelling of the same name is taken over."""
        source, target = self._found(old), self._found(new)
        if source == target:
            target = os.path.join(os.path.dirname(source), os.path.basename(new))
        os.rename(source, target)
        return 0

    def link(self, target: str, source: str) -> int:
        """As in Operations."""
        os.link(self._found(source), self._found(target))
        return 0

    def chmod(self, path: str, mode: int) -> int:
        """As in Operations."""
        os.chmod(self._found(path), mode)
        return 0

    def chown(self, path: str, uid: int, gid: int) -> int:
        """As in Operations."""
        os.chown(self._found(path), uid, gid)
        return 0

    def utimens(self, path: str, times: tuple[int, int] | None = None) -> int:
        """As in Operations."""
        os.utime(self._found(path), ns=times) if times else os.utime(self._found(path))
        return 0

    def statfs(self, path: str) -> dict[str, int]:
        """As in Operations."""
        status = os.statvfs(self._backing)
        del path
        names = ("f_bavail", "f_bfree", "f_blocks", "f_bsize", "f_favail", "f_ffree", "f_files", "f_flag", "f_frsize")
        return {name: getattr(status, name) for name in names} | {"f_namemax": self._name_max}

    def getxattr(self, path: str, name: str, position: int = 0) -> bytes:
        """As in Operations."""
        del position
        return os.getxattr(self._found(path), name)

    def setxattr(self, path: str, name: str, value: bytes, options: int, position: int = 0) -> int:
        """As in Operations."""
        del position
        os.setxattr(self._found(path), name, value, options)
        return 0

    def listxattr(self, path: str) -> list[str]:
        """As in Operations."""
        return os.listxattr(self._found(path))

    def removexattr(self, path: str, name: str) -> int:
        """As in Operations."""
        os.removexattr(self._found(path), name)
        return 0

    def _found(self, path: str) -> str:
        """Where a path leads: to what is there under any spelling, or else to where it would be made."""
        place = self._backing
        for name in path.strip("/").split("/"):
            if len(os.fsencode(name)) > self._name_max:
                raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
            place = os.path.join(place, self._spelt(place, name))
        return place

    @staticmethod
    def _spelt(folder: str, name: str) -> str:
        if not name or os.path.lexists(os.path.join(folder, name)):
            return name
        try:
            return next((each for each in os.listdir(folder) if each.casefold() == name.casefold()), name)
        except OSError:
            return name


if __name__ == "__main__":
    _, under, at, *rest = sys.argv
    operations = PassThrough(under, lowers=rest[:1] == ["lowers"], name_max=int(rest[1]) if len(rest) > 1 else 255)
    now = {
        "attr_timeout": 0,
        "entry_timeout": 0,
        "negative_timeout": 0,
    }  # two spellings are one file, which it caches as two
    kind = {"use_ino": True, "fsname": "case", "direct_io": rest[2:] == ["direct"]}
    mfusepy.FUSE(operations, at, foreground=True, nothreads=True, **kind, **now)
