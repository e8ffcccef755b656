"""What phones, dark rooms and messaging apps do to a face, with seeds: what gpend is fitted to and measured on.

A clean face is an FFHQ-aligned square RGB crop. `shot` gives it a native size, then blurs, shrinks, adds noise and
compresses it as its kind says, at the native size, as a camera would. Severities are steps of each kind's own scale.
Lengths are in pixels of the 256 px crop unless they are called native.
"""

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core import codec
from gpend.settings import PhotoSettings

Image = NDArray[np.uint8]
Random = np.random.Generator

FACE_SHARE = 0.52  # a face box's width against the side of its FFHQ crop

# By severity, the mildest first. Each begins where people begin to call a face spoiled.
_WIDTHS = (2.0, 3.0, 4.5, 7.0)  # pixels: a Gaussian's standard deviation
_SMALLER = (4.5, 6.0, 8.0, 11.0)  # times
_GRAIN = (14, 20, 28, 38)  # levels of 255
_QUALITIES = (22, 17, 12, 8)  # of a JPEG, give or take 2
_WORST_QUALITY = 4
_SENT_SMALLER = (2.6, 3.5, 4.6, 6.5)  # times: apps shrink less than thumbnails are
_DARK_WIDTHS = (1.6, 2.2, 3.0, 4.5)  # pixels: noise does the rest
_DARK_GRAIN = (8, 12, 16, 22)  # levels of 255: before the camera reduces it

# Against a Gaussian's standard deviation, what blurs as much to the eye.
_DISC = 1.9  # a disc's radius; its own standard deviation is half of it
_STREAK = 4.2  # a stroke's length: it blurs in one direction alone

# Native pixels: less than this nobody sees on a small face.
_LEAST_BLUR = 1.2
_LEAST_DISC = 2.2
_LEAST_STREAK = 6.0
_LEAST_SMALLER = 2.2  # times
_LEAST_SENT = 1.6  # times
_LEAST_SIDE = 32  # of a face's crop
_LEAST_SHRUNK, _LEAST_SENT_SIDE = 8, 16  # sides: of a thumbnail's face, and of one that is sent

_VARIED = (0.9, 1.15)  # strengths are drawn around their step, so that steps run into each other
_SHRUNK_VARIED = (0.9, 1.1)
_EVERYDAY_GRAIN = 2.5  # levels, at most: every sensor has some
_QUALITY = (82, 98)  # that cameras save with
_LARGE_FACE, _LARGE_QUALITY = 150, 50  # native pixels, and what does no harm there: blocks are small against it
_OWN, _COMMON = 0.6, 0.8  # parts of noise, of each channel and of all; their squares add up to 1
_DARK_PART = 0.5  # of the noise that is there without light
_KEPT, _SMEARED = 0.4, 0.6  # by noise reduction, of what was there and of what is smoothed
_REDUCTION = 0.8  # pixels over which it smooths
_SENT_TWICE = 0.6  # of what apps send was sent before
_FIRST_SENT = 1.2  # times as large as it is in the end
_FIRST_QUALITIES, _LAST_QUALITIES = (45, 75), (35, 75)  # of apps
_TILL_SOFT, _TILL_SHARPENED, _TILL_REDUCED = 0.4, 0.6, 0.75  # of sharp photos, added up; the rest is as it was
_LEAST_SOFT, _SOFT = 0.7, 0.8  # pixels: in the dark a lens is open, and so a little soft
_BENT = 0.25  # of its length, to either side: hands turn while they shake
_SOFT_STROKE = 0.6  # pixels: a lens is never sharper


class Kind(StrEnum):
    """How a face was spoiled."""

    SHARP = "sharp"
    GAUSSIAN = "gaussian blur"
    DISC = "disc blur"
    MOTION = "motion blur"
    DOWNSCALE = "downscale"
    NOISE = "noise"
    JPEG = "jpeg"
    MESSAGING = "messaging"
    DARK = "dark room"


DEGRADED = tuple(kind for kind in Kind if kind is not Kind.SHARP)


