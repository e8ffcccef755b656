"""Restore aligned faces, and refuse what is not better."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from gpend.core import agreement, align, camera_grain, deconvolution, evidence, gates, light, paste, refining
from gpend.core.blend import BlendWeights, blended, crisper, grain_kept, grained, weights_of
from gpend.core.blur import SIDE, Blur
from gpend.core.deconvolution import Deconvolved
from gpend.core.networks import Networks, RestoreFaces
from gpend.core.noise import Noise
from gpend.core.photo import Plane
from gpend.core.seen import Seen
from gpend.settings import Grain

TAKEN_OUT = "the blur was taken out"
_CLEANED = "noise and compression were taken out"
_ONLY_CLEANED = "taking that out would not help, so only noise and compression were"
_NO_HELP = "nothing that gpend has helps this face"
_SHARP_ITSELF = "the face is sharper than what is around it, from which its blur was told"
_BATCH = 8  # faces restored at once: bounds the memory of a photo with a crowd
_STILL = 0.985  # confidence below which something moved in a way not made out: what is painted then is hardly seen
_WRONG = 1.2  # log-odds that the filter makes it worse from where the blur itself was not found: seen on real photos
_LESS = (1.0, 0.8, 0.6, 0.4)  # of what somebody wants painted who wants more than was fitted, until it agrees
_NO_BLUR = Blur(np.ones((1, 1), np.float32), 1.0)
_SAME = 1e-3  # transforms that differ by no more are one


@dataclass(frozen=True)
class Blurred:
    """A face that is to be restored."""

    network: RestoreFaces  # the one that was chosen for it
    crop: Plane  # (size, size, 3), 0 to 1, aligned to the network's template; any where nothing may be painted
    transform: align.Transform  # from the photo to that crop
    weights: BlendWeights | None  # how much of the network's change is used on the photo itself
    paints: bool = True  # whether the network may change it at all
    seen: Seen | None = None  # where it is known what blurred it
    sees: bool = True  # whether that may be taken out first; else the gate alone asks of it
    cleans: bool = False  # whether noise and compression may be, where no blur is
    turned: bool = False  # whether it may not be painted as it is in profile or half hidden
    wanted: bool = False  # whether a person wants it restored, sharp or not
    in_light: light.Known | None = None  # what is known already of whether its light was blurred

    @property
    def scale(self) -> float:
        """Crop pixels for each photo pixel."""
        return align.scale_of(self.transform)

    @property
    def mask(self) -> Plane:
        """(size, size), 0 to 1: where the network's change counts."""
        return paste.mask(self.network.template, self.network.size)


@dataclass(frozen=True)
class Attempt:
    """What became of a face."""

    change: Plane  # (side, side, 3), -1 to 1: to be added to the crop of `transform`
    weight: Plane  # (side, side), 0 to 1: how much of it
    transform: align.Transform  # from the photo to that crop
    steps: tuple[str, ...] = ()  # what was done, in words
    refusal: str = ""  # why nothing must be changed, or ""
    painted: float = 0.0  # the mean share of the network's change that is used
    blur: Blur | None = None  # that was taken out, which may be the one that the network told; None where none was


@dataclass(frozen=True)
class Filtered:
    """A face after the first stage, which may have left it as it was."""

    face: Blurred
    crop: Plane  # for the network
    change: Plane | None  # of `seen.crop`; None where the stage was not used
    weight: Plane | None  # of that change
    weights: BlendWeights | None  # for the network; None: it is not asked
    refusal: str = ""  # why the stage was not used, where it should have been
    step: str = ""  # what was done, in words


def attempts(
    faces: Sequence[Blurred], networks: Networks, grain: Grain = Grain.SOFTEN, strength: float = 1.0
) -> list[Attempt]:
    """Restore every face, stage after stage, and judge each result against what the photo holds.

    `strength` is `restore.strength`. Below 1, what passed is used in part; above, the network's share grows.
    """
    results: list[Attempt] = []
    for start in range(0, len(faces), _BATCH):
        batch = [filtered(face, networks, strength) for face in faces[start : start + _BATCH]]
        outputs = _outputs(batch)
        results += [_attempt(one, outputs.get(place), networks, (grain, strength)) for place, one in enumerate(batch)]
    return [_in_part(one, strength) for one in results] if strength < 1 else results


