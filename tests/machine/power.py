"""The power, which may fail between any two changes that are made to the disk."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from gpend import failpoints
from gpend.mirror import atomic

_CHANGES = ("write", "link", "unlink", "rename", "replace", "mkdir", "rmdir", "utime", "fchmod", "setxattr", "fsync")


class PowerCutError(BaseException):
    """From here on nothing reaches the disk."""


class Power:
    """Counts what is done to the disk, and the steps of photos; after so many it is gone.

    What runs afterwards, such as a `finally`, changes nothing on disk, as if it did not run.
    """

    def __init__(self, steps: int) -> None:
        self._left = steps
        self.is_gone = False

    @contextmanager
    def supplying(self) -> Iterator[None]:
        """For what happens inside, `os` and the failpoints depend on this power."""
        with pytest.MonkeyPatch.context() as patch:
            for name in _CHANGES:
                patch.setattr(os, name, self._depending(getattr(os, name)))
            patch.setattr(atomic, "exchange", self._depending(atomic.exchange))
            patch.setattr(failpoints, "_armed", self)
            yield

    def due(self, name: str) -> bool:
        """As in Failpoint: a step of a photo has been taken."""
        del name
        if not self.is_gone:
            self._step()
        return False

    def _depending(self, change: Callable[..., Any]) -> Callable[..., Any]:
        def changed(*arguments: object, **named: object) -> object:
            if self.is_gone:
                return None
            self._step()
            return change(*arguments, **named)

        return changed

    def _step(self) -> None:
        self._left -= 1
        if self._left < 0:
            self.is_gone = True
            raise PowerCutError
