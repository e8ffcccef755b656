"""Single photos on request: judge one, or restore one into a new file. No daemon and no ledger take part."""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from functools import partial
from io import BytesIO
from pathlib import Path

from gpend.cli.group import is_folder, may_be_there
from gpend.core import pipeline, screenshot
from gpend.core.formats.history import names_gpend
from gpend.core.formats.signatures import written_ending
from gpend.core.networks import Networks
from gpend.core.report import FaceReport, Kept, Restored, Verdict
from gpend.engine import attempt
from gpend.errors import FatalError, GpendError, PhotoError, UnsupportedError
from gpend.intake.completeness import require_written
from gpend.intake.reading import ChangedError, Original, RefusedError, read
from gpend.ledger import Facts, Fingerprint, fingerprint_of
from gpend.mirror import Mirror, OccupiedError, Origin, candidates
from gpend.models import fits
from gpend.models.restorers import in_use
from gpend.settings import CoreSettings

_HEAD = 512  # bytes that tell a photo's format
_FORBIDDEN = "You may not read it. Nothing was done."
_AGAIN = "gpend has restored it already; begin with the original to restore it anew"


class Replace(Enum):
    """What a result may take the place of, of all that gpend itself wrote."""

    NOTHING = "nothing"
    OTHER_SETTINGS = "other settings"  # what it made of the same photo with others, and nobody has changed since
    ALL = "all"


@dataclass(frozen=True)
class Answer:
    """What became of one photo."""

    photo: Path
    outcome: str  # restored, kept or failed
    reason: str
    faces: tuple[FaceReport, ...] = ()
    notes: tuple[str, ...] = ()
    output: Path | None = None  # the file that was written
    seen: pipeline.Inspected | None = None  # the photo with its faces, where it was only looked at

    def as_data(self) -> Facts:
        """As `gpend score --json` tells it; each face with every term of its measure, none if it was not measured."""
        faces = [face.as_data() | {"terms": _rounded(face.terms)} for face in self.faces]
        return {"photo": str(self.photo), "outcome": self.outcome, "reason": self.reason, "faces": faces}


def _rounded(terms: dict[str, float]) -> dict[str, float]:
    return {name: round(term, 4) for name, term in terms.items()}


def absent(photo: Path) -> Answer | None:
    """The answer for what is no file: whoever misspelt a name need not wait for the networks. None: there is one."""
    try:
        return None if photo.is_file() else Answer(photo, "failed", _absent(photo))
    except PermissionError:
        return Answer(photo, "failed", _FORBIDDEN)
    except OSError as error:
        return Answer(photo, "failed", _unreadable(error))


def score(photo: Path, networks: Networks, settings: CoreSettings) -> Answer:
    """What gpend finds in a photo, and would do with it; nothing is written. A failure is an answer too."""
    try:
        data = opened(photo).data
        if why := _left(photo, data, settings):
            return Answer(photo, "kept", why)
        found = attempt(partial(pipeline.inspect, networks=networks, settings=settings), data)
    except UnsupportedError as error:
        return Answer(photo, "kept", str(error))
    except GpendError as error:
        return Answer(photo, "failed", str(error))
    faces = tuple(face for face, _ in found.faces)
    if names_gpend(data):
        return Answer(photo, "kept", _AGAIN, faces, seen=found)
    would_restore = any(face.verdict is Verdict.RESTORED for face in faces)
    return Answer(photo, "restored" if would_restore else "kept", pipeline.summary(faces), faces, seen=found)


def restore(
    photo: Path, target: Path, networks: Networks, settings: CoreSettings, replace: Replace = Replace.NOTHING
) -> Answer:
    """Restore a photo into a file of its own, or write nothing if it needs none. A failure is an answer too.

    What gpend itself made is not restored again: each time would lead further from the original.

    A file at `target` is replaced only if gpend wrote it and `replace` allows it. What is written has the ending of
    what it is: the photo's own gives way to it, as IMG_1.HEIC to IMG_1.jpg, and a name that asks for another format is
    refused.
    """
    return _answered(photo, lambda: _restored(photo, target, networks, settings, replace))


