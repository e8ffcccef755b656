"""Find a checkpoint by its name, and prove it by size and SHA-256 before a byte of it is used (no torch here)."""

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Generic, Literal, TypeAlias, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from gpend.errors import FatalError
from gpend.stamp import Stamp

MANIFEST = "MANIFEST.yaml"
ENDINGS = (".pth", ".pt", ".safetensors")
"""Of the files that a manifest may describe."""
FROM_HEAD = "from-head"
"""Where a worker keeps the networks that a head has sent, inside of the folder with its own."""

_SERVICE = Path("/var/lib/gpend/weights")
_AGAIN = "Reinstall gpend if it came with it, or copy it there again if it is your own"
_REPAIR = "Correct it, or reinstall gpend."


class Template(StrEnum):
    """How the faces must be aligned that a GPEN restores."""

    FFHQ = "ffhq"
    GPEN = "gpen"


class _Checkpoint(BaseModel):
    """What a manifest says of any checkpoint."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1)]
    file: Annotated[str, Field(pattern=rf"^[^/\x00]+({'|'.join(map(re.escape, ENDINGS))})$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None  # None until it is pinned on first use
    bytes: Annotated[int, Field(gt=0)] | None = None
    origin: str
    licence: str
    urls: tuple[str, ...] = ()  # where `gpend weights fetch` finds it
    consent: bool = False  # whether its licence wants a person's yes before it is fetched

    @property
    def version(self) -> str:
        """Its name and the beginning of its SHA-256, as written into what it made."""
        return f"{self.name} ({(self.sha256 or '')[:8]})"


class GpenCheckpoint(_Checkpoint):
    """A GPEN generator."""

    architecture: Literal["gpen"]
    size: Literal[64, 128, 256, 512, 1024, 2048]  # side of the crops in pixels
    channel_multiplier: Annotated[int, Field(ge=1)]
    narrow: Annotated[float, Field(gt=0)]
    template: Template
    seen: Literal[32, 64, 128, 256, 512, 1024] | None = None  # side of what it is given, where that is smaller


class DetectorCheckpoint(_Checkpoint):
    """A RetinaFace detector."""

    architecture: Literal["retinaface-mobile0.25", "retinaface-resnet50"]
    floor: Annotated[float, Field(gt=0, lt=1)] = 0.5  # score below which it finds more than faces


class KernelCheckpoint(_Checkpoint):
    """A network that finds the blur of a face."""

    architecture: Literal["blur-kernel"]
    size: Literal[256]  # side of the luma crops in pixels
    kernel: Annotated[int, Field(ge=3)]  # side of the kernels in pixels, odd


class RefineCheckpoint(_Checkpoint):
    """A network that takes ringing and noise out of filtered faces."""

    architecture: Literal["deblur-refine"]
    strengths: tuple[float, float]  # how many times noise counted in the two filtered lumas that it was trained with


class ParserCheckpoint(_Checkpoint):
    """A network that tells which pixels of a face are skin, eyes, hair."""

    architecture: Literal["parsenet"]


AnyCheckpoint: TypeAlias = GpenCheckpoint | DetectorCheckpoint | KernelCheckpoint | RefineCheckpoint | ParserCheckpoint
Checkpoint: TypeAlias = Annotated[AnyCheckpoint, Field(discriminator="architecture")]
Kind = TypeVar("Kind", GpenCheckpoint, DetectorCheckpoint, KernelCheckpoint, RefineCheckpoint, ParserCheckpoint)
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the former, ten times as quick, is not everywhere
_CHECKPOINTS = TypeAdapter(tuple[Checkpoint, ...])


@dataclass(frozen=True)
class Proven(Generic[Kind]):
    """A checkpoint whose bytes are those that its manifest promises."""

    checkpoint: Kind
    content: bytes


def weights_folders(own: Path | None = None) -> tuple[Path, ...]:
    """Where checkpoints are looked for: `own`, or where `gpend weights` puts them; then what came with gpend.

    Is `own` a folder with what a head has sent, then the folders that this machine has without it come next.
    """
    package = Path(str(files("gpend")))
    shipped = [folder for folder in (package / "weights", package.parent / "weights") if (folder / MANIFEST).is_file()]
    return (*_fetched(own), *shipped[:1])


def _fetched(own: Path | None) -> list[Path]:
    usual = dict.fromkeys((_SERVICE, _user_folder()))
    if own is not None and own.name == FROM_HEAD:
        return [own, *_fetched(None if own.parent in usual else own.parent)]
    return [own] if own else [folder for folder in usual if os.access(folder, os.R_OK | os.X_OK)]


def folder_to_fill(own: Path | None = None) -> Path:
    """Where `gpend weights` puts checkpoints: `own`, else the service's if that may be written to, else the user's.

    The service looks into its own folder only, so its networks are fetched by its user or by root.
    """
    if own is not None:
        return own
    there = _SERVICE if _SERVICE.exists() else _SERVICE.parent
    return _SERVICE if os.access(there, os.W_OK | os.X_OK) else _user_folder()


def unseen_by_service(folder: Path) -> Path | None:
    """Where the service of this machine looks for networks, if there is one and that is not `folder`."""
    return _SERVICE if _SERVICE.parent.exists() and folder != _SERVICE else None


def _user_folder() -> Path:
    data = os.environ.get("XDG_DATA_HOME")
    try:
        return (Path(data) if data else Path("~/.local/share").expanduser()) / "gpend" / "weights"
    except RuntimeError:  # a user without a name or a home, as in a container
        return _SERVICE


def load_manifest(folder: Path) -> tuple[AnyCheckpoint, ...]:
    """The manifest in `folder`, empty where there is none. Raises FatalError naming all that is wrong with it."""
    path = folder / MANIFEST
    if not path.is_file():
        return ()
    try:
        return _checkpoints(path.read_text(encoding="utf-8"))
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise FatalError(f"The list of checkpoints {path} is wrong: {problems}. {_REPAIR}") from error
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise FatalError(f"The list of checkpoints {path} cannot be read: {error}. {_REPAIR}") from error


@lru_cache(maxsize=8)
def _checkpoints(manifest: str) -> tuple[AnyCheckpoint, ...]:
    """What a manifest says, which is asked for once for every network."""
    return _CHECKPOINTS.validate_python(yaml.load(manifest, Loader=_Loader) or ())  # noqa: S506 - both are safe


@dataclass(frozen=True)
class Known:
    """A checkpoint that a manifest describes, and its file where there is one."""

    checkpoint: AnyCheckpoint
    path: Path | None


def known(folders: Sequence[Path]) -> list[Known]:
    """Every checkpoint by its name, once, as the first of `folders` describes it."""
    described = [one for folder in folders for one in load_manifest(folder)]
    first = {one.name: one for one in reversed(described)}
    return [Known(one, _path_of(one, folders)) for one in dict.fromkeys(first[each.name] for each in described)]


def find(name: str, kind: type[Kind], folders: Sequence[Path]) -> Proven[Kind]:
    """The checkpoint called `name`, read whole and proven; `folders` are searched in order, lists and files alike.

    Raises FatalError saying what to do: an unknown name, a missing file, a wrong size or a wrong SHA-256.
    """
    checkpoint = described(name, kind, folders)
    return Proven(checkpoint, prove(checkpoint, folders))


def prove(checkpoint: _Checkpoint, folders: Sequence[Path]) -> bytes:
    """The content of a checkpoint's file, once its size and SHA-256 are right. Raises FatalError saying what to do.

    It is read once, so that what is proven is what is loaded.
    """
    path = _there(checkpoint, folders)
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size == checkpoint.bytes else b""
    except OSError as error:
        raise FatalError(_unreadable(path, error)) from error
    _refuse_other(path, checkpoint, size, hashlib.sha256(content).hexdigest())
    return content


def check(checkpoint: _Checkpoint, folders: Sequence[Path]) -> None:
    """Raise FatalError as `prove` does; the content is not kept, and read once while the file stays as it is."""
    path = _there(checkpoint, folders)
    try:
        stamp = Stamp.of(path.stat())
        digest = digest_of(path, stamp) if stamp.size == checkpoint.bytes else ""
    except OSError as error:
        raise FatalError(_unreadable(path, error)) from error
    _refuse_other(path, checkpoint, stamp.size, digest)


@lru_cache(maxsize=32)
def digest_of(file: Path, stamp: Stamp) -> str:
    """SHA-256 of a file of some hundred megabytes, read once while its `stamp` stays the same. Raises OSError."""
    del stamp
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _there(checkpoint: _Checkpoint, folders: Sequence[Path]) -> Path:
    """The file of a checkpoint of which it is known what it should hold. Raises FatalError saying what to do."""
    path = _path_of(checkpoint, folders)
    if path is None:
        raise FatalError(
            f"The network {checkpoint.name} needs the file {checkpoint.file}, which is in none of: {_listed(folders)}. "
            f"Get it with `gpend weights fetch {checkpoint.name}`, or put it there (origin: {checkpoint.origin}; "
            f"licence: {checkpoint.licence}), or name another network."
        )
    if checkpoint.sha256 is None or checkpoint.bytes is None:
        raise FatalError(
            f"Nothing is known of the content of {path}, so it cannot be proven; nothing of it was loaded. "
            f"`gpend weights fetch {checkpoint.name} --from {path.parent}` looks at it and pins its SHA-256."
        )
    return path


def _path_of(checkpoint: _Checkpoint, folders: Sequence[Path]) -> Path | None:
    return next((folder / checkpoint.file for folder in folders if (folder / checkpoint.file).is_file()), None)


def described(name: str, kind: type[Kind], folders: Sequence[Path]) -> Kind:
    """What the first of the lists in `folders` says of `name`. Raises FatalError naming those that there are."""
    known = [one for folder in folders for one in load_manifest(folder) if isinstance(one, kind)]
    found = next((one for one in known if one.name == name), None)
    if found is None:
        there = ", ".join(sorted({one.name for one in known if _path_of(one, folders)})) or "none"
        others = ", ".join(sorted({one.name for one in known if not _path_of(one, folders)}))
        also = f" (`gpend weights fetch` gets {others})" if others else ""
        raise FatalError(
            f"No network of the kind needed is called {name!r}; there are: {there}{also}. Name one of them, "
            f"add yours with `gpend weights add FILE`, or describe yours in a {MANIFEST} in one of: {_listed(folders)}."
        )
    return found


def _refuse_other(path: Path, checkpoint: _Checkpoint, size: int, digest: str) -> None:
    if size != checkpoint.bytes:
        problem = f"has {size} bytes instead of {checkpoint.bytes}"
        raise FatalError(f"The network file {path} {problem}. {_advice(checkpoint)}")
    if digest != checkpoint.sha256:
        problem = f"is not the one that {MANIFEST} names: SHA-256 differs"
        raise FatalError(f"The network file {path} {problem}. {_advice(checkpoint)}")


def _unreadable(path: Path, error: OSError) -> str:
    return f"The network file {path} cannot be read: {error}."


def _advice(checkpoint: _Checkpoint) -> str:
    """How a file is had again that is not what it should be, and what became of it."""
    again = f"Fetch it again (`gpend weights fetch {checkpoint.name}`)" if checkpoint.urls else _AGAIN
    return f"{again}; nothing of it was loaded."


def is_of(content: bytes, checkpoint: _Checkpoint) -> bool:
    """Is this the content that a checkpoint promises? No, where it promises none."""
    return len(content) == checkpoint.bytes and hashlib.sha256(content).hexdigest() == checkpoint.sha256


def _listed(folders: Sequence[Path]) -> str:
    return ", ".join(map(str, folders)) or "no folder (gpend's own weights are missing: reinstall it)"
