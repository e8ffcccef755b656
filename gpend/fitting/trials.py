"""A shot as gpend finds it, with what its stages and a network make of it, beside the truth."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from gpend.core import align, deconvolution, gates, information, occlusion, overlooked, restore, sharpness, triage
from gpend.core.blend import BlendWeights, change_of, luma
from gpend.core.blur import Blur
from gpend.core.direction import blurs_of
from gpend.core.fitted import BlendFit
from gpend.core.networks import Networks, RestoreFaces
from gpend.core.noise import Noise, noise_level, quantisation_power
from gpend.core.photo import Face, Landmarks, Plane
from gpend.core.report import Verdict
from gpend.core.seen import Seen
from gpend.fitting.distances import TEMPLATE
from gpend.fitting.shots import Sample
from gpend.settings import TriageSettings

_NEARLY = 1e-6  # pixels: landmarks no farther apart are the same
_WHOLE = BlendWeights(1.0, (1.0, 1.0, 1.0, 1.0, 1.0))


@dataclass(frozen=True)
class Trial:
    """What a network makes of a shot; pictures are aligned to its template, (size, size, 3), 0 to 1."""

    terms: sharpness.Terms  # by which its share is chosen
    after_filter: bool  # whether its blur was taken out before
    crop: Plane  # as the network is given it
    truth: Plane
    output: Plane
    template: Landmarks

    def change(self, bands: tuple[float, ...]) -> Plane:
        """(size, size): what gpend adds to light and dark, with this share of the network's change in each band."""
        return change_of(self.output, self.crop, bands, gates.unit(self.template))


def tried(sample: Sample, networks: Networks, network: RestoreFaces, *, as_it_is: bool) -> tuple[Trial, ...]:
    """Let the network paint a shot as far as gpend's stages come before it; () where they let it paint nothing.

    With `as_it_is`, a shot that the stages change is painted as the photo holds it, too: so are faces for which they
    are not there.
    """
    is_sharp = sharpness.log_odds(sample.terms) <= 0  # such a face is restored only where every face is wanted
    blur = None if is_sharp else blur_of(sample, networks)
    blurred = _blurred(sample, blur, network, every_face=True)
    if blurred is None or not blurred.paints:
        return ()
    stage = restore.filtered(replace(blurred, weights=_WHOLE), networks)
    crops = [(sample.terms, False, blurred.crop)]
    if stage.change is not None:
        after = gates.terms_of(stage.crop, blurred.scale, network.template), True, stage.crop
        crops = [after, *(crops if as_it_is else [])]
    elif stage.weights is None:
        return ()
    outputs = network(np.stack([crop for _, _, crop in crops]))
    truth = truth_for(sample, network)
    return tuple(
        Trial(*one, truth, np.asarray(output, np.float32), network.template)
        for one, output in zip(crops, outputs, strict=True)
    )


def framed(sample: Sample, network: RestoreFaces) -> tuple[Plane, align.Transform]:
    """A shot aligned to a network's template, (size, size, 3), 0 to 1, and the transform to it."""
    if _is_measured(network):
        return sample.crop, sample.transform
    transform = align.chained(align.similarity(TEMPLATE, network.template), sample.transform)
    return align.crop(sample.shot.seen, transform, network.size), transform


def truth_of(sample: Sample) -> Plane:
    """The sharp face in the crop that is measured, (256, 256, 3), 0 to 1."""
    return _true(sample, TEMPLATE, sharpness.SIDE)


def truth_for(sample: Sample, network: RestoreFaces) -> Plane:
    """The sharp face, aligned to a network's template: (size, size, 3), 0 to 1."""
    return _true(sample, TEMPLATE if _is_measured(network) else network.template, network.size)


def resized(crop: Plane, side: int) -> Plane:
    """A square crop (n, n, 3), 0 to 1, at another side; shrunk by area."""
    return np.asarray(cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA), np.float32)


def blur_of(sample: Sample, networks: Networks) -> Blur | None:
    """What the network finds that blurred a shot."""
    if networks.estimate is None:
        return None
    return blurs_of([luma(sample.crop)], networks.estimate)[0]


def findings_of(sample: Sample, blur: Blur | None, fit: BlendFit) -> triage.Findings:
    """What gpend knows of a shot that a network of this fit would restore."""
    _, measure = overlooked.measured(sample.crop, sample.scale, sample.blockiness)
    words = "blurred" if blur and deconvolution.helps(blur) else ""
    doubt = information.paint_doubt(sample.shot.face_px, blur, sample.transform) if blur else None
    return triage.Findings(measure, occlusion.log_odds(sample.crop), doubt, words, None, fit, blur is not None)


def attempted(sample: Sample, blur: Blur | None, networks: Networks) -> restore.Attempt | None:
    """What gpend makes of a shot with all its stages, or with those that it has without a kernel; None: left alone."""
    blurred = _blurred(sample, blur, networks.restore, every_face=False)
    return restore.attempts([blurred], networks)[0] if blurred else None


def seen_of(sample: Sample, blur: Blur) -> Seen:
    """A shot as the filter takes it; around it, its edges are continued."""
    side = deconvolution.side_for(blur, sample.scale)
    margin = round(side * deconvolution.MARGIN)
    transform = sample.transform * (side / sharpness.SIDE)
    transform[:, 2] += 0.5 * (side / sharpness.SIDE - 1)
    around = transform + np.array([[0, 0, margin], [0, 0, margin]])
    noise = Noise(noise_level(sample.shot.seen), quantisation_power(sample.shot.table))
    return Seen(align.crop(sample.shot.seen, around, side + 2 * margin), transform, blur, noise, sample.terms)


def applied(crop: Plane, attempt: restore.Attempt, transform: align.Transform) -> Plane:
    """The crop of `transform`, (side, side, 3), 0 to 1, with what an attempt changes."""
    change = np.asarray(attempt.change * attempt.weight[:, :, None], np.float32)
    onwards = align.chained(transform, align.inverted(attempt.transform))
    side = (crop.shape[1], crop.shape[0])
    return np.asarray(np.clip(crop + align.warped(change, onwards, side, cv2.BORDER_CONSTANT), 0, 1), np.float32)


def _blurred(sample: Sample, blur: Blur | None, network: RestoreFaces, *, every_face: bool) -> restore.Blurred | None:
    """A shot that triage lets be restored; with `every_face` sharp ones too, and those that the fit speaks against."""
    marks = align.scaled(align.FFHQ_TEMPLATE, sharpness.SIDE)
    face = Face((0, 0, sample.shot.face_px, sample.shot.face_px), marks, 1.0)
    settings = TriageSettings(sharpness_threshold=1.0 if every_face else TriageSettings().sharpness_threshold)
    judged = triage.judged(face, findings_of(sample, blur, network.fit), settings)
    if judged.report.verdict is not Verdict.RESTORED:
        return None
    plan = judged.plan
    seen = seen_of(sample, blur) if blur and (plan.sees or plan.cleans) else None
    crop, transform = framed(sample, network)
    return restore.Blurred(network, crop, transform, plan.weights, plan.paints, seen, plan.sees, plan.cleans)


def _true(sample: Sample, template: Landmarks, side: int) -> Plane:
    marks = align.scaled(align.FFHQ_TEMPLATE, sample.shot.truth.shape[0])
    return align.crop(sample.shot.truth, align.similarity(marks, template), side)


def _is_measured(network: RestoreFaces) -> bool:
    """Whether its crop is the one that sharpness is measured on."""
    apart = np.abs(np.asarray(network.template) - np.asarray(TEMPLATE)).max()
    return network.size == sharpness.SIDE and bool(apart < _NEARLY)
