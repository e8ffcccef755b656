"""Put a network into the person's own folder: fetched or added, looked at tensor by tensor, and described there."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from torch import Tensor, nn

from gpend.errors import FatalError
from gpend.models import download, part, recognise, registry
from gpend.models.parsenet import unloaded
from gpend.models.restorers import OWN_LICENCE, OwnFile
from gpend.models.retinaface import network_of
from gpend.models.tensors import is_safetensors, tensors_in
from gpend.models.transfer import refuse_full_disk
from gpend.models.weights import (
    AnyCheckpoint,
    DetectorCheckpoint,
    GpenCheckpoint,
    ParserCheckpoint,
    Template,
    known,
    weights_folders,
)
from gpend.settings import AUTO, names_file

_NAME = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,59}"
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


def add_own(file: Path, name: str | None, template: str, folder: Path) -> GpenCheckpoint:
    """Copy a GPEN of a person's own into `folder`, with the configuration that its tensors tell. Raises FatalError.

    Without a `name` it is called after its file.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise FatalError(f"{file} cannot be read: {error.strerror}. Nothing was added.") from error
    own = OwnFile(file, content)
    called = own.name if name is None else name
    _refuse_name(called, file.parent, folder)
    tensors = tensors_in(content, file.name)
    shape = recognise.shape_of(tensors, file.name)
    recognise.refuse_no_numbers(tensors, file.name)
    place = folder / f"{called}{'.safetensors' if is_safetensors(content) else '.pth'}"
    if place.exists():
        raise FatalError(f"{place} is there already. Choose another name with --name; nothing was added.")
    described = {"name": called, "architecture": "gpen", **vars(shape), "template": Template(template)}
    described |= {"file": place.name, "sha256": own.sha256, "bytes": len(content)}
    added = GpenCheckpoint.model_validate(described | {"origin": f"added from {file.name}", "licence": OWN_LICENCE})
    with part.held(place) as copied:
        refuse_full_disk(folder, len(content))
        copied.begin(0, part.Origin(str(file), "", len(content)))
        copied.add(content)
        copied.put()
    registry.describe(folder, added)
    return added


def _refuse_name(name: str, source: Path, folder: Path) -> None:
    """Raises FatalError where a network may not be called so: photos tell it, and other networks are told from it."""
    taken = {one.checkpoint.name for one in known(weights_folders(folder))}
    if name in taken:
        problem = f"another network is called so (if it is that one: `gpend weights fetch {name} --from {source}`)"
    elif name == AUTO or names_file(name):
        problem = "`restore.model` would not take that for the name of a network"
    elif not re.fullmatch(_NAME, name):
        problem = "a name is made of at most 60 letters from A to Z, digits, dots, - and _, and begins with no dot"
    else:
        return
    raise FatalError(
        f"A network cannot be called {name!r}: {problem}. Choose another name with --name; nothing was added."
    )


def _prover(checkpoint: AnyCheckpoint) -> Callable[[Path], None]:
    def prove(path: Path) -> None:
        tensors = tensors_in(path.read_bytes(), checkpoint.file)
        if isinstance(checkpoint, GpenCheckpoint):
            _refuse_other_gpen(tensors, checkpoint)
            recognise.refuse_no_numbers(tensors, checkpoint.file)
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
