"""Find a checkpoint by its name, and prove it by size and SHA-256 before a byte of it is used (no torch here)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Generic, Literal, TypeAlias, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from gpend.errors import FatalError

MANIFEST = "MANIFEST.yaml"
_REPAIR = "Correct it, or reinstall gpend."


class Template(StrEnum):
    """How the faces must be aligned that a GPEN restores."""

    FFHQ = "ffhq"
    GPEN = "gpen"


class _Checkpoint(BaseModel):
    """What a manifest says of any checkpoint."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1)]
    file: Annotated[str, Field(pattern=r"^[^/\x00]+\.(safetensors|pth|pt)$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    bytes: Annotated[int, Field(gt=0)]
    origin: str
    licence: str


class GpenCheckpoint(_Checkpoint):
    """A GPEN generator."""

    architecture: Literal["gpen"]
    size: Literal[64, 128, 256, 512, 1024, 2048]  # side of the crops in pixels
    channel_multiplier: Annotated[int, Field(ge=1)]
    narrow: Annotated[float, Field(gt=0)]
    template: Template


class DetectorCheckpoint(_Checkpoint):
    """A RetinaFace detector."""

    architecture: Literal["retinaface-mobile0.25"]


class KernelCheckpoint(_Checkpoint):
    """A network that finds the blur of a face."""

    architecture: Literal["blur-kernel"]
    size: Literal[256]  # side of the luma crops in pixels
    kernel: Annotated[int, Field(ge=3)]  # side of the kernels in pixels, odd


AnyCheckpoint: TypeAlias = GpenCheckpoint | DetectorCheckpoint | KernelCheckpoint
Checkpoint: TypeAlias = Annotated[AnyCheckpoint, Field(discriminator="architecture")]
Kind = TypeVar("Kind", GpenCheckpoint, DetectorCheckpoint, KernelCheckpoint)
_CHECKPOINTS = TypeAdapter(tuple[Checkpoint, ...])


@dataclass(frozen=True)
class Proven(Generic[Kind]):
    """A checkpoint whose bytes are those that its manifest promises."""

    checkpoint: Kind
    content: bytes


def weights_folders(own: Path | None = None) -> tuple[Path, ...]:
    """Where checkpoints are looked for: `own` first, then what came with gpend (in a wheel, or beside its source)."""
    package = Path(str(files("gpend")))
    shipped = [folder for folder in (package / "weights", package.parent / "weights") if (folder / MANIFEST).is_file()]
    return (*([own] if own else []), *shipped[:1])


def load_manifest(folder: Path) -> tuple[AnyCheckpoint, ...]:
    """The manifest in `folder`, empty where there is none. Raises FatalError naming all that is wrong with it."""
    path = folder / MANIFEST
    if not path.is_file():
        return ()
    try:
        return _CHECKPOINTS.validate_python(yaml.safe_load(path.read_text(encoding="utf-8")) or ())
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise FatalError(f"The list of checkpoints {path} is wrong: {problems}. {_REPAIR}") from error
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise FatalError(f"The list of checkpoints {path} cannot be read: {error}. {_REPAIR}") from error


def find(name: str, kind: type[Kind], folders: Sequence[Path]) -> Proven[Kind]:
    """The checkpoint called `name`, read whole and proven; `folders` are searched in order, lists and files alike.

    Raises FatalError saying what to do: an unknown name, a missing file, a wrong size or a wrong SHA-256.
    """
    checkpoint = _described(name, kind, folders)
    path = next((folder / checkpoint.file for folder in folders if (folder / checkpoint.file).is_file()), None)
    if path is None:
        raise FatalError(
            f"The network {name} needs the file {checkpoint.file}, which is in none of: {_listed(folders)}. "
            f"Put it there (origin: {checkpoint.origin}; licence: {checkpoint.licence}), or name another network."
        )
    return Proven(checkpoint, _prove(path, checkpoint))


def _described(name: str, kind: type[Kind], folders: Sequence[Path]) -> Kind:
    known = [one for folder in folders for one in load_manifest(folder) if isinstance(one, kind)]
    found = next((one for one in known if one.name == name), None)
    if found is None:
        names = ", ".join(sorted({one.name for one in known})) or "none"
        raise FatalError(
            f"No network of the kind needed is called {name!r}; known are: {names}. Name one of them, "
            f"or describe yours in a {MANIFEST} in one of: {_listed(folders)}."
        )
    return found


def _prove(path: Path, checkpoint: _Checkpoint) -> bytes:
    """The file's bytes, read once, so that what is proven is what is loaded."""
    advice = "Fetch it again, or reinstall gpend if it came with it; nothing of it was loaded."
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size == checkpoint.bytes else b""
    except OSError as error:
        raise FatalError(f"The network file {path} cannot be read: {error}.") from error
    if len(content) != checkpoint.bytes:
        raise FatalError(f"The network file {path} has {size} bytes instead of {checkpoint.bytes}. {advice}")
    if hashlib.sha256(content).hexdigest() != checkpoint.sha256:
        raise FatalError(f"The network file {path} is not the one that {MANIFEST} names: SHA-256 differs. {advice}")
    return content


def _listed(folders: Sequence[Path]) -> str:
    return ", ".join(map(str, folders)) or "no folder (gpend's own weights are missing: reinstall it)"
