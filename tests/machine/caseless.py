"""A disk that ignores case, as `os` shows it of one folder: names are kept as they were made, and found in any case."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gpend.mirror import atomic, inspect
from gpend.stamp import Stamp

_NAMED = ("stat", "unlink", "rmdir")


@dataclass(frozen=True)
class _Entry:
    """As os.DirEntry, in small letters."""

    real: "os.DirEntry[str]"

    @property
    def name(self) -> str:
        """As in DirEntry."""
        return self.real.name.lower()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # the rest of it
        return getattr(self.real, name)


class Caseless:
    """For what is opened below `root`. With `poor` it is as exFAT: no hard links, no attributes, inodes made up.

    With `lowers` open folders are listed in small letters, as lowntfs-3g does it.
    """

    def __init__(self, root: Path, *, poor: bool = False, lowers: bool = False) -> None:
        self._root = os.fspath(root)
        self._poor = poor
        self._lowers = lowers
        self._real: dict[str, Callable[..., Any]] = {
            name: getattr(os, name)
            for name in (*_NAMED, "open", "mkdir", "rename", "link", "setxattr", "listdir", "scandir")
        }
        self._exchange = atomic.exchange

    @contextmanager
    def mounted(self) -> Iterator[None]:
        """As long as this lasts."""
        with pytest.MonkeyPatch.context() as patch:
            for name in _NAMED:
                patch.setattr(os, name, self._naming(self._real[name]))
            patch.setattr(os, "open", self._open)
            patch.setattr(os, "mkdir", self._mkdir)
            patch.setattr(os, "rename", self._rename)
            patch.setattr(os, "replace", self._rename)
            patch.setattr(os, "link", self._link)
            patch.setattr(atomic, "exchange", self._exchanged)
            if self._lowers:
                patch.setattr(os, "listdir", self._listdir)
                patch.setattr(os, "scandir", self._scandir)
            if self._poor:
                patch.setattr(os, "setxattr", self._setxattr)
                patch.setattr(inspect, "stamp_of", lambda _folder, status: Stamp.of(status, steady_inode=False))
                patch.setattr(atomic, "stamp_of", lambda _folder, status: Stamp.of(status, steady_inode=False))
            yield

    def _is_inside(self, descriptor: int | None) -> bool:
        if descriptor is None:
            return False
        place = os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115  # Path would ask os.stat
        return place == self._root or place.startswith(self._root + "/")

    def _found(self, name: str, folder: int | None) -> str:
        """The name under which an open folder has it, in whatever case."""
        if not self._is_inside(folder):
            return name
        names = self._real["listdir"](folder)
        return name if name in names else next((each for each in names if each.lower() == name.lower()), name)

    def _listdir(self, place: Any = ".") -> list[str]:  # noqa: ANN401  # as os has it
        names: list[str] = self._real["listdir"](place)
        return [name.lower() for name in names] if isinstance(place, int) and self._is_inside(place) else names

    def _scandir(self, place: Any = ".") -> Any:  # noqa: ANN401  # the same
        if not isinstance(place, int) or not self._is_inside(place):
            return self._real["scandir"](place)
        with self._real["scandir"](place) as entries:
            return nullcontext([_Entry(entry) for entry in entries])

    def _naming(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def called(name: Any, *rest: Any, **named: Any) -> object:  # noqa: ANN401  # as os has it
            return call(self._found(name, named["dir_fd"]) if named.get("dir_fd") is not None else name, *rest, **named)

        return called

    def _open(self, name: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:  # noqa: ANN401
        found: int = self._real["open"](self._found(name, dir_fd), flags, mode, dir_fd=dir_fd)
        return found

    def _mkdir(self, name: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> None:  # noqa: ANN401
        self._real["mkdir"](self._found(name, dir_fd), mode, dir_fd=dir_fd)

    def _link(self, old: Any, name: Any, **named: Any) -> None:  # noqa: ANN401
        target = named.get("dst_dir_fd")
        if self._poor and self._is_inside(target):
            raise OSError(errno.EPERM, "no links here")
        self._real["link"](self._found(old, named.get("src_dir_fd")), self._found(name, target), **named)

    def _rename(self, old: Any, name: Any, **named: Any) -> None:  # noqa: ANN401
        source, target = named.get("src_dir_fd"), named.get("dst_dir_fd")
        found, taken = self._found(old, source), self._found(name, target)
        is_itself = self._is_inside(target) and self._same(found, source, taken, target)
        self._real["rename"](found, name if is_itself else taken, **named)

    @staticmethod
    def _same(one: str, folder: int | None, other: str, other_folder: int | None) -> bool:
        if folder is None or other_folder is None:
            return False
        return one == other and os.path.samestat(os.fstat(folder), os.fstat(other_folder))

    def _setxattr(self, path: Any, *rest: Any, **named: Any) -> None:  # noqa: ANN401
        if isinstance(path, int) and self._is_inside(path):
            raise OSError(errno.ENOTSUP, "no attributes here")
        self._real["setxattr"](path, *rest, **named)

    def _exchanged(self, folder: int, name: str, other_folder: int, other: str) -> bool:
        if self._poor:
            return False
        return self._exchange(folder, self._found(name, folder), other_folder, self._found(other, other_folder))