def _restored(photo: Path, target: Path, networks: Networks, settings: CoreSettings, replace: Replace) -> Answer:
    original = opened(photo)
    if names_gpend(original.data):
        return Answer(photo, "kept", _AGAIN)
    if why := _left(photo, original.data, settings):
        return Answer(photo, "kept", why)
    target = _with_ending(photo, original.data, target)
    stands = replace is not Replace.ALL and _stands_from_before(photo, original, target)
    if stands and not (replace is Replace.OTHER_SETTINGS and _is_made_otherwise(photo, original, target, settings)):
        return Answer(photo, "kept", "it was restored into this place before; --force does it anew")
    outcome = attempt(partial(pipeline.process, networks=networks, settings=settings), original.data)
    match outcome:
        case Kept():
            return Answer(photo, "kept", outcome.reason, outcome.faces)
        case Restored():
            output = _write(photo, original, outcome, target, settings)
            return Answer(photo, "restored", outcome.reason, outcome.faces, outcome.notes, output)


def _left(photo: Path, data: bytes, settings: CoreSettings) -> str:
    return screenshot.left(photo.name, photo.absolute().parent.name, data, settings.triage)


def piped(photo: Path, networks: Networks, settings: CoreSettings) -> tuple[Answer, bytes]:
    """What comes out of a photo, in place of a file: restored, or as it is where it needs nothing; b"" if it failed."""
    passed = b""

    def through() -> Answer:
        nonlocal passed
        passed = opened(photo).data
        if names_gpend(passed):
            return Answer(photo, "kept", _AGAIN)
        outcome = attempt(partial(pipeline.process, networks=networks, settings=settings), passed)
        if isinstance(outcome, Kept):
            return Answer(photo, "kept", outcome.reason, outcome.faces)
        passed = outcome.photo
        return Answer(photo, "restored", outcome.reason, outcome.faces, outcome.notes)

    answer = _answered(photo, through)
    return answer, b"" if answer.outcome == "failed" else passed


def _answered(photo: Path, work: Callable[[], Answer]) -> Answer:
    """What became of a photo, also where that is an error."""
    try:
        return work()
    except UnsupportedError as error:
        return Answer(photo, "kept", str(error))
    except GpendError as error:
        return Answer(photo, "failed", str(error))


def targets(photos: Sequence[Path], output: Path | None, folder: Path) -> list[Path]:
    """Where the restored photos go: `output_<name>` in `folder`, or `output`.

    `output` is a folder for several photos, and where its name has no ending, as in `-o restored/ *.jpg` for one photo.

    Raises FatalError where two photos would become one file, or a photo would be written over itself.
    """
    if output and len(photos) > 1 and os.path.lexists(output) and not is_folder(output):
        raise FatalError(f"{output} is a file; for several photos, -o names a folder. Nothing was done.")
    asked = [_target(photo, output, folder, several=len(photos) > 1) for photo in photos]
    places = told_apart(photos, asked)
    for photo, place in zip(photos, places, strict=True):
        if places.count(place) > 1:
            raise FatalError(f"Several of the photos would be written to {place}. Restore them one at a time, with -o.")
        if any(_is_same(one, place) for one in photos):
            raise FatalError(f"{place} is one of the photos; gpend never writes over its input. Nothing was done.")
        if is_folder(place):
            raise FatalError(f"{place}, where {photo} would be written, is a folder. Nothing was done.")
    return places


def told_apart(photos: Sequence[Path], asked: Sequence[Path]) -> list[Path]:
    """Where photos are written that were to go to the places `asked`: what two would be called gets a longer name."""
    names = [_names(photo, place) for photo, place in zip(photos, asked, strict=True)]
    often = Counter(each[0] for each in names)
    return [each[-1] if often[each[0]] > 1 else each[0] for each in names]


def _target(photo: Path, output: Path | None, folder: Path, *, several: bool) -> Path:
    if output is None:
        return folder / f"output_{photo.name}"
    return output / photo.name if several or is_folder(output) or not output.suffix else output


