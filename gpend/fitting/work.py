"""What was done so far, kept on disk, so that a fit that was interrupted goes on, and the memory stays small."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from gpend.core.blend import luma
from gpend.core.photo import Landmarks, Plane
from gpend.core.sharpness import Terms
from gpend.errors import FatalError
from gpend.fitting.faces import Parts, SharpFace
from gpend.fitting.trials import Trial

_KEY, _FACES, _TRIALS = "key", "faces.json", "trials"


class Work:
    """A folder of trials, of one network on one set of faces."""

    def __init__(self, folder: Path, key: str, template: Landmarks) -> None:
        """`key` stands for all that trials depend on: what is there for another one is thrown away.

        Raises FatalError where the folder cannot be written to.
        """
        self.folder = folder
        self._template = template
        told = folder / _KEY
        try:
            if folder.exists() and (not told.is_file() or told.read_text(encoding="utf-8") != key):
                shutil.rmtree(folder)
            (folder / _TRIALS).mkdir(parents=True, exist_ok=True)
            told.write_text(key, encoding="utf-8")
        except OSError as error:
            raise FatalError(f"Nothing can be kept in {folder}: {error.strerror}. Nothing was measured.") from error

    def parts(self) -> Parts | None:
        """The faces that were found, or None where they have to be looked for."""
        place = self.folder / _FACES
        if not place.is_file():
            return None
        told = json.loads(place.read_text(encoding="utf-8"))
        fit, held = (tuple(SharpFace(Path(path), group) for path, group in faces) for faces in told)
        return Parts(fit, held) if all(face.path.is_file() for face in (*fit, *held)) else None

    def keep_parts(self, parts: Parts) -> None:
        """Note the faces that were found."""
        told = [[(str(face.path), face.group) for face in faces] for faces in (parts.fit, parts.held_out)]
        (self.folder / _FACES).write_text(json.dumps(told), encoding="utf-8")

    def has(self, number: int, turn: int) -> bool:
        """Whether this shot of this face was tried."""
        return self._place(number, turn).is_file()

    def keep(self, number: int, turn: int, tried: Trial | None) -> None:
        """Note a trial, or that there was none."""
        place = self._place(number, turn)
        part = place.with_suffix(".part")
        with part.open("wb") as stream:
            if tried is None:
                np.savez(stream, nothing=np.zeros(1))
            else:
                np.savez(stream, allow_pickle=False, **_arrays(tried))
        part.replace(place)

    def trials(self) -> Iterator[Trial]:
        """All that there were, one at a time."""
        for place in sorted((self.folder / _TRIALS).glob("*.npz")):
            try:
                with np.load(place) as found:
                    arrays = dict(found)
            except (BadZipFile, EOFError, OSError, ValueError):
                continue  # the disk lost it
            if "terms" in arrays:
                yield _trial(arrays, self._template)

    def remove(self) -> None:
        """All of it: the fit stands."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _place(self, number: int, turn: int) -> Path:
        return self.folder / _TRIALS / f"{number:04}-{turn:02}.npz"


def _arrays(tried: Trial) -> dict[str, NDArray[np.generic]]:
    """Half precision is finer than eight bits; of the output only light and dark are used."""
    return {
        "terms": tried.terms.row(),
        "after": np.array(tried.after_filter),
        "crop": tried.crop.astype(np.float16),
        "truth": tried.truth.astype(np.float16),
        "output": luma(tried.output).astype(np.float16),
    }


def _trial(arrays: dict[str, NDArray[np.generic]], template: Landmarks) -> Trial:
    crop, truth, output = (np.asarray(arrays[name], np.float32) for name in ("crop", "truth", "output"))
    grey: Plane = np.repeat(output[:, :, None], 3, axis=2)
    terms = Terms(*np.asarray(arrays["terms"], np.float64)[0].tolist())
    return Trial(terms, bool(arrays["after"]), crop, truth, grey, template)
