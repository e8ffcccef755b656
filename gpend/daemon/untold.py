"""What programs had not heard when gpend ended: kept beside the ledger until it was told after a later start."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

from gpend.writing import write_whole

_LARGEST = 64 << 20  # bytes of what was kept: a thousand photos of crowds; more was not kept by gpend
_TOLD = b"-"  # what a line begins with whose facts were told

Facts: TypeAlias = dict[str, Any]
"""What a program is told."""


class Untold:
    """A file of one line of JSON for each telling; a line is struck out in its place as soon as it was told.

    So a gpend that is killed loses none of them, and tells at most one again.
    """

    def __init__(self, place: Path | None) -> None:
        """`place`: the file; None: nothing can be kept."""
        self._place = place

    def read(self) -> list[tuple[int, Facts]]:
        """What was kept and not told yet, each with its mark for `strike`."""
        try:
            return list(_parsed(b"" if self._place is None else _read(self._place)))
        except OSError:
            return []

    def strike(self, mark: int) -> None:
        """It was told. Where that cannot be noted, it is told again after the next start."""
        with suppress(OSError):
            if self._place is not None:
                descriptor = os.open(self._place, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
                try:
                    os.pwrite(descriptor, _TOLD, mark)
                finally:
                    os.close(descriptor)

    def clear(self) -> None:
        """All of it was told, or cannot be told any more."""
        with suppress(OSError):
            if self._place is not None:
                self._place.unlink(missing_ok=True)

    def keep(self, untold: Sequence[Facts]) -> None:
        """Keep this, and nothing else. Raises OSError; then what was kept before stays."""
        if self._place is None:
            raise FileNotFoundError
        write_whole(self._place, b"".join(json.dumps(facts).encode() + b"\n" for facts in untold), mode=0o600)


def kept_beside(ledger: Path) -> Path:
    """The file for what programs have not heard yet."""
    return ledger.with_name(f"{ledger.name}.hooks")


def _parsed(held: bytes) -> Iterator[tuple[int, Facts]]:
    mark = 0
    for line in held.splitlines(keepends=True):
        if not line.startswith(_TOLD):
            with suppress(ValueError, RecursionError):
                facts = json.loads(line)
                if isinstance(facts, dict):
                    yield mark, facts
        mark += len(line)


def _read(kept: Path) -> bytes:
    """What stands there; nothing of what gpend did not write: a pipe, or what no memory holds. Raises OSError."""
    with open(os.open(kept, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:  # noqa: PTH123 - a descriptor
        return (os.fstat(file.fileno()).st_size <= _LARGEST and file.read(_LARGEST)) or b""