def _in_part(attempt: Attempt, strength: float) -> Attempt:
    told = (f"used by {strength:.0%}",) if attempt.steps else ()
    return replace(attempt, change=attempt.change * np.float32(strength), steps=(*attempt.steps, *told))


def _outputs(batch: "Sequence[Filtered]") -> dict[int, Plane]:
    """What the networks make of the faces that they are asked about, by place; each is asked once, about all of its."""
    outputs: dict[int, Plane] = {}
    asked = [place for place, one in enumerate(batch) if one.weights]
    for network in {id(batch[place].face.network): batch[place].face.network for place in asked}.values():
        places = [place for place in asked if batch[place].face.network is network]
        outputs |= zip(places, network(np.stack([batch[place].crop for place in places])), strict=True)
    return outputs


def _forbids(judgement: agreement.Judgement, networks: Networks) -> str:
    """Why nothing may be taken out, or "": where only the filter goes too far, the refining network alone may not."""
    is_wrong = networks.refine is None or judgement.worsens >= _WRONG
    return judgement.forbids if is_wrong else judgement.refusal


def _seen_through(seen: Seen, noise: Noise) -> Deconvolved:
    """The face without its blur, as the filter finds it: the gate asks of that whether the blur was the right one."""
    return deconvolution.deconvolve(seen.padded, seen.blur, noise, align.scale_of(seen.transform))


def _judgement(found: Deconvolved, seen: Seen) -> agreement.Judgement:
    return agreement.judgement(found, seen.crop, seen.blur, seen.noise, seen.terms)


def filtered(face: Blurred, networks: Networks, strength: float = 1.0) -> Filtered:
    """The face with its blur taken out, where that may be done and agrees with the photo; else without its noise."""
    own = face.weights if face.paints and face.weights and face.weights.part else None
    seen = face.seen
    if seen is None:
        return Filtered(face, face.crop, None, None, own)
    before = seen.blur.told or seen.blur.first
    in_face = evidence.borne_out_in_face(seen) if face.sees else 0.0
    if not face.wanted and evidence.is_sharp_itself(seen, in_face):
        sharp = Filtered(face, face.crop, None, None, None, _SHARP_ITSELF)
        return sharp if before is None else _by_what_was_told(face, before, networks, strength)
    found = _seen_through(seen, seen.noise)
    judgement = _judgement(found, seen)
    is_mean = evidence.is_of_many_paths(seen.blur)
    paints = face.paints and not judgement.unpaintable and not is_mean
    forbids = _forbids(judgement, networks)
    is_told = not is_mean and not (
        face.turned and evidence.is_hardly_told(seen.blur, in_face, evidence.explanation(seen).ahead, judgement.worsens)
    )
    helps = face.sees and not forbids and is_told and not evidence.has_nothing_beneath(seen, in_face, judgement.worsens)
    of_light = light.compared(seen, face.in_light) if helps else None
    if of_light and seen.blur.told and light.is_of_path_as_told(seen, of_light, face.in_light):
        as_told = _by_what_was_told(face, seen.blur.told, networks, strength)
        if as_told.step == TAKEN_OUT:
            return as_told
    seen = light.explained(seen, of_light) if of_light else seen
    tones = camera_grain.with_grain(seen.as_tones) if helps else seen.as_tones
    found = _seen_through(tones, tones.lost) if helps and (tones is not seen or seen.taken) else found
    after = refining.refined(found.restored, tones, networks, alone=bool(judgement.forbids)) if helps else seen.crop
    helps = helps and (not face.turned or not evidence.has_rims(after, seen, judgement.worsens))
    if face.sees and not helps and before is not None and not judgement.is_doubled:
        return _by_what_was_told(face, before, networks, strength)
    if helps:
        noise = camera_grain.deviation_of(tones.lost, align.scale_of(seen.transform))
        weight = paste.whole_crop(seen.side) * agreement.trust(found.residual, noise)
        face = replace(face, seen=seen)
        return _changed(face, seen, (after - seen.crop, weight, TAKEN_OUT), strength if paints else None)
    if forbids and face.sees:
        paints = paints and seen.blur.confidence >= _STILL
    refusal = judgement.forbids if forbids and face.sees else judgement.unpaintable
    left = Filtered(face, face.crop, None, None, own if paints else None, refusal)
    clean = _cleaned(seen, networks) if face.cleans and not judgement.refusal else None
    step = _ONLY_CLEANED if face.sees else _CLEANED
    how = strength if paints else None
    return left if clean is None else _changed(face, seen, (clean, paste.whole_crop(seen.side), step), how)


