"""The picture that `gpend score --picture` writes."""

import os
from collections.abc import Sequence
from pathlib import Path

import cv2

from gpend.cli.group import is_folder
from gpend.core.pipeline import Inspected
from gpend.errors import FatalError
from gpend.preview import drawing


def refuse(place: Path, photos: Sequence[Path]) -> None:
    """Raise FatalError where the picture cannot be written, before anything is loaded."""
    if len(photos) != 1 or is_folder(photos[0]):
        raise FatalError("--picture draws one photo; name one. Nothing was done.")
    if place.suffix.lower() != ".png":
        raise FatalError(f"The picture becomes a PNG; give it a name that ends in .png, not {place.name}.")
    if os.path.lexists(place):
        raise FatalError(f"{place} exists already, and gpend writes over nothing. Name another file.")
    if not is_folder(place.absolute().parent):
        raise FatalError(f"{place.absolute().parent} is no folder that the picture can be put into. Nothing was done.")


def write(seen: Inspected, place: Path) -> None:
    """Write the picture into a new file. Raises FatalError where that is not possible."""
    pixels = cv2.cvtColor(drawing.drawn(seen), cv2.COLOR_RGB2BGR)
    try:
        with place.open("xb") as file:
            file.write(cv2.imencode(".png", pixels)[1].tobytes())
    except OSError as error:
        raise FatalError(f"The picture {place} cannot be written: {error.strerror}.") from error
