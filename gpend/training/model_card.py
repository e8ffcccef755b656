"""The model card, written from what was really used: faces and licences, steps, hardware, and the tables."""

from collections.abc import Sequence
from datetime import UTC, datetime

from gpend.models.arch.kernel import heads_of
from gpend.training import evaluation
from gpend.training.checkpoint import Progress
from gpend.training.draws import SHARES as SPOILS
from gpend.training.evaluation import Row
from gpend.training.faces import FREE, FaceFile, FaceSet, tally
from gpend.training.kernels import SHARES as BLURS
from gpend.training.settings import StageName, TrainSettings

_WHAT = {
    StageName.KERNEL: "Finds the blur kernel (41 x 41) of an FFHQ-aligned face of 256 px from its luma. "
    "gpend.models.arch.kernel.KernelNetwork.",
    StageName.REFINE: "Takes ringing and noise out of an aligned face that a Wiener filter has sharpened. "
    "gpend.models.arch.refine.RefineNetwork.",
    StageName.GPEN: "Restores aligned faces of 256 px: the published GPEN generator architecture, key for key. "
    "gpend.models.arch.generator.FullGenerator.",
}

_FITS = {  # by its name among gpend.models.arch.kernel.HEADS: what it tells, and what fits it
    "enlarged": (
        "crops that were shrunk and enlarged again",
        "`python -m tests.benchmarks.enlargement FACES --weights FILE --fit`",
    ),
    "doubled": (
        "faces that are there twice",
        "`python -m tests.benchmarks.doubling FACES --weights FILE --fit`",
    ),
}


def card(settings: TrainSettings, used: FaceSet, progress: Progress, found: Sequence[Row], device: str) -> str:
    """A section of MODEL_CARD.md for the network of this run."""
    parameters = sum(value.numel() for value in progress.average.values())
    took = f"{progress.step} steps of {settings.batch} faces, {progress.seconds / 3600:.1f} hours on {device}"
    begun = settings.begin.name if settings.begin else "nothing: random weights"
    lines = [
        f"## {settings.stage} ({parameters / 1e6:.1f} million parameters, float16)",
        _WHAT[settings.stage],
        "",
        f"- Trained with `gpend train` until {datetime.now(UTC):%Y-%m-%d}: {took}; averaged weights.",
        f"- Begun from {begun}. {settings.notes}".rstrip(),
        *_heads(settings.stage, progress),
        f"- Degradations: {_degradations(settings.stage)}; noise of up to 22/255; JPEG none, once or twice.",
        f"- Faces trained on: {len(used.training)}. Held out, of other people and photos: {len(used.held_out)}.",
        "",
        _faces(used.training),
        f"- Licence: {_licence(used.training, settings)}",
        "",
    ]
    return "\n".join([*lines, *_tables(found)])


def _heads(stage: StageName, progress: Progress) -> list[str]:
    """What is to be done before a kernel network tells enlarged crops from blurred ones, and faces that are doubled."""
    if stage is not StageName.KERNEL:
        return []
    has = heads_of(progress.average)
    return [
        f"- What tells {what} was fitted to other weights. Fit it anew: {fit}."
        if name in has
        else f"- Does not tell {what}, until it is fitted to: {fit}."
        for name, (what, fit) in _FITS.items()
    ]


def _degradations(stage: StageName) -> str:
    blurs = ", ".join(f"{kind} {share:.0%}" for kind, share in BLURS.items())
    if stage is StageName.KERNEL:
        return blurs
    return ", ".join(f"{kind} {share:.0%}" for kind, share in SPOILS.items()) + f" (of the blurred: {blurs})"


def _faces(used: Sequence[FaceFile]) -> str:
    lines = ["| source | licence | faces |", "|---|---|---|"]
    lines += [f"| {source} | {kind}: {licence} | {count} |" for source, kind, licence, count in tally(used)]
    return "\n".join(lines) + "\n"


def _licence(used: Sequence[FaceFile], settings: TrainSettings) -> str:
    """What the faces allow; weights that others were the beginning of carry theirs along."""
    begun = f" It was begun from {settings.begin.name}, whose licence holds too." if settings.begin else ""
    if all(face.licence_class in FREE for face in used):
        return "every face is free for every use (CC0, CC BY, public domain)." + begun
    return "for personal and research use: parts of the faces are for non-commercial use only." + begun


def _tables(found: Sequence[Row]) -> list[str]:
    if not found:
        return ["- Not measured on held-out faces in this run."]
    head = "On held-out faces, structure (SSIM) / decibels (PSNR)"
    head += " / identity (lower is better)" if found[0].identity is not None else ""
    return [f"{head}:", "", evaluation.table(found)]