@dataclass(frozen=True)
class Shot:
    """A face as a photo holds it, beside the truth at the same size."""

    seen: Image  # (side, side, 3), native size
    truth: Image
    kind: Kind
    severity: int  # 0 is the mildest that anyone would call degraded; higher is worse
    face_px: float
    quality: int = 95  # that it was saved with as a JPEG

    @property
    def table(self) -> tuple[float, ...]:
        """The steps that its luma was quantised with, row by row."""
        data = np.asarray(_encoded(self.seen[:8, :8], self.quality))
        return codec.identify(data.tobytes(), PhotoSettings()).quantisation


SEVERITIES = 4


def shot(clean: Image, kind: Kind, severity: int, face_px: float, random: Random) -> Shot:
    """The clean crop (side, side, 3) as a photo of a face `face_px` wide, spoiled by `kind` at `severity` (from 0)."""
    side = max(_LEAST_SIDE, round(face_px / FACE_SHARE))
    truth = resized(clean, side)
    image = truth.astype(np.float32)
    image = _spoiled(image, kind, severity, random)
    if kind is not Kind.JPEG:
        image = _grained(image, random.uniform(0.0, _EVERYDAY_GRAIN), random)
    harmless = _LARGE_QUALITY if kind is Kind.SHARP and face_px > _LARGE_FACE else _QUALITY[0]
    quality = int(random.integers(harmless, _QUALITY[1]))
    return Shot(_compressed(_whole(image), quality), truth, kind, severity, face_px, quality)


def saved(image: NDArray[np.float32], quality: int) -> Image:
    """As a JPEG of this quality gives it back, (h, w, 3) uint8; `image` is (h, w, 3) float32, 0 to 255."""
    return _compressed(_whole(image), quality)


def resized(image: Image, side: int) -> Image:
    """(n, n, 3) uint8 to a square of `side`: by area down, bicubic up."""
    method = cv2.INTER_AREA if side < image.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, (side, side), interpolation=method), np.uint8)


def _spoiled(  # noqa: PLR0911  # one return for each kind reads best
    image: NDArray[np.float32], kind: Kind, severity: int, random: Random
) -> NDArray[np.float32]:
    unit = image.shape[0] / 256  # native pixels for a pixel of the 256 px crop
    strength = _WIDTHS[severity] * random.uniform(*_VARIED)
    match kind:
        case Kind.SHARP:
            return _developed(image, unit, random)
        case Kind.GAUSSIAN:
            return _smoothed(image, max(_LEAST_BLUR, strength * unit))
        case Kind.DISC:
            return _filtered(image, _disc(max(_LEAST_DISC, _DISC * strength * unit)))
        case Kind.MOTION:
            return _filtered(image, _streak(max(_LEAST_STREAK, _STREAK * strength * unit), random))
        case Kind.DOWNSCALE:
            return _pixelated(image, max(_LEAST_SMALLER, _SMALLER[severity] * unit * random.uniform(*_SHRUNK_VARIED)))
        case Kind.NOISE:
            level = _GRAIN[severity] * max(1.0, unit)
            return _grained(_smoothed(image, max(_LEAST_SOFT, _SOFT * unit)), level, random)
        case Kind.JPEG:
            return _squeezed(image, _QUALITIES[severity], unit, random)
        case Kind.MESSAGING:
            return _messaged(image, severity, unit, random)
        case Kind.DARK:
            blurred = _smoothed(image, max(_LEAST_BLUR, _DARK_WIDTHS[severity] * unit))
            return _denoised(_grained(blurred, _DARK_GRAIN[severity] * max(1.0, unit**0.5), random), unit)


def _developed(image: NDArray[np.float32], unit: float, random: Random) -> NDArray[np.float32]:
    """What lenses and cameras do to every photo: a little softness, or too much sharpening, or noise reduction."""
    choice = random.uniform()
    if choice < _TILL_SOFT:
        return _smoothed(image, random.uniform(0.3, 0.8) * max(0.8, min(unit, 1.2)))  # pixels: as lenses are
    if choice < _TILL_SHARPENED:
        return np.asarray(image + random.uniform(0.2, 0.8) * (image - _smoothed(image, 1.0)), np.float32)
    if choice < _TILL_REDUCED:
        return _denoised(_grained(image, random.uniform(2, 6), random), min(unit, 1.0))  # levels: as in the evening
    return image


def _smoothed(image: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT), np.float32)


def _filtered(image: NDArray[np.float32], kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REFLECT), np.float32)


