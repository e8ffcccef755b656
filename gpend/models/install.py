"""Put a network into the person's own folder: fetched or added, looked at tensor by tensor, and described there."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from torch import Tensor, nn

from gpend.errors import FatalError
from gpend.models import download, recognise, registry
from gpend.models.parsenet import unloaded
from gpend.models.restorers import OWN_LICENCE
from gpend.models.retinaface import network_of
from gpend.models.tensors import tensors_in
from gpend.models.weights import AnyCheckpoint, DetectorCheckpoint, GpenCheckpoint, ParserCheckpoint, Template
from gpend.writing import part_of, put_whole

_AGAIN = "It was not installed; get the file again from where it is published."


def install(
    checkpoint: AnyCheckpoint, wanted: download.Wanted, source: Path | None, folder: Path, progress: download.Progress
) -> AnyCheckpoint:
    """Fetch what `checkpoint` describes (or take it from `source`) into `folder`; the checkpoint with its SHA-256.

    Raises FatalError saying what to do; then the file has not got its name.
    """
    prove = _prover(checkpoint)
    if source is None:
        path = download.fetch(wanted, folder, prove, progress)
    else:
        path = download.copy(wanted, source, folder, prove)
    pinned = checkpoint.model_copy(update={"sha256": download.sha256_of(path), "bytes": path.stat().st_size})
    if pinned != checkpoint:
        registry.describe(folder, pinned)
    return pinned


def add_own(file: Path, name: str, template: str, folder: Path) -> GpenCheckpoint:
    """Copy a GPEN of a person's own into `folder`, with the configuration that its tensors tell. Raises FatalError."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise FatalError(f"{file} cannot be read: {error.strerror}. Nothing was added.") from error
    shape = recognise.shape_of(tensors_in(content, file.name), file.name)
    place = folder / f"{name}{file.suffix}"
    folder.mkdir(parents=True, exist_ok=True)
    if place.exists():
        raise FatalError(f"{place} is there already. Choose another name with --name; nothing was added.")
    part = part_of(place)
    shutil.copyfile(file, part)
    described = {"name": name, "architecture": "gpen", **vars(shape), "template": Template(template)}
    described |= {"file": place.name, "sha256": download.sha256_of(part), "bytes": part.stat().st_size}
    added = GpenCheckpoint.model_validate(described | {"origin": f"added from {file.name}", "licence": OWN_LICENCE})
    put_whole(part, place)
    registry.describe(folder, added)
    return added


def _prover(checkpoint: AnyCheckpoint) -> Callable[[Path], None]:
    def prove(path: Path) -> None:
        tensors = tensors_in(path.read_bytes(), checkpoint.file)
        if isinstance(checkpoint, GpenCheckpoint):
            _refuse_other_gpen(tensors, checkpoint)
        elif isinstance(checkpoint, DetectorCheckpoint):
            _refuse_others(tensors, network_of(checkpoint), checkpoint)
        elif isinstance(checkpoint, ParserCheckpoint):
            _refuse_others(tensors, unloaded(), checkpoint)

    return prove


def _refuse_other_gpen(tensors: Mapping[str, Tensor], checkpoint: GpenCheckpoint) -> None:
    shape = recognise.shape_of(tensors, checkpoint.file)
    expected = recognise.Shape(checkpoint.size, checkpoint.channel_multiplier, checkpoint.narrow, checkpoint.seen)
    if shape != expected:
        raise FatalError(f"{checkpoint.file} is another network: {shape} was found, {expected} expected. {_AGAIN}")


def _refuse_others(tensors: Mapping[str, Tensor], network: nn.Module, checkpoint: AnyCheckpoint) -> None:
    for key, wanted in network.state_dict().items():
        found = tensors.get(key)
        if key.endswith("num_batches_tracked") or (found is not None and found.shape == wanted.shape):
            continue
        told = "is not there" if found is None else f"is {tuple(found.shape)}"
        raise FatalError(
            f"{checkpoint.file} is no {checkpoint.architecture}: its tensor {key} {told} where {tuple(wanted.shape)} "
            f"was expected. {_AGAIN}"
        )
