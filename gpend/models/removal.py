"""Take a network out of the person's own folder again, with all that gpend keeps beside it (no torch here)."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from gpend.errors import FatalError
from gpend.models import fits, registry
from gpend.models.part import held, note_of
from gpend.models.weights import AnyCheckpoint, load_manifest
from gpend.writing import alone_in, part_of


def left_of(checkpoint: AnyCheckpoint, folder: Path) -> list[Path]:
    """What lies in `folder` of a network, the file first: what a broken download or an unfinished measure left, too."""
    file = folder / checkpoint.file
    begun = [part_of(file), note_of(file), fits.work_of(checkpoint.name, folder)]
    return [place for place in (file, fits.place_of(checkpoint.name, folder), *begun) if place.exists()]


def remove(checkpoint: AnyCheckpoint, folder: Path, others: Sequence[Path]) -> None:
    """Take all of it away, and its entry where another of the folders describes it or nobody publishes it.

    So one that a person has described with where it is published can be fetched again. Whoever is interrupted asks
    again: the entry goes last. Raises FatalError where the disk refuses, and where another gpend is getting or
    measuring it.
    """
    with held(folder / checkpoint.file):
        _refuse_measured(checkpoint.name, folder)
        try:
            for place in left_of(checkpoint, folder):
                if place.is_dir():
                    shutil.rmtree(place)
                else:
                    place.unlink()
        except OSError as error:
            raise FatalError(f"{error.filename or folder} cannot be removed: {error.strerror}.") from error
    is_known = any(one.name == checkpoint.name for other in others for one in load_manifest(other))
    if is_known or not checkpoint.urls:
        registry.forget(folder, checkpoint.name)


def _refuse_measured(name: str, folder: Path) -> None:
    work = fits.work_of(name, folder)
    if work.is_dir():
        with alone_in(work, waits=False) as is_alone:
            if not is_alone:
                raise FatalError(f"Another gpend measures {name} at this moment. Nothing was removed.")
