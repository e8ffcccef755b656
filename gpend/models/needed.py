"""Which checkpoints the settings ask for, without loading one: no torch here."""

import json
from collections.abc import Sequence
from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from gpend.errors import FatalError
from gpend.models.weights import MANIFEST, AnyCheckpoint, Checkpoint, known, load_manifest, prove, weights_folders
from gpend.settings import CoreSettings

DETECTOR = "retinaface_mobile0.25"
KERNEL = "blur-kernel-256"
REFINER = "deblur-refine-256"

_ANY: TypeAdapter[AnyCheckpoint] = TypeAdapter(Checkpoint)


def needed(settings: CoreSettings) -> list[AnyCheckpoint]:
    """The checkpoints that these settings ask for and that are here with their file."""
    names = (settings.restore.model, DETECTOR, KERNEL, REFINER)
    there = {
        one.checkpoint.name: one.checkpoint for one in known(weights_folders(settings.restore.weights)) if one.path
    }
    return [there[name] for name in names if name in there]


def entry_and_file(name: str, settings: CoreSettings) -> tuple[str, bytes]:
    """A needed checkpoint as it is sent to another machine: its entry as JSON, and its file. Raises FatalError."""
    checkpoint = next(one for one in needed(settings) if one.name == name)
    return checkpoint.model_dump_json(), prove(checkpoint, weights_folders(settings.restore.weights))


def lacking(wanted: Sequence[tuple[str, str]], settings: CoreSettings) -> list[str]:
    """Which of some networks, by name and SHA-256, are not here, or not the same. Raises FatalError."""
    here = {(one.name, one.sha256) for one in needed(settings)}
    return [name for name, sha256 in wanted if (name, sha256) not in here]


def keep(entry: str, content: bytes, folder: Path) -> None:
    """Put a checkpoint that came from another machine into `folder`, in place of one of its name that came before.

    Raises FatalError where it is not what it says, or cannot be kept.
    """
    try:
        told = _ANY.validate_python(json.loads(entry))
    except (ValidationError, ValueError) as error:
        raise FatalError("A network came with a description that this gpend does not understand.") from error
    kept = told.model_copy(update={"file": f"{(told.sha256 or '')[:16]}-{told.file}"})
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / kept.file, content)
        prove(kept, (folder,))
        _write(folder / MANIFEST, _manifest([*(one for one in load_manifest(folder) if one.name != kept.name), kept]))
    except OSError as error:
        raise FatalError(f"The network {told.name} cannot be kept in {folder}: {error.strerror}.") from error


def _manifest(checkpoints: Sequence[AnyCheckpoint]) -> bytes:
    entries = [one.model_dump(mode="json", exclude_none=True, exclude_defaults=True) for one in checkpoints]
    return yaml.safe_dump(entries, sort_keys=False, allow_unicode=True).encode()


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(f".gpend-{path.name}.part")
    part.write_bytes(content)
    part.replace(path)