def _by_what_was_told(face: Blurred, told: Blur, networks: Networks, strength: float) -> Filtered:
    """The same with the blur as it was before the photo had moved its path, or told another one in its tones."""
    seen = replace(face.seen, blur=told) if face.seen else None
    return filtered(replace(face, seen=seen), networks, strength)


def _changed(face: Blurred, seen: Seen, stage: tuple[Plane, Plane, str], strength: float | None) -> Filtered:
    """The face after a stage (change, its weight, what was done); with a `strength` the network is to paint on it."""
    change, weight, step = stage
    crop = np.asarray(np.clip(face.crop + _carried(change * weight[:, :, None], seen, face), 0, 1), np.float32)
    after = None if strength is None else _weights_after(crop, face).raised(strength)
    return Filtered(face, crop, change, weight, after if after and after.part else None, step=step)


def _cleaned(seen: Seen, networks: Networks) -> Plane | None:
    """What the refining network changes in a photo (side, side, 3) from which no blur is taken; None: it disagrees."""
    clean = refining.refined(seen.crop, replace(seen, blur=_NO_BLUR), networks, alone=True)
    if agreement.feature_refusal(clean, seen.padded, _NO_BLUR, seen.noise):
        return None
    return np.asarray(clean - seen.crop, np.float32)


def _weights_after(crop: Plane, face: Blurred) -> BlendWeights:
    """How much of the network's change a face gets from which blur or noise was taken."""
    return weights_of(face.network.fit.after_filter, gates.terms_of(crop, face.scale, face.network.template))


def _carried(change: Plane, seen: Seen, face: Blurred) -> Plane:
    """A change of the filter's crop in the network's."""
    size = face.network.size
    onwards = align.chained(face.transform, align.inverted(seen.transform))
    if seen.side == size and np.allclose(onwards, np.eye(2, 3), atol=_SAME):
        return change
    return align.warped(change, onwards, (size, size), cv2.BORDER_CONSTANT)


def _attempt(one: Filtered, output: Plane | None, networks: Networks, how: tuple[Grain, float]) -> Attempt:
    """The face after both stages, or after those that hold."""
    grain, strength = how
    painted, refusal = _painted(one, output, networks) if output is not None else (None, one.refusal)
    if one.change is None or one.weight is None or one.face.seen is None:
        return _without_filter(one, painted, (_mask(one, painted, networks), refusal), grain)
    seen, change, steps = one.face.seen, one.change * one.weight[:, :, None], [one.step]
    back = align.chained(seen.transform, align.inverted(one.face.transform))
    mask, used = _mask(one, painted, networks), 0.0
    if painted is not None and one.weights is not None:
        inside = align.warped(painted * mask[:, :, None], back, (seen.side, seen.side), cv2.BORDER_CONSTANT)
        share = _agreeing(inside, change, seen, _LESS if strength > 1 else (1.0,))
        if share:
            change = change + np.float32(share) * inside
            used = share * one.weights.strength
            steps.append(f"painted at {used:.0%} strength")
    face = align.warped(mask, back, (seen.side, seen.side), cv2.BORDER_CONSTANT)
    if one.step != _CLEANED:
        change = change + _crisper(change, one.weight, seen)
    result = grained(np.asarray(np.clip(seen.crop + change, 0, 1), np.float32), seen.crop, grain_kept(grain, face))
    blur = seen.blur if one.step == TAKEN_OUT else None
    return Attempt(result - seen.crop, paste.whole_crop(seen.side), seen.transform, tuple(steps), "", used, blur)


