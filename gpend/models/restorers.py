"""Which restoring networks the settings ask for: all that are there, one by its name, or a file (no torch here)."""

import hashlib
import math
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, TypeVar

from gpend import machine
from gpend.errors import FatalError
from gpend.models import fits, memory
from gpend.models.fits import Fitted
from gpend.models.weights import (
    AnyCheckpoint,
    GpenCheckpoint,
    Known,
    Proven,
    check,
    described,
    digest_of,
    find,
    known,
    weights_folders,
)
from gpend.settings import AUTO, CoreSettings, RestoreSettings, names_file
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

    checkpoint: GpenCheckpoint
    why: str  # and what to do about it
    is_damaged: bool = False  # its file is not what it should be
    is_too_large: bool = False  # there is too little memory for it
    helps_nobody: bool = False  # so it was measured


Checked = TypeVar("Checked")
Found: TypeAlias = Proven[GpenCheckpoint] | OwnFile | LeftOut


def restorers(model: str, folders: Sequence[Path], limit: int | None = None) -> Iterator[Found]:
    """The networks for `restore.model`, the smallest first, each read whole and proven when its turn comes.

    With AUTO, one that is not what it should be is left out, and gpend goes on without it; so is one that was found to
    help nobody, where another can be used; and one with which they would take more than `limit` bytes of memory, but
    for the smallest. Raises FatalError saying what to do where there is none at all, or not the one that was named.
    """
    if names_file(model):
        yield _own(Path(model))
        return
    if model != AUTO:
        yield find(model, GpenCheckpoint, folders)
        return
    is_any = False
    for one in _of_auto(folders, limit, lambda each: find(each.name, GpenCheckpoint, folders)):
        is_any = is_any or not isinstance(one, LeftOut)
        yield one
    if not is_any:
        yield find(DEFAULT, GpenCheckpoint, folders)


def _of_auto(
    folders: Sequence[Path], limit: int | None, prove: Callable[[GpenCheckpoint], Checked]
) -> Iterator[Checked | LeftOut]:
    """What `prove` gives of those that restore, one of each size, with rising size; it raises FatalError for others."""
    there = _of_each_size(folders)
    idle = [one for one in there if _fit_of(one, folders).helps_nobody]
    used: list[GpenCheckpoint] = []
    settled: set[int] = set()  # sizes
    for one in [*(each for each in there if each not in idle), *idle]:
        if one in idle and used:
            yield LeftOut(one, _idle(one, harms=bool(_fit_of(one, folders).harms)), helps_nobody=True)
        elif one.size not in settled and used and _is_beyond([*used, one], limit):
            settled.add(one.size)
            yield LeftOut(one, _too_large([*used, one]), is_too_large=True)
        elif one.size not in settled:
            try:
                yield prove(one)
                used.append(one)
                settled.add(one.size)
            except FatalError as error:
                yield LeftOut(one, f"The network {one.name} is left out. {error}", is_damaged=True)


def _of_auto_here(folders: Sequence[Path], limit: int | None) -> Iterator[GpenCheckpoint | LeftOut]:
    """The same, without their contents."""

    def checked(one: GpenCheckpoint) -> GpenCheckpoint:
        check(one, folders)
        return one

    return _of_auto(folders, limit, checked)


def left_out(folders: Sequence[Path], limit: int | None) -> list[LeftOut]:
    """The networks that are here, and that AUTO does not use with so much memory, but for those of a size twice."""
    return [one for one in _of_auto_here(folders, limit) if isinstance(one, LeftOut)]


def _fit_of(one: AnyCheckpoint, folders: Sequence[Path]) -> Fitted:
    return fits.fit_of(one.name, one.sha256, folders)


def _idle(one: GpenCheckpoint, *, harms: bool) -> str:
    """Why one is left out that helps nobody, or `harms`, in words."""
    found = "that what it paints does harm" if harms else "that nothing of what it paints helps"
    return (
        f"The network {one.name} is left out: `gpend weights fit` found {found}. "
        "Faces that would have been its are restored by the others that are here. To measure it on other faces: "
        f"`gpend weights fit {one.name} --photos FOLDER`."
    )


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
    if names_file(model):
        return Roll((_own(Path(model)).name,), ())
    if model != AUTO:
        check(described(model, GpenCheckpoint, folders), folders)
        return Roll((model,), (), _doubt(model, folders, limit))
    found = list(_of_auto_here(folders, limit))
    names = [one.name for one in found if not isinstance(one, LeftOut)]
    if not names:
        check(described(DEFAULT, GpenCheckpoint, folders), folders)  # says what to do
    told = [one.why for one in found if isinstance(one, LeftOut)]
    return Roll(tuple(names), tuple(told), _doubt(model, folders, limit))


def _doubt(model: str, folders: Sequence[Path], limit: int | None) -> str:
    """What a person should know who wants a network that there is hardly memory for, by name or as the smallest."""
    if model == AUTO:
        wanted = [one for one in _of_auto_here(folders, limit) if not isinstance(one, LeftOut)][:1]
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
    model: str, folders: Sequence[Path], limit: int | None = None, *, idle: bool = False
) -> list[tuple[str, str | None, tuple[Path, ...]]]:
    """Name and SHA-256 of each, and where what was fitted for it is looked for.

    Empty where there is none: `roll` says why. What is left out is not among them, but for what helps nobody if `idle`:
    whoever has the same networks with the same fits finds that out likewise.
    """
    if names_file(model):
        own = Path(model)
        is_there = own.is_file() and os.access(own, os.R_OK)
        return [(OwnFile(own, b"").name, digest_of(own, Stamp.of(own.stat())), (own.parent,))] if is_there else []
    wanted: list[AnyCheckpoint] = []
    if model == AUTO:
        for one in _of_auto_here(folders, limit):
            if not isinstance(one, LeftOut):
                wanted.append(one)
            elif idle and one.helps_nobody:
                wanted.append(one.checkpoint)
    else:
        wanted = [one.checkpoint for one in known(folders) if one.checkpoint.name == model]
    return [(one.name, one.sha256, tuple(folders)) for one in wanted]


def in_use(settings: RestoreSettings, limit: int | None = None, *, idle: bool = False) -> list[Fitted]:
    """What was fitted for every network that these settings let restore, as `identities` tells them."""
    used = identities(settings.model, weights_folders(settings.weights), limit, idle=idle)
    return [fits.fit_of(*one) for one in used]


def unmeasured(settings: CoreSettings) -> list[str]:
    """What a person should know of networks in use that nothing was fitted for, in words."""
    used = in_use(settings.restore, memory.limit_of(settings))
    return [one.notice for one in used if one.notice]


def _of_each_size(folders: Sequence[Path]) -> list[GpenCheckpoint]:
    """Networks that are there, with rising size: of those of one size, first what a person has added."""
    there = [one for one in known(folders) if one.path is not None]
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
