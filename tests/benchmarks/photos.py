"""What is gained on real photos: python -m tests.benchmarks.photos FOLDER [--sheets FOLDER] prints a table.

FOLDER holds photos of sharp faces. Each photo is made smaller, blurred as a whole in proportion to its largest face,
saved as a JPEG, and goes the whole way through gpend; there are rows of what apps send, of coarse grain and of what a
phone's camera takes in a room and in the dark. Every face that was sharp is then compared with itself: the mean gain of
what was restored, how often it is nearer, and how many were left alone. Beside gpend stand half of the raw network,
unsharp masking, and the Wiener filter that is told the kernel. With --sheets, pictures to look at: each face as a
screen shows it, the input, gpend, the truth.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core import align, analysis, deconvolution, pipeline, visible
from gpend.core.blur import Blur
from gpend.core.camera_shake import carried
from gpend.core.networks import Networks
from gpend.core.noise import Noise, noise_level
from gpend.core.photo import Box, Face, Plane
from gpend.core.report import FaceReport, Restored, Verdict
from gpend.fitting import shots
from gpend.fitting.degradations import FACE_SHARE, Random, saved
from gpend.models.loading import load
from gpend.settings import CoreSettings
from tests.benchmarks import camera, gains, kernels
from tests.benchmarks.differences import Distance, decibels, known

_LONG_SIDE = 1600  # of a photo, in pixels: enough for faces of every size, and no time lost on more
_FEWEST, _SHARP = 60.0, 0.9  # pixels across a face, and its sharpness, from which it can be the truth
_MARGIN = round(shots.SIDE * deconvolution.MARGIN)
_QUALITIES = (85, 92, 95)
_PER_SHEET = 8
_CELL = 256  # pixels, of a picture on a sheet
_UNSHARP = 2.0  # radius in pixels
_SAME = 0.4  # of two boxes together, which they share if they stand for one face
_SENT = 91.0  # pixels across the largest face of a photo that an app sends
_HARD = 70  # quality of its JPEG
_WHITE = 255
_LINEAR, _SLOPE, _OFFSET, _EXPONENT = 0.0031308, 12.92, 0.055, 2.4  # of sRGB
WAYS = ("input", "gpend", "half raw", "unsharp", "kernel known")

SENT = gains.Row("sent by an app", lambda _: kernels.gaussian(1.9), noise=1)
GRAINY = gains.Row("coarse grain", lambda _: kernels.gaussian(0.1), noise=18)
"""Here nothing is blurred to speak of: whatever passes for a shake was not there."""

IN_LIGHT = tuple(
    replace(row, name=f"{row.name}, in light", in_light=True)
    for row in gains.ROWS
    if row.name in {"Gaussian 3", "focus 8", "motion 17", "curved shake 12"}
)
"""As cameras blur: before their curve for tones. What is bright spreads farther so into what is dark."""

TAKEN = tuple(
    gains.Row(f"{name}, {where}", kernel, in_light=True, dark=dark)
    for where, dark in (("in a room", 0.7), ("in the dark", 0.93))
    for name, kernel in (
        ("focus 5", lambda _: kernels.disc(5)),
        ("curved shake 10", lambda random: kernels.curved(10, random)),
    )
)
"""By a phone's camera, with what its denoiser leaves."""

ROWS = (*gains.ROWS, *IN_LIGHT, *TAKEN, SENT, GRAINY)
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Compared:
    """One face of a photo that was blurred."""

    photo: str
    report: FaceReport
    pictures: dict[str, Plane]  # by way, and "truth": (SIDE, SIDE, 3), 0 to 1
    shown: list[Plane]  # the input, gpend, the truth, as large as a screen shows them

    @property
    def truth(self) -> Plane:
        """The face before it was blurred."""
        return self.pictures["truth"]


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--most", default=0, help="Take so many photos; 0 stands for all.")
@click.option("--kinds", default="", help="Rows of this table, with commas between; all unless told.")
@click.option("--seed", default=1, show_default=True)
@click.option("--sheets", type=click.Path(file_okay=False, path_type=Path), help="A folder for contact sheets.")
def main(folder: Path, *, most: int, kinds: str, seed: int, sheets: Path | None) -> None:
    """Print the table."""
    networks, random = load(CoreSettings()), np.random.default_rng(seed)
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in {".jpg", ".jpeg", ".png"})
    if most:
        paths = [paths[place] for place in sorted(random.choice(len(paths), min(most, len(paths)), replace=False))]
    measures = known(networks)
    click.echo(f"{len(paths)} photos; of restored faces: gain of {' / '.join(measures)}, share nearer, dB")
    for row in ROWS:
        if not kinds or row.name in kinds.split(","):
            found = [one for path in paths for one in _compared(path, row, networks, random)]
            click.echo(_line(row.name, found, measures))
            if sheets is not None:
                _draw(found, sheets, row.name.replace(" ", "-"))