def _crisper(change: Plane, weight: Plane, seen: Seen) -> Plane:
    """(side, side, 1): what makes the finest of a changed face stronger, where that still gives back the photo.

    Of what moved along a path that was not surely made out, much of the finest is at a wrong place: half of it there.
    It is for what a blur has made soft. What only compression spoiled has all of the finest's contrast: 20 such faces
    came nearer by .013 in structure, all of them, and by .001, 8 of them, when they were made crisper too.
    """
    restored = np.asarray(np.clip(seen.crop + change, 0, 1), np.float32)
    finest = (weight * crisper(restored, seen.side / SIDE))[:, :, None]
    is_made_out = not seen.blur.is_stretched or seen.blur.confidence >= _STILL
    return finest * np.float32(_agreeing(finest, change, seen, (1.0, 0.5) if is_made_out else (0.5,)))


def _agreeing(inside: Plane, change: Plane, seen: Seen, shares: Sequence[float]) -> float:
    """The first of these shares of what was painted with which the result gives back the photo's features, or 0."""
    padded = seen.as_tones.padded
    for share in shares:
        result = seen.crop + change + np.float32(share) * inside
        if not agreement.feature_refusal(result, padded, seen.blur, seen.noise):
            return share
    return 0.0


def _mask(one: Filtered, painted: Plane | None, networks: Networks) -> Plane:
    """(size, size), 0 to 1: where the network's change counts: on what is face, as far as that can be told."""
    geometric, network = one.face.mask, one.face.network
    if networks.parse is None or painted is None:
        return geometric
    side = networks.parse.size
    onwards = align.similarity(network.template, align.scaled(align.FFHQ_TEMPLATE, side))
    restored = np.asarray(np.clip(one.crop + painted, 0, 1), np.float32)
    face = networks.parse(align.warped(restored, onwards, (side, side), cv2.BORDER_REPLICATE)[None])[0]
    size = (network.size, network.size)
    return paste.parsed(align.warped(face, align.inverted(onwards), size, cv2.BORDER_CONSTANT), geometric)


def _without_filter(one: Filtered, painted: Plane | None, where: tuple[Plane, str], grain: Grain) -> Attempt:
    """The face as the network alone leaves it; `where` is its mask, and why nothing may be painted."""
    crop, (mask, refusal) = one.face.crop, where
    if painted is None or one.weights is None:
        return Attempt(np.zeros_like(crop), mask, one.face.transform, (), refusal or _NO_HELP)
    result = grained(np.asarray(np.clip(crop + painted, 0, 1), np.float32), crop, grain_kept(grain, mask))
    used = one.weights.strength
    told = (f"restored at {used:.0%} strength",)
    return Attempt(result - crop, mask, one.face.transform, told, painted=used)


def _painted(one: Filtered, output: Plane, networks: Networks) -> tuple[Plane | None, str]:
    """The network's change, or why it must not be used."""
    template, face = one.face.network.template, one.face
    bands = one.weights.bands if one.weights else ()
    restored = blended(np.asarray(output, np.float32), one.crop, bands, gates.unit(template))
    refusal = (
        gates.structure_refusal(output, one.crop, template)
        or gates.sharpness_refusal(restored, face.crop, face.scale, template)
        or gates.landmark_refusal(restored, face.crop, networks.detect, template)
    )
    return (None, refusal) if refusal else (restored - one.crop, "")
