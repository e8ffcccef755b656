"""Which restoring networks the settings ask for: all that are there, one by its name, or a file (no torch here)."""

import hashlib
import math
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

from gpend import machine
from gpend.errors import FatalError
from gpend.models import memory
from gpend.models.download import sha256_of
from gpend.models.weights import AnyCheckpoint, GpenCheckpoint, Known, Proven, find, is_sound, known
from gpend.settings import AUTO, names_file
from gpend.stamp import Stamp

DEFAULT = "gpen-256"
"""The network that comes with gpend, and must be there where no other is."""

OWN_LICENCE = "your own"

_LONGEST_NAME = 60  # characters
_GIB = 1 << 30


@dataclass(frozen=True)
class OwnFile:
    """A checkpoint that no manifest describes; its tensors tell its configuration."""

    path: Path
    content: bytes

    @property
    def name(self) -> str:
        """After the file, in letters that every format can hold in what a photo says of its past."""
        return re.sub(r"[^A-Za-z0-9._-]", "_", self.path.stem).lstrip(".")[:_LONGEST_NAME] or "own"

    @property
    def sha256(self) -> str:
        """Of the content, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class LeftOut:
    """A network that is there and cannot be used."""

    why: str  # and what to do about it
    is_damaged: bool = False  # it was left out because its file is not what it should be, not for want of memory


Found: TypeAlias = Proven[GpenCheckpoint] | OwnFile | LeftOut


def restorers(model: str, folders: Sequence[Path], limit: int | None = None) -> Iterator[Found]:
    """The networks for `restore.model`, the smallest first, each read whole and proven when its turn comes.

    With AUTO, one that is not what it should be is left out, and gpend goes on without it; so is one with which they
    would take more than `limit` bytes of memory, but for the smallest. Raises FatalError saying what to do where there
    is none at all, or not the one that was named.
    """
    if names_file(model):
        yield _own(Path(model))
    elif model != AUTO:
        yield find(model, GpenCheckpoint, folders)
    else:
        yield from _all(folders, limit)


def _all(folders: Sequence[Path], limit: int | None) -> Iterator[Found]:
    usable: list[GpenCheckpoint] = []
    settled: set[int] = set()  # sizes
    for one in _of_each_size(folders):
        if one.size in settled:
            continue
        if usable and _is_beyond([*usable, one], limit):
            settled.add(one.size)
            yield LeftOut(_too_large([*usable, one]))
            continue
        try:
            yield find(one.name, GpenCheckpoint, folders)
            usable.append(one)
            settled.add(one.size)
        except FatalError as error:
            yield LeftOut(f"The network {one.name} is left out. {error}", is_damaged=True)
    if not usable:
        yield find(DEFAULT, GpenCheckpoint, folders)


def beyond(folders: Sequence[Path], limit: int | None) -> dict[str, str]:
    """The networks that AUTO leaves out because of `limit`, by name, and why, in words."""
    there = _one_for_each_size(folders)
    fitting = _fitting(there, limit)
    return {one.name: _too_large([*fitting, one]) for one in there if one not in fitting}


def _is_beyond(checkpoints: Sequence[GpenCheckpoint], limit: int | None) -> bool:
    return limit is not None and memory.together(checkpoints) > limit


def _too_large(checkpoints: Sequence[GpenCheckpoint]) -> str:
    """Why the last of these is left out, in words."""
    name = checkpoints[-1].name
    return (
        f"The network {name} is left out: with it, gpend would take about {_taken(checkpoints)} while it restores, "
        f"more than half of the {_memory()} of memory that are here. "
        f"Faces that would have been its are restored by the next smaller one. "
        f"To use it all the same, alone: `restore: {{model: {name}}}`."
    )


def _taken(checkpoints: Sequence[GpenCheckpoint]) -> str:
    """What they take together, rounded up, so that it is more in figures too than what there is, rounded down."""
    return f"{math.ceil(10 * memory.together(checkpoints) / _GIB) / 10:.1f} GiB"


def _memory() -> str:
    return f"{math.floor(10 * machine.allowed_memory() / _GIB) / 10:.1f} GiB"


@dataclass(frozen=True)
class Roll:
    """Which networks restore, by name, and what is left out."""

    names: tuple[str, ...]  # the smallest first
    left_out: tuple[str, ...]
    doubt: str = ""  # about the one that was named


def roll(model: str, folders: Sequence[Path], limit: int | None = None) -> Roll:
    """What `restorers` gives, without its contents. Raises FatalError as it does."""
    names, left_out = [], []
    for one in restorers(model, folders, limit):
        if isinstance(one, LeftOut):
            left_out.append(one.why)
        else:
            names.append(one.name if isinstance(one, OwnFile) else one.checkpoint.name)
    return Roll(tuple(names), tuple(left_out), _doubt(model, folders, limit))


def _doubt(model: str, folders: Sequence[Path], limit: int | None) -> str:
    """What a person should know who wants a network that there is hardly memory for, by name or as the smallest."""
    if model == AUTO:
        wanted = _one_for_each_size(folders)[:1]
    else:
        named = [one.checkpoint for one in known(folders) if one.checkpoint.name == model]
        wanted = [one for one in named if isinstance(one, GpenCheckpoint)]
    if not wanted or not _is_beyond(wanted, limit):
        return ""
    what_to_do = "Give it more memory" if model == AUTO else "With `restore: {model: auto}` it uses what fits"
    return (
        f"gpend takes about {_taken(wanted)} while it restores with {wanted[0].name}, more than half of the "
        f"{_memory()} of memory that are here, and may be ended for want of it. {what_to_do}."
    )


def identities(
    model: str, folders: Sequence[Path], limit: int | None = None
) -> list[tuple[str, str | None, tuple[Path, ...]]]:
    """Name and SHA-256 of each, and where what was fitted for it is looked for; contents of named ones are not read.

    Empty where there is none: `roll` says why. What `limit` leaves out is not among them, nor what is damaged, as far
    as its size tells.
    """
    if names_file(model):
        own = Path(model)
        is_there = own.is_file() and os.access(own, os.R_OK)
        return [(OwnFile(own, b"").name, _digest(own, Stamp.of(own.stat())), (own.parent,))] if is_there else []
    if model == AUTO:
        wanted: list[AnyCheckpoint] = [*_fitting(_one_for_each_size(folders), limit)]
    else:
        wanted = [one.checkpoint for one in known(folders) if one.checkpoint.name == model]
    return [(one.name, one.sha256, tuple(folders)) for one in wanted]


def _fitting(there: Sequence[GpenCheckpoint], limit: int | None) -> list[GpenCheckpoint]:
    """Those that there is memory for, and the smallest in any case."""
    found: list[GpenCheckpoint] = []
    for one in there:
        if not found or not _is_beyond([*found, one], limit):
            found.append(one)
    return found


@lru_cache(maxsize=8)
def _digest(file: Path, stamp: Stamp) -> str:
    """SHA-256 of a checkpoint of some hundred megabytes, read once while it stays the same."""
    del stamp
    return sha256_of(file)


def _one_for_each_size(folders: Sequence[Path]) -> list[GpenCheckpoint]:
    """Of networks that are there, as far as their sizes tell, one of each, with rising size."""
    sound = _of_each_size(folders, is_sound)
    return [one for place, one in enumerate(sound) if one.size not in {each.size for each in sound[:place]}]


def _of_each_size(
    folders: Sequence[Path], may_be_used: Callable[[Known], bool] = lambda _: True
) -> list[GpenCheckpoint]:
    """Networks that are there, with rising size: of those of one size, first what a person has added."""
    there = [one for one in known(folders) if one.path is not None and may_be_used(one)]
    ranked = [one.checkpoint for one in sorted(there, key=lambda each: _rank(each, folders))]
    return sorted((one for one in ranked if isinstance(one, GpenCheckpoint)), key=lambda one: one.size)


def _rank(one: Known, folders: Sequence[Path]) -> int:
    """The place among `folders` of the one that its file lies in."""
    return len(folders) if one.path is None else folders.index(one.path.parent)


def _own(path: Path) -> OwnFile:
    try:
        return OwnFile(path, path.read_bytes())
    except OSError as error:
        raise FatalError(
            f"restore.model names the file {path}, which cannot be read: {error.strerror}. "
            "Correct the path, or name a network that `gpend weights list` knows."
        ) from error