def _compared(path: Path, row: gains.Row, networks: Networks, random: Random) -> Iterator[Compared]:
    truth, faces = sharp(path, networks)
    if faces and row is SENT:
        truth = _resized(truth, min(1.0, _SENT / max(one.face.width for one in faces)))
        faces = _faces(truth, networks)
    if not faces:
        return
    kernel = row.kernel(random)
    width = max(one.face.width for one in faces)
    seen = blurred(truth, kernel, width, row, random)
    outcome = pipeline.process(seen, networks, CoreSettings())
    after = _decoded(outcome.photo) if isinstance(outcome, Restored) else _decoded(seen)
    for one in faces:
        report = max(outcome.faces, key=lambda other: _shared(other.box, one.face.box), default=None)
        if report is not None and _shared(report.box, one.face.box) > _SAME:
            pixels = (_decoded(seen), after, truth)
            yield Compared(path.stem, report, *_pictures(one.face, pixels, in_photo(kernel, width), networks))


def sharp(path: Path, networks: Networks) -> tuple[Pixels, list[analysis.JudgedFace]]:
    """A photo, upright and not too large, and those of its faces that are the truth."""
    truth = _read(path)
    return truth, _faces(truth, networks)


def _faces(truth: Pixels, networks: Networks) -> list[analysis.JudgedFace]:
    return [one for one in analysis.analyse(_png(truth), networks, CoreSettings()).faces if _is_truth(one)]


def _pictures(
    face: Face, pixels: tuple[Pixels, Pixels, Pixels], wide: Plane, networks: Networks
) -> tuple[dict[str, Plane], list[Plane]]:
    """A face in every way, and as it is shown; `pixels` are the photo blurred by `wide`, restored and as it was."""
    transform = align.similarity(face.landmarks, shots.TARGET)
    crop, after, truth = (align.crop(one, transform, shots.SIDE) for one in pixels)
    raw = np.clip(networks.restore(crop[None])[0], 0, 1)
    sharper = np.clip(crop + (crop - cv2.GaussianBlur(crop, (0, 0), _UNSHARP)), 0, 1)
    around = align.crop(pixels[0], transform + np.array([[0, 0, _MARGIN], [0, 0, _MARGIN]]), shots.SIDE + 2 * _MARGIN)
    noise = Noise(noise_level(pixels[0]))
    here = Blur(in_crop(wide, transform), 1.0)
    known = deconvolution.deconvolve(around, here, noise, align.scale_of(transform)).restored
    ways = (crop, after, (crop + raw) / 2, sharper, known)
    pictures = {name: np.asarray(way, np.float32) for name, way in zip(WAYS, ways, strict=True)}
    side = visible.side_for(shots.SIDE / align.scale_of(transform))
    shown = [_at(one, transform, side) for one in pixels]
    return pictures | {"truth": truth}, shown


def _at(pixels: Pixels, transform: align.Transform, side: int) -> Plane:
    larger = transform * (side / shots.SIDE)
    larger[:, 2] += 0.5 * (side / shots.SIDE - 1)
    return align.crop(pixels, larger, side)


def _is_truth(one: analysis.JudgedFace) -> bool:
    return one.face.width >= _FEWEST and (one.report.sharpness or 0.0) >= _SHARP


def _light_of(stored: Pixels) -> Plane:
    """(h, w, 3) float32, 0 to 1: light, of what sRGB stores of it (IEC 61966-2-1)."""
    share = stored.astype(np.float32) / _WHITE
    curved = ((share + _OFFSET) / (1 + _OFFSET)) ** _EXPONENT
    return np.asarray(np.where(share <= _LINEAR * _SLOPE, share / _SLOPE, curved), np.float32)


def _stored(light: Plane) -> Plane:
    """The same back, 0 to 255."""
    light = np.clip(light, 0, 1)
    curved = (1 + _OFFSET) * light ** (1 / _EXPONENT) - _OFFSET
    return np.asarray(_WHITE * np.where(light <= _LINEAR, _SLOPE * light, curved), np.float32)


def in_photo(kernel: Plane, width: float) -> Plane:
    """A kernel that is told for a crop with a face so wide, in pixels of the photo."""
    return deconvolution.resampled(kernel, width / (shots.SIDE * FACE_SHARE))


def in_crop(kernel: Plane, transform: align.Transform) -> Plane:
    """A kernel of the photo in a crop that `transform` leads to: larger or smaller, and turned, as that is."""
    reach = kernel.shape[0] // 2
    more = max(0, math.ceil(math.sqrt(2) * reach * align.scale_of(transform)) + 1 - reach)
    return carried(np.pad(kernel, more), transform[:, :2])[0]


