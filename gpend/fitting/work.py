"""What was done so far, kept on disk, so that a fit that was interrupted goes on, and the memory stays small."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from gpend.core.blend import luma
from gpend.core.photo import Landmarks, Plane
from gpend.core.sharpness import Terms
from gpend.errors import FatalError
from gpend.fitting.blending import BandSums
from gpend.fitting.faces import Parts, SharpFace
from gpend.fitting.figures import Result
from gpend.fitting.trials import Trial
from gpend.writing import alone_in, write_whole

_KEY, _FACES, _TRIALS, _JUDGED = "made-for", "faces.json", "trials", "judged"
_DONE = ".done"  # the ending of what stands last, when all of a shot is kept
_SUMS = ("own", "shared", "wanted")  # of BandSums
_LOST = (BadZipFile, EOFError, OSError, ValueError)  # what reading a file raises that the disk did not keep

Arrays = Mapping[str, NDArray[np.generic]]


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """The folder of a measure for this process alone. Raises FatalError where another measures the same network."""
    with ExitStack() as stack:
        try:
            is_alone = stack.enter_context(alone_in(folder, waits=False))
        except OSError as error:
            raise FatalError(f"Nothing can be kept in {folder}: {error.strerror}. Nothing was measured.") from error
        if not is_alone:
            raise FatalError(
                "Another gpend measures this network at this moment. Wait until it is done; nothing was begun here."
            )
        yield


def _empty(folder: Path) -> None:
    """Take away all that lies in a folder, and not the folder, which may be locked. Raises OSError."""
    for place in folder.iterdir() if folder.exists() else ():
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink()


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
            if not told.is_file() or told.read_text(encoding="utf-8") != key:
                _empty(folder)
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
        write_whole(self.folder / _FACES, json.dumps(told).encode(), durable=False)

    def has(self, number: int, turn: int) -> bool:
        """Whether this shot of this face was tried."""
        return self._place(number, turn).is_file()

    def keep(self, number: int, turn: int, tried: Sequence[Trial]) -> None:
        """Note the trials of a shot and their sums, or that there were none."""
        done = self._place(number, turn)
        for place, one in enumerate(tried):
            stream = BytesIO()
            np.savez(stream, allow_pickle=False, **_arrays(one))
            write_whole(done.with_name(f"{done.stem}-{place}.npz"), stream.getvalue(), durable=False)
        write_whole(done, b"", durable=False)

    def sums(self, *, after_filter: bool) -> list[BandSums]:
        """Those of every trial of one half. No picture is read for them."""
        return [_sums(told) for told in self._kept(after_filter=after_filter)]

    def trials(self, *, after_filter: bool) -> Iterator[Trial]:
        """All of one half, one at a time."""
        for told in self._kept(after_filter=after_filter):
            with suppress(*_LOST):
                yield _trial(told, self._template)

    def _kept(self, *, after_filter: bool) -> Iterator[Arrays]:
        """Every trial of one half, each of whose arrays is read when it is asked for."""
        for place in sorted((self.folder / _TRIALS).glob("*.npz")):
            with suppress(*_LOST), np.load(place) as told:
                if bool(told["after"]) is after_filter:
                    yield told

    def result(self, fit: str, number: int, turn: int) -> Result | None:
        """What became of a shot of a face held out with the fit of this digest, or None where nobody has looked yet."""
        with suppress(OSError, ValueError, TypeError):
            return Result(**json.loads(self._result(fit, number, turn).read_bytes()))
        return None

    def keep_result(self, fit: str, number: int, turn: int, result: Result) -> None:
        """Note that."""
        write_whole(self._result(fit, number, turn), json.dumps(vars(result)).encode(), durable=False)

    def remove(self) -> None:
        """All of it: the fit stands, or there is none to be had."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _result(self, fit: str, number: int, turn: int) -> Path:
        return self.folder / _JUDGED / f"{fit}-{number}-{turn:02}.json"

    def _place(self, number: int, turn: int) -> Path:
        return self.folder / _TRIALS / f"{number:04}-{turn:02}{_DONE}"


def _arrays(tried: Trial) -> dict[str, NDArray[np.generic]]:
    """Half precision is finer than eight bits; of the output only light and dark are used."""
    sums = BandSums.of(tried)
    return {
        "terms": tried.terms.row(),
        "after": np.array(tried.after_filter),
        "crop": tried.crop.astype(np.float16),
        "truth": tried.truth.astype(np.float16),
        "output": luma(tried.output).astype(np.float16),
        **{name: getattr(sums, name) for name in _SUMS},
    }


def _trial(arrays: Arrays, template: Landmarks) -> Trial:
    crop, truth, output = (np.asarray(arrays[name], np.float32) for name in ("crop", "truth", "output"))
    grey: Plane = np.repeat(output[:, :, None], 3, axis=2)
    return Trial(_terms(arrays), bool(arrays["after"]), crop, truth, grey, template)


def _sums(arrays: Arrays) -> BandSums:
    own, shared, wanted = (np.asarray(arrays[name], np.float64) for name in _SUMS)
    return BandSums(_terms(arrays), own, shared, wanted)


def _terms(arrays: Arrays) -> Terms:
    return Terms(*np.asarray(arrays["terms"], np.float64)[0].tolist())
