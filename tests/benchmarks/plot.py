"""A picture of the measure: python -m tests.benchmarks.plot [OUT.svg] draws how sharpness falls on the portrait.

Each line is one way to spoil the sharp portrait, a little more at each step; the shaded part is what is restored.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import click
import cv2
import numpy as np
from jinja2 import Template
from numpy.typing import NDArray
from PIL import Image

from gpend.core import align, sharpness
from gpend.core.blockiness import blockiness
from gpend.core.photo import Face
from gpend.models.loading import load
from gpend.settings import CoreSettings, TriageSettings

Picture = NDArray[np.uint8]
SAMPLE = Path(__file__).resolve().parents[2] / "gpend" / "samples" / "portrait-sharp.jpg"
STEPS = 9

_PAGE = Template("""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 380" font-family="sans-serif" font-size="14">
<rect width="720" height="380" fill="white"/>
<rect x="60" y="{{ y(threshold) }}" width="440" height="{{ y(0) - y(threshold) }}" fill="#fbe3d5"/>
{% for value in (0, 0.25, 0.5, 0.75, 1) %}
<line x1="60" x2="500" y1="{{ y(value) }}" y2="{{ y(value) }}" stroke="#ccc"/>
<text x="50" y="{{ y(value) + 5 }}" text-anchor="end">{{ value }}</text>
{% endfor %}
<text x="60" y="24">sharpness of the face (95 px wide), shaded: to be restored</text>
<text x="280" y="370" text-anchor="middle">how strongly the photo was spoiled</text>
{% for name, colour, points, steps in lines %}
<polyline fill="none" stroke="{{ colour }}" stroke-width="2.5"
 points="{% for value in points %}{{ x(loop.index0) }},{{ y(value) }} {% endfor %}"/>
<line x1="515" x2="535" y1="{{ 60 + 46 * loop.index0 }}" y2="{{ 60 + 46 * loop.index0 }}" stroke="{{ colour }}"
 stroke-width="3"/>
<text x="542" y="{{ 65 + 46 * loop.index0 }}">{{ name }}</text>
<text x="542" y="{{ 82 + 46 * loop.index0 }}" fill="#666" font-size="12">{{ steps }}</text>
{% endfor %}
</svg>
""")


@click.command(help=__doc__)
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path), default=Path("sharpness.svg"))
def main(out: Path) -> None:
    """Measure, and draw."""
    portrait = np.asarray(Image.open(SAMPLE).convert("RGB"))
    face = max(load(CoreSettings()).detect(portrait), key=lambda one: one.score)
    lines = [
        (name, colour, [_sharpness(spoil(portrait, step), face) for step in range(STEPS)], steps)
        for name, colour, spoil, steps in _WAYS
    ]
    threshold = TriageSettings().sharpness_threshold
    page = _PAGE.render(
        x=lambda step: 60 + step * 55, y=lambda value: 340 - 300 * value, lines=lines, threshold=threshold
    )
    out.write_text(page, encoding="utf-8")
    click.echo(f"Drawn in {out}")


def _sharpness(pixels: Picture, face: Face) -> float:
    transform = align.similarity(face.landmarks, align.scaled(align.FFHQ_TEMPLATE, sharpness.SIDE))
    crop = align.crop(pixels, transform, sharpness.SIDE)
    x0, y0, x1, y1 = (round(edge) for edge in face.box)
    trace = blockiness(pixels[y0:y1, x0:x1])
    return round(sharpness.measure(crop, align.scale_of(transform), trace).sharpness, 3)


def _gaussian(pixels: Picture, step: int) -> Picture:
    return pixels if step == 0 else np.asarray(cv2.GaussianBlur(pixels, (0, 0), 0.3 * step), np.uint8)


def _motion(pixels: Picture, step: int) -> Picture:
    length = 1 + 1.5 * step
    kernel = np.zeros((1, 15), np.float32)
    kernel[0] = np.clip(length / 2 + 0.5 - np.abs(np.arange(15) - 7), 0, 1)
    return np.asarray(cv2.filter2D(pixels, -1, kernel / kernel.sum()), np.uint8)


def _shrunk(pixels: Picture, step: int) -> Picture:
    height, width = pixels.shape[:2]
    factor = 1 + 0.3 * step
    small = cv2.resize(pixels, (round(width / factor), round(height / factor)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _noisy(pixels: Picture, step: int) -> Picture:
    grain = np.random.default_rng(7).normal(0, 4 * step, pixels.shape)
    return np.asarray(np.clip(pixels + grain, 0, 255), np.uint8)


def _squeezed(pixels: Picture, step: int) -> Picture:
    quality = int(np.interp(step, (0, STEPS - 1), (95, 8)))
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


_WAYS: Sequence[tuple[str, str, Callable[[Picture, int], Picture], str]] = (
    ("Gaussian blur", "#c0392b", _gaussian, "sigma 0 to 2.4 px"),
    ("motion", "#d68910", _motion, "1 to 13 px"),
    ("shrunk and enlarged", "#1e8449", _shrunk, "1 to 3.4 times"),
    ("noise", "#2471a3", _noisy, "sigma 0 to 32 of 255"),
    ("JPEG", "#7d3c98", _squeezed, "quality 95 to 8"),
)


if __name__ == "__main__":
    main()