def blurred(truth: Pixels, kernel: Plane, width: float, row: gains.Row, random: Random) -> bytes:
    """The photo as a JPEG: shaken, or out of focus, by a kernel that is told for a crop with its largest face."""
    wide = in_photo(kernel, width)
    there = _light_of(truth) if row.in_light else truth.astype(np.float32)
    moved: Plane = np.asarray(cv2.filter2D(there, -1, wide[::-1, ::-1], borderType=cv2.BORDER_REFLECT_101), np.float32)
    if row.dark is not None:
        seen = np.clip(moved, 0, 1)[: truth.shape[0] // 2 * 2, : truth.shape[1] // 2 * 2]
        tones = np.asarray(np.rint(_stored(camera.mosaic(seen, row.dark, random))), np.uint8)
        quality = int(random.choice(_QUALITIES))
        return _encoded(camera.finished(tones), ".jpg", cv2.IMWRITE_JPEG_QUALITY, quality)
    grain = _grain(truth.shape, width if row is GRAINY else 0.0, random) * row.noise
    image = (_stored(moved) if row.in_light else moved) * row.light + grain
    quality = _HARD if row is SENT else int(random.choice(_QUALITIES))
    for _ in range(row.saves - 1):
        image = saved(np.asarray(image, np.float32), quality).astype(np.float64)
    return _encoded(np.asarray(np.rint(np.clip(image, 0, 255)), np.uint8), ".jpg", cv2.IMWRITE_JPEG_QUALITY, quality)


def _grain(shape: tuple[int, ...], width: float, random: Random) -> NDArray[np.float64]:
    """Of standard deviation 1; as coarse as a camera's denoiser leaves it in a photo with a face so wide."""
    white = random.normal(0, 1, shape)
    coarse = max(0.5, 0.35 * width / (shots.SIDE * FACE_SHARE))
    grain = np.asarray(cv2.GaussianBlur(white, (0, 0), coarse) if width else white, np.float64)
    return np.asarray(grain / grain.std(), np.float64)


def _read(path: Path) -> Pixels:
    """The photo upright and at most so large, RGB."""
    picture = _decoded(path.read_bytes())
    return _resized(picture, min(1.0, _LONG_SIDE / max(picture.shape[:2])))


def _resized(picture: Pixels, share: float) -> Pixels:
    size = (round(picture.shape[1] * share), round(picture.shape[0] * share))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _decoded(photo: bytes) -> Pixels:
    image = cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError("this cannot be read as a picture")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def _png(pixels: Pixels) -> bytes:
    return _encoded(pixels, ".png", cv2.IMWRITE_PNG_COMPRESSION, 1)


def _encoded(pixels: Pixels, ending: str, option: int, value: int) -> bytes:
    return bytes(cv2.imencode(ending, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [option, value])[1])


def _shared(box: Box, other: Box) -> float:
    """The common part of two boxes against both together."""
    across = max(0.0, min(box[2], other[2]) - max(box[0], other[0]))
    down = max(0.0, min(box[3], other[3]) - max(box[1], other[1]))
    areas = ((one[2] - one[0]) * (one[3] - one[1]) for one in (box, other))
    return across * down / max(1.0, sum(areas) - across * down)


def _line(name: str, found: Sequence[Compared], measures: dict[str, Distance]) -> str:
    """Mean gains over the faces that gpend restored, for every way."""
    restored = [one for one in found if one.report.verdict is Verdict.RESTORED]
    cells = [f"{name:<22}{len(restored):>4} of {len(found):<4}"]
    for way in WAYS[1:]:
        gained = np.array(
            [
                [
                    take(one.pictures[WAYS[0]], one.truth, one.truth) - take(one.pictures[way], one.truth, one.truth)
                    for take in measures.values()
                ]
                for one in restored
            ]
        ).reshape(-1, len(measures))
        if not len(gained):
            continue
        signal = [decibels(one.pictures[way], one.truth) for one in restored]
        before = [decibels(one.pictures[WAYS[0]], one.truth) for one in restored]
        means = "/".join(f"{value:+.3f}" for value in gained.mean(0))
        shares = "/".join(f"{value:.0%}" for value in (gained > 0).mean(0))
        cells.append(f"{way}: {means}, {shares}, {np.mean(signal) - np.mean(before):+.2f} dB")
    return "  ".join(cells)


def _draw(found: Sequence[Compared], folder: Path, name: str) -> None:
    """Before, after, truth: each face that was restored, as a screen shows it, a few to a sheet."""
    folder.mkdir(parents=True, exist_ok=True)
    restored = [one for one in found if one.report.verdict is Verdict.RESTORED]
    for start in range(0, len(restored), _PER_SHEET):
        rows = [_row(one) for one in restored[start : start + _PER_SHEET]]
        rows += [np.zeros_like(rows[0])] * (len(rows) % 2)
        sheet = np.vstack([np.hstack(rows[place : place + 2]) for place in range(0, len(rows), 2)])
        cv2.imwrite(str(folder / f"{name}-{start // _PER_SHEET}.png"), cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))


def _row(one: Compared) -> Pixels:
    cells = [cv2.resize(picture, (_CELL, _CELL), interpolation=cv2.INTER_AREA) for picture in one.shown]
    row = np.ascontiguousarray(np.rint(np.clip(np.hstack(cells), 0, 1) * 255), np.uint8)
    told = f"{one.photo} {one.shown[0].shape[0]} px"
    cv2.putText(row, told, (4, _CELL - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255, 255, 0), 1, cv2.LINE_AA)
    return row


if __name__ == "__main__":
    main()
