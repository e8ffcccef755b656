"""`gpend weights fit`: how far one network helps on these very faces, measured and kept beside its weights."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gpend import __version__
from gpend.core import gates, sharpness
from gpend.core.fitted import BANDS, BlendFit, Coefficients, version
from gpend.core.networks import Networks
from gpend.errors import FatalError
from gpend.fitting import faces, figures, pipeline, shots, trials
from gpend.fitting.blending import fit, spared
from gpend.fitting.faces import Parts, SharpFace
from gpend.fitting.figures import NOTHING, Judge, Result
from gpend.fitting.trials import Trial
from gpend.fitting.work import Work, alone
from gpend.models import fits
from gpend.models.fits import BlendFile, Figure, Half
from gpend.settings import CoreSettings

LEAST_FACES = 10
_SHOTS = (120, 480)  # that the fit of a large network is made of at least, and that of one of 256 px
_JUDGED = (60, 120)  # shots of faces held out: as many
_AS_IT_IS = 2  # of so many rounds through all kinds, one is painted as the photos hold it too
_TURNS = (1, 8)  # shots of one face, at least and at most
_ENOUGH = 12  # trials of one half, below which nothing can be told of it
_HELD_OUT = 1 << 16  # what is added to the numbers of faces held out, so that their shots are others

Tell = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True)
class Request:
    """What a person asks for."""

    network: str  # its name
    sha256: str  # of its weights
    folder: Path
    are_photos: bool  # or aligned faces
    most: int  # faces, or photos


@dataclass(frozen=True)
class Measured:
    """A network measured; not yet installed."""

    found: BlendFile
    refusal: str  # why it must not be installed, or ""
    passed_over: Counter[str]

    @property
    def paints(self) -> bool:
        """Whether anything of what the network paints is of use."""
        return any(row.painted for row in self.found.figures)

    @property
    def unused(self) -> BlendFile:
        """The same of one that must not be installed, with nothing of the network's change used, and why."""
        half = Half.of(NOTHING.on_photo)
        return self.found.model_copy(update={"harms": self.refusal, "on_photo": half, "after_filter": half})


def measure(request: Request, networks: Networks, settings: CoreSettings, folder: Path, tell: Tell) -> Measured:
    """Fit the network that `networks` restore with, going on where an earlier run stopped; `folder` keeps the work.

    Raises FatalError where too few faces can be used, and where another gpend measures the same network.
    """
    with alone(folder):
        return _measure(request, networks, settings, folder, tell)


def _measure(request: Request, networks: Networks, settings: CoreSettings, folder: Path, tell: Tell) -> Measured:
    work = Work(folder, key(request, pipeline.edition(networks, settings)), networks.restore.template)
    passed_over = Counter[str]()
    parts = work.parts()
    if parts is None:
        found = list(_found(request, networks, settings, work.folder, tell))
        passed_over.update(one for one in found if isinstance(one, str))
        usable = [one for one in found if isinstance(one, SharpFace)]
        try:
            _refuse_few(usable, passed_over, request)
        except FatalError:
            work.remove()  # there is nothing in it to go on with
            raise
        parts = faces.split(usable)
        work.keep_parts(parts)
    _try_all(parts, networks, work, tell)
    fitted = sparing(fit_to(work, networks, tell), parts.fit, tell)
    told = figures.rows(_judge_all(parts, networks, work, fitted, tell))
    work.remove()
    return Measured(_file(request, parts, fitted, told), figures.refusal(told), passed_over)


def fit_to(work: Work, networks: Networks, tell: Tell) -> BlendFit:
    """Both halves; of one that too few trials speak of, nothing is used."""
    judge = Judge(networks, networks.restore.template)
    sums = {after_filter: work.sums(after_filter=after_filter) for after_filter in (False, True)}
    done = _counted(tell, "Fitting", sum(map(len, sums.values())))

    def told(trials: Iterable[Trial]) -> Iterator[Trial]:
        for one in trials:
            done()
            yield one

    on_photo, after = (
        _rounded(fit(found, told(work.trials(after_filter=half)), judge.for_fit))
        if len(found) >= _ENOUGH
        else NOTHING.on_photo
        for half, found in sums.items()
    )
    return BlendFit(on_photo, after)


def sparing(fitted: BlendFit, sharp: Sequence[SharpFace], tell: Tell) -> BlendFit:
    """The fit, held back on the photo itself until it paints none of these faces as long as they are sharp."""
    done = _counted(tell, "Looking at sharp faces", len(sharp))
    found: list[sharpness.Terms] = []
    for number, face in enumerate(sharp):
        found += shots.sharp_terms(shots.loaded(face.path), number)
        done()
    return replace(fitted, on_photo=_rounded(spared(fitted.on_photo, found)))


