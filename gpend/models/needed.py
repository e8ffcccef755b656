"""Which checkpoints and fits the settings ask for, compared with another machine's: no torch here."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import yaml
from pydantic import TypeAdapter, ValidationError

from gpend.errors import FatalError
from gpend.models import fits
from gpend.models.memory import limit_of
from gpend.models.restorers import identities, in_use, left_out
from gpend.models.weights import (
    MANIFEST,
    AnyCheckpoint,
    Checkpoint,
    is_of,
    known,
    load_manifest,
    prove,
    weights_folders,
)
from gpend.settings import AUTO, CoreSettings, DetectorModel
from gpend.writing import write_whole

DETECTORS = {DetectorModel.MOBILE: "retinaface_mobile0.25", DetectorModel.RESNET: "RetinaFace-R50"}
DETECTOR = DETECTORS[DetectorModel.MOBILE]
PARSER = "parsing_parsenet"
KERNEL = "blur-kernel-256"
REFINER = "deblur-refine-256"

Identity: TypeAlias = tuple[str, str]
"""The name of a checkpoint and its SHA-256; the file name of a fit and its digest, "" where nothing was fitted."""

_ANY: TypeAdapter[AnyCheckpoint] = TypeAdapter(Checkpoint)


def needed(settings: CoreSettings) -> list[Identity]:
    """All that an outcome depends on under these settings, as far as it is here."""
    folders = weights_folders(settings.restore.weights)
    restorers = identities(settings.restore.model, folders, idle=True)
    beside = (DETECTORS[settings.detect.model], KERNEL, REFINER, PARSER)
    others = [one.checkpoint for one in known(folders) if one.path and one.checkpoint.name in beside]
    return [
        *((name, sha256 or "") for name, sha256, _ in restorers),
        *((f"{one[0]}{fits.ENDING}", fits.fit_of(*one).digest) for one in restorers),
        *((one.name, one.sha256 or "") for one in others),
    ]


def lacking(wanted: Sequence[Identity], settings: CoreSettings) -> list[str]:
    """What another machine wants and is not here, or not the same, by name.

    Raises FatalError where there is more here than that: with `auto` it would be used; and where there is too little
    memory here for what is wanted, because then it would not.
    """
    here = needed(settings)
    missing = [name for name, digest in wanted if (name, digest) not in here]
    _refuse_too_large([name for name, _ in wanted if name not in missing], settings)
    more = [name for name, _ in here if name not in {name for name, _ in wanted}]
    if more and not missing:
        raise FatalError(
            f"it has networks that the machine with the photos has not: {', '.join(more)}. Install the same on both, "
            "or name one network as `restore.model`"
        )
    return missing


def _refuse_too_large(wanted: Sequence[str], settings: CoreSettings) -> None:
    if settings.restore.model != AUTO:
        return
    here = left_out(weights_folders(settings.restore.weights), limit_of(settings))
    too_large = [one.checkpoint.name for one in here if one.is_too_large and one.checkpoint.name in wanted]
    if too_large:
        raise FatalError(
            f"it has too little memory for {' and '.join(too_large)} (`gpend help networks`). Name one network that it "
            "can hold as `restore.model`, or give it more memory"
        )


def entry_and_file(name: str, settings: CoreSettings) -> tuple[str, bytes]:
    """What is sent of a needed one: what it is, as JSON, and its file. Raises FatalError."""
    folders = weights_folders(settings.restore.weights)
    fitted = {f"{one.network}{fits.ENDING}": one.file for one in in_use(settings.restore, idle=True)}
    checkpoint = next((one.checkpoint for one in known(folders) if one.checkpoint.name == name), None)
    if (file := fitted.get(name)) is not None:
        return json.dumps({"fit": name.removesuffix(fits.ENDING)}), file.read_bytes()
    if checkpoint is None:
        raise FatalError(f"its {name} is to be removed: this machine has none")
    return checkpoint.model_dump_json(), prove(checkpoint, folders)


def keep(entry: str, content: bytes, folder: Path) -> None:
    """Put what came from another machine into `folder`, in place of what came before under its name.

    Raises FatalError where it is not what it says, or cannot be kept.
    """
    try:
        told = json.loads(entry)
        if "fit" in told:
            fits.write(_fit_called(told["fit"], content), folder)
        else:
            _keep(_ANY.validate_python(told), content, folder)
    except OSError as error:
        raise FatalError(f"A network cannot be kept in {folder}: {error.strerror}.") from error
    except (ValidationError, ValueError, TypeError) as error:
        raise FatalError("A network came with a description that this gpend does not understand.") from error


def _keep(told: AnyCheckpoint, content: bytes, folder: Path) -> None:
    if not is_of(content, told):
        raise FatalError(f"The network {told.name} came otherwise than announced: SHA-256 differs. It was not kept.")
    kept = told.model_copy(update={"file": f"{(told.sha256 or '')[:16]}-{told.file}"})
    others = [one for one in load_manifest(folder) if one.name != kept.name]
    entries = [one.model_dump(mode="json", exclude_none=True, exclude_defaults=True) for one in (*others, kept)]
    write_whole(folder / kept.file, content)
    write_whole(folder / MANIFEST, yaml.safe_dump(entries, sort_keys=False, allow_unicode=True).encode())


def _fit_called(name: str, content: bytes) -> fits.BlendFile:
    """The fit as it came. Raises ValueError where it is none, or that of another network than was said."""
    found = fits.BlendFile.model_validate_json(content)
    if found.network != name:
        raise ValueError(f"the fit of {found.network} came as that of {name}")
    return found
