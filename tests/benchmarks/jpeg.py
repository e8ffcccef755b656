"""What keeping a JPEG whole costs: the CPU time of a patch against that of decoding and encoding the whole photo.

Run it with `python -m tests.benchmarks.jpeg`. All times come from one run, one thread, in turns, so that the ratios
hold on a busy machine as well.
"""

import io
import statistics
import time
from collections.abc import Callable
from functools import partial

import click
import cv2
import numpy as np
from PIL import Image

from gpend.core.formats import jpeg
from gpend.core.photo import Mask
from tests.core.formats.jpeg.material import Coding, Picture, by_pillow, coded, picture, wanted

HEIGHT, WIDTH = 3024, 4032
FACE = np.s_[700:1340, 600:1240]
ROUNDS = 9
KINDS = {
    "baseline": Coding(quality=95),
    "optimised": Coding(quality=95, optimize=True),
    "progressive": Coding(quality=95, progressive=True),
}


def by_opencv(photo: bytes, coding: Coding) -> bytes:
    """Decode and encode everything."""
    pixels = cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    assert pixels is not None
    return coded(np.asarray(pixels[..., ::-1], np.uint8), coding)


def by_pillow_alone(photo: bytes, coding: Coding) -> bytes:
    """Decode and encode everything."""
    output = io.BytesIO()
    pixels = Image.fromarray(by_pillow(photo))
    pixels.save(output, "JPEG", quality=coding.quality, subsampling=2, progressive=coding.progressive)
    return output.getvalue()


def measured(works: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The median CPU milliseconds of each."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            start = time.process_time()
            work()
            times[name].append(1000 * (time.process_time() - start))
    return {name: statistics.median(taken) for name, taken in times.items()}


def compared(kind: str, original: Picture, changed: Mask) -> str:
    """One line for one kind of JPEG."""
    coding = KINDS[kind]
    photo = coded(original, coding)
    sought = wanted(by_pillow(photo), changed)
    patch = partial(jpeg.patch, photo, sought, changed, "gpend")
    others = {"OpenCV": partial(by_opencv, photo, coding), "Pillow": partial(by_pillow_alone, photo, coding)}
    taken = measured({"patch": patch, **others})
    told = ", ".join(f"{name} {milliseconds:.0f} ms" for name, milliseconds in taken.items())
    ratios = ", ".join(f"{taken['patch'] / taken[other]:.2f} of {other}'s" for other in others)
    grown = len(patch().photo) / len(photo) - 1
    return f"{kind:12} {told}: {ratios}; file {len(photo) / 1e6:.1f} MB, {grown:+.1%}"


def main() -> None:
    """Print a table."""
    cv2.setNumThreads(1)
    original = picture(HEIGHT, WIDTH)
    changed = np.zeros((HEIGHT, WIDTH), np.bool_)
    changed[FACE] = True
    click.echo(f"12 megapixels, 4:2:0, a face of 640 x 640; {jpeg.lossless_library() or 'without libturbojpeg'}")
    for kind in KINDS:
        click.echo(compared(kind, original, changed))


if __name__ == "__main__":
    main()