def _disc(radius: float) -> NDArray[np.float32]:
    reach = int(np.ceil(radius)) + 1
    ys, xs = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    kernel = np.clip(radius + 0.5 - np.hypot(xs, ys), 0, 1)
    return np.asarray(kernel / kernel.sum(), np.float32)


def _streak(length: float, random: Random) -> NDArray[np.float32]:
    """A slightly bent stroke: a hand that moved while the shutter was open."""
    reach = int(np.ceil(length / 2)) + 2
    angle, bend = random.uniform(0, np.pi), random.uniform(-_BENT, _BENT)
    along = np.linspace(-length / 2, length / 2, max(16, int(length * 4)))
    across = bend * (along**2 / length - length / 12)
    xs, ys = along * np.cos(angle) - across * np.sin(angle), along * np.sin(angle) + across * np.cos(angle)
    kernel, _, _ = np.histogram2d(ys, xs, bins=2 * reach + 1, range=[[-reach - 0.5, reach + 0.5]] * 2)
    kernel = cv2.GaussianBlur(kernel, (0, 0), _SOFT_STROKE)
    return np.asarray(kernel / kernel.sum(), np.float32)


def _pixelated(image: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    side = image.shape[0]
    small = cv2.resize(image, (max(_LEAST_SHRUNK, round(side / factor)),) * 2, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC), np.float32)


def _grained(image: NDArray[np.float32], level: float, random: Random) -> NDArray[np.float32]:
    """Noise that grows with the square root of the light, partly common to the channels."""
    height, width = image.shape[:2]
    own = random.standard_normal((height, width, 3))
    common = random.standard_normal((height, width, 1))
    light = np.sqrt(np.clip(image, 0, 255) / 255)
    noise = (_OWN * own + _COMMON * common) * level * (_DARK_PART + (1 - _DARK_PART) * light)
    return np.asarray(image + noise, np.float32)


def _denoised(image: NDArray[np.float32], unit: float) -> NDArray[np.float32]:
    """A camera's noise reduction: it smears the grain with the texture."""
    return np.asarray(_KEPT * image + _SMEARED * _smoothed(image, _REDUCTION * max(1.0, unit)), np.float32)


def _squeezed(image: NDArray[np.float32], quality: int, unit: float, random: Random) -> NDArray[np.float32]:
    """Compressed hard at no more than the crop's scale, as a thumbnail or a preview is."""
    side = image.shape[0]
    seen = min(side, 256)
    small = resized(_whole(image), seen) if unit > 1 else _whole(image)
    squeezed = _compressed(small, max(_WORST_QUALITY, quality + int(random.integers(-2, 3))))
    return resized(squeezed, side).astype(np.float32)


def _messaged(image: NDArray[np.float32], severity: int, unit: float, random: Random) -> NDArray[np.float32]:
    """Shrunk and compressed by an app, often twice, and brought back to size by whoever saved it."""
    side = image.shape[0]
    factor = max(_LEAST_SENT, _SENT_SMALLER[severity] * unit * random.uniform(*_SHRUNK_VARIED))
    small = _whole(image)
    if random.uniform() < _SENT_TWICE:
        first = max(_LEAST_SENT_SIDE, round(side / factor * _FIRST_SENT))
        small = _compressed(resized(small, first), int(random.integers(*_FIRST_QUALITIES)))
    small = resized(small, max(_LEAST_SENT_SIDE, round(side / factor)))
    last = _compressed(small, int(random.integers(*_LAST_QUALITIES)))
    way = (cv2.INTER_CUBIC, cv2.INTER_LINEAR, cv2.INTER_LANCZOS4)[int(random.integers(3))]
    return np.asarray(cv2.resize(last, (side, side), interpolation=way), np.float32)


def _whole(image: NDArray[np.float32]) -> Image:
    return np.asarray(np.rint(np.clip(image, 0, 255)), np.uint8)


def _compressed(image: Image, quality: int) -> Image:
    decoded = cv2.imdecode(_encoded(image, quality), cv2.IMREAD_COLOR)
    return np.asarray(cv2.cvtColor(np.asarray(decoded), cv2.COLOR_BGR2RGB), np.uint8)


def _encoded(image: Image, quality: int) -> Image:
    bgr = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2BGR)
    return np.asarray(cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], np.uint8)
