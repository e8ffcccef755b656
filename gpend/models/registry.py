"""The person's own folder of networks: what is added to it, and which licences they said yes to (no torch here)."""

from pathlib import Path

import yaml

from gpend.errors import FatalError
from gpend.models.weights import MANIFEST, AnyCheckpoint, load_manifest
from gpend.writing import alone_in, write_whole

ACCEPTED = "ACCEPTED-LICENCES.yaml"


def describe(folder: Path, checkpoint: AnyCheckpoint) -> None:
    """Add a checkpoint to the manifest of `folder`. Raises FatalError where another has its name there already."""
    with alone_in(folder):
        _describe(folder, checkpoint)


def _describe(folder: Path, checkpoint: AnyCheckpoint) -> None:
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


def forget(folder: Path, name: str) -> None:
    """Take the entry of the network called `name` out of the manifest of `folder`, if there is one.

    What a person wrote there, comments too, stays as it is. Raises FatalError where the disk refuses, or where that
    list is written otherwise than in lines.
    """
    with alone_in(folder):
        _forget(folder / MANIFEST, name)


def _forget(path: Path, name: str) -> None:
    places = [place for place, one in enumerate(load_manifest(path.parent)) if one.name == name]
    for place in reversed(places):
        text = path.read_text(encoding="utf-8")
        shorter = _without(text, place)
        entries = yaml.safe_load(text)
        if (yaml.safe_load(shorter) or []) != entries[:place] + entries[place + 1 :]:
            raise FatalError(f"{path} is not a list with an entry in lines of its own. Remove {name} there.")
        try:
            write_whole(path, shorter.encode())
        except OSError as error:
            raise FatalError(f"{path} cannot be written: {error.strerror}. Remove {name} there.") from error


def _without(text: str, place: int) -> str:
    """A list in YAML without the lines of one entry, the first being 0; comments behind it belong to the next."""
    entry = getattr(yaml.compose(text, Loader=yaml.SafeLoader), "value", [])[place]
    lines = text.splitlines(keepends=True)
    first, behind = entry.start_mark.line, max(entry.end_mark.line, entry.start_mark.line + 1)
    own = [line for line in range(first, behind) if (told := lines[line].strip()) and not told.startswith("#")]
    return "".join(lines[:first] + lines[own[-1] + 1 :])


def accept_licence(folder: Path, checkpoint: AnyCheckpoint, day: str) -> None:
    """Note that a person has said yes to the licence of a checkpoint, so that they are asked once."""
    with alone_in(folder):
        if has_accepted(folder, checkpoint):
            return
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
