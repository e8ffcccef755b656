"""The person's own folder of networks: what is added to it, and which licences they said yes to (no torch here)."""

from pathlib import Path

import yaml

from gpend.errors import FatalError
from gpend.models.weights import MANIFEST, AnyCheckpoint, load_manifest
from gpend.writing import write_whole

ACCEPTED = "ACCEPTED-LICENCES.yaml"


def describe(folder: Path, checkpoint: AnyCheckpoint) -> None:
    """Add a checkpoint to the manifest of `folder`. Raises FatalError where another has its name there already."""
    others = load_manifest(folder)
    if checkpoint in others:
        return
    if checkpoint.model_copy(update={"sha256": None, "bytes": None}) in others:
        raise FatalError(
            f"{folder / MANIFEST} describes {checkpoint.name} without what its file must be. Write there, under its "
            f"name: `sha256: {checkpoint.sha256}` and `bytes: {checkpoint.bytes}`. The file is in its place."
        )
    if any(one.name == checkpoint.name for one in others):
        raise FatalError(
            f"{folder / MANIFEST} already describes another network called {checkpoint.name}. Remove that entry, or "
            "choose another name with --name."
        )
    _append(folder / MANIFEST, checkpoint.model_dump(mode="json", exclude_none=True, exclude_defaults=True))


def accept_licence(folder: Path, checkpoint: AnyCheckpoint, day: str) -> None:
    """Note that a person has said yes to the licence of a checkpoint, so that they are asked once."""
    if not has_accepted(folder, checkpoint):
        _append(folder / ACCEPTED, {"name": checkpoint.name, "licence": checkpoint.licence, "day": day})


def has_accepted(folder: Path, checkpoint: AnyCheckpoint) -> bool:
    """Whether a person has said yes to this licence of this checkpoint."""
    path = folder / ACCEPTED
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else None
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise FatalError(f"{path} cannot be read: {error}. Remove it, and accept the licences again.") from error
    wanted = (checkpoint.name, checkpoint.licence)
    return any(
        (entry.get("name"), entry.get("licence")) == wanted for entry in entries or [] if isinstance(entry, dict)
    )


def _append(path: Path, entry: dict[str, object]) -> None:
    """One more entry at the end of a list in YAML: what a person wrote there, comments too, stays as it is."""
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    gap = "" if not before or before.endswith("\n") else "\n"
    told = f"{before}{gap}{yaml.safe_dump([entry], sort_keys=False, allow_unicode=True)}"
    write_whole(path, told.encode())