def _found(
    request: Request, networks: Networks, settings: CoreSettings, work: Path, tell: Tell
) -> Iterator[SharpFace | str]:
    if request.are_photos:
        photos = faces.drawn(faces.photos_in(request.folder), request.most)
        found = faces.in_photos(photos, work / "faces", networks.restore.size, networks, settings)
        total = len(photos)
    else:
        pictures = faces.drawn(shots.faces(request.folder), request.most)
        found, total = faces.aligned(request.folder, pictures, networks, settings), len(pictures)
    for done, one in enumerate(found, 1):
        tell("Looking for sharp faces", min(done, total), total)
        yield one


def _try_all(parts: Parts, networks: Networks, work: Work, tell: Tell) -> None:
    each = turns(len(parts.fit), _SHOTS, networks.restore.size)
    done = _counted(tell, "Restoring spoiled faces", each * len(parts.fit))
    for number, face in enumerate(parts.fit):
        missing = [turn for turn in range(each) if not work.has(number, turn)]
        clean = shots.loaded(face.path) if missing else None
        for turn in range(each):
            if clean is not None and turn in missing:
                sample = shots.spoiled_in_turn(clean, number, turn, each, _room(networks))
                as_it_is = shots.round_of(number, turn, each) % _AS_IT_IS == 0
                work.keep(number, turn, trials.tried(sample, networks, networks.restore, as_it_is=as_it_is))
            done()


def _judge_all(parts: Parts, networks: Networks, work: Work, fitted: BlendFit, tell: Tell) -> list[Result]:
    """What becomes of the shots of the faces held out, with this fit."""
    each = turns(len(parts.held_out), _JUDGED, networks.restore.size)
    done = _counted(tell, "Judging", each * len(parts.held_out))
    judge, digest = Judge(networks, networks.restore.template), fits.digest_of_fit(fitted)
    results = []
    for number, face in enumerate(parts.held_out, _HELD_OUT):
        for turn in range(each):
            found = work.result(digest, number, turn)
            if found is None:
                sample = shots.spoiled_in_turn(shots.loaded(face.path), number, turn, each, _room(networks))
                found = figures.result(sample, face.group, networks, fitted, judge)
                work.keep_result(digest, number, turn, found)
            results.append(found)
            done()
    return results


def turns(count: int, wanted: tuple[int, int], size: int) -> int:
    """How often each of `count` faces is spoiled, for a network of `size` pixels.

    `wanted` are shots in all: of a large network at least, since each takes it as much longer as it has more pixels;
    and of one of 256 px.
    """
    fewest, usual = wanted
    shots = max(fewest, usual * (sharpness.SIDE / size) ** 2)
    low, high = _TURNS
    return min(high, max(low, round(shots / count)))


def _room(networks: Networks) -> float:
    return gates.unit(networks.restore.template)


def _refuse_few(usable: Sequence[SharpFace], passed_over: Counter[str], request: Request) -> None:
    if len({face.group for face in usable}) >= LEAST_FACES:
        return
    told = "; ".join(f"{count} {reason}" for reason, count in passed_over.most_common())
    what = "photos" if request.are_photos else "pictures"
    raise FatalError(
        f"{len(usable)} sharp faces seen from the front were found in {request.folder}, and at least {LEAST_FACES} are "
        f"needed, better 200. Passed over were: {told or f'no {what}'}. Nothing was measured or changed."
    )


def _file(request: Request, parts: Parts, fitted: BlendFit, told: tuple[Figure, ...]) -> BlendFile:
    kind = "faces found in photos" if request.are_photos else "aligned faces"
    return BlendFile(
        network=request.network,
        sha256=request.sha256,
        terms=version(),
        bands=BANDS,
        fitted_on=f"{len(parts.fit)} {kind} of {request.folder.name}, by gpend {__version__}",
        faces=len(parts.fit),
        held_out=len(parts.held_out),
        on_photo=Half.of(fitted.on_photo),
        after_filter=Half.of(fitted.after_filter),
        figures=told,
    )


def key(request: Request, edition: str) -> str:
    """What work that was begun can be gone on with for: the same network and faces, tried by the same pipeline."""
    told = (request.sha256, str(request.folder.resolve()), request.are_photos, request.most, edition)
    return hashlib.sha256(repr((*told, version(), BANDS)).encode()).hexdigest()


def _rounded(half: Coefficients) -> Coefficients:
    """As it is kept, so that what is judged is what is installed."""
    return Half.of(half).coefficients()


def _counted(tell: Tell, what: str, total: int) -> Callable[[], None]:
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        tell(what, min(done, total), total)

    return step