def _names(photo: Path, target: Path) -> list[Path]:
    """What a restored photo may be called for the sake of its ending, the shortest first, as far as its head tells."""
    try:
        with photo.open("rb") if photo.is_file() else BytesIO() as file:
            ending = written_ending(file.read(_HEAD))
    except OSError:
        ending = ""
    if target.suffix.lower() != photo.suffix.lower():
        return [target]
    return [target.with_name(each.name) for each in candidates(Path(target.name), ending)]


def _with_ending(photo: Path, data: bytes, target: Path) -> Path:
    """`target`, ending as what is written does. Raises PhotoError where its name asks for another format."""
    ending = written_ending(data)
    name = candidates(Path(target.name), ending)[0].name
    if name != target.name and target.suffix.lower() != photo.suffix.lower():
        raise PhotoError(
            f"What is written of it ends in {ending}, so it cannot be called {target.name}. Say -o {name} instead. "
            "Nothing was done."
        )
    return target.with_name(name)


def _is_same(one: Path, other: Path) -> bool:
    with suppress(OSError):  # one of them is not there, or may not be looked at
        return os.path.realpath(one) == os.path.realpath(other) or other.samefile(one)
    return False


def opened(photo: Path) -> Original:
    """Read a photo. Raises PhotoError, in words, for whatever keeps it from being read."""
    try:
        original = read(photo)
    except ChangedError as error:
        raise PhotoError(_absent(photo)) from error
    except RefusedError as error:
        raise PhotoError(_FORBIDDEN) from error
    except OSError as error:
        raise PhotoError(_unreadable(error)) from error
    if original.hole is not None:
        require_written(original.data, original.hole)
    return original


def _unreadable(error: OSError) -> str:
    return f"It cannot be read: {error.strerror}. Nothing was done."


def _absent(photo: Path) -> str:
    if not may_be_there(photo):
        return "There is no such file."
    return "It is not a plain file, or it changed while it was read. Nothing was done."


def _stands_from_before(photo: Path, original: Original, place: Path) -> bool:
    """Was this photo restored into this place earlier? Raises PhotoError where another photo was, or a file stands."""
    if not os.path.lexists(place) or _is_same(photo, place):
        return False  # the second is told when it is written
    mirror = Mirror(photo.absolute().parent, place.absolute().parent)
    origin = Origin(Path(photo.name), original.content, original.like)
    if mirror.adopt(Path(place.name), origin, ()) is not None:
        return True
    if mirror.find_output(Path(place.name)) is not None:
        raise PhotoError(
            f"{place} exists already: gpend made it of another photo, or of this one before it was edited. It was left "
            "alone. Name another file with -o, or replace it with --force."
        )
    raise PhotoError(_occupied(place))


def _is_made_otherwise(photo: Path, original: Original, place: Path, settings: CoreSettings) -> bool:
    """Was what stands there made with other settings, and has nobody changed it since?"""
    mirror = Mirror(photo.absolute().parent, place.absolute().parent)
    with suppress(OSError):
        found = mirror.find_orphan(Path(place.name), original.like.modified_ns)
        return found is not None and found.fingerprint.digest != _fingerprint(settings).digest
    return False


def _fingerprint(settings: CoreSettings) -> Fingerprint:
    return fingerprint_of(settings, fits.digest_of(in_use(settings.restore)))


def _occupied(place: Path) -> str:
    return f"{place} exists already and was not written by gpend, so it was left alone. Name another file with -o."


def _write(photo: Path, original: Original, restored: Restored, place: Path, settings: CoreSettings) -> Path:
    if _is_same(photo, place):
        raise PhotoError(f"It would be written over itself, as {place}. Name another file with -o. Nothing was done.")
    origin = Origin(Path(photo.name), original.content, original.like)
    mirror = Mirror(photo.absolute().parent, place.absolute().parent)
    name = Path(place.name)
    try:
        mirror.output.mkdir(parents=True, exist_ok=True)
        mirror.write(name, restored.photo, origin, _fingerprint(settings), mirror.find_output(name))
    except OccupiedError as error:
        raise PhotoError(_occupied(place)) from error
    except OSError as error:
        raise PhotoError(f"{place} cannot be written: {error.strerror}. Nothing was left there.") from error
    return place
