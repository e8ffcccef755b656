"""A photo with numbered boxes around its faces: what was decided about each, and what blurred it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core.blur import Blur
from gpend.core.photo import Box
from gpend.core.pipeline import Inspected
from gpend.core.report import FaceReport, Verdict

_COLOURS = {Verdict.RESTORED: (255, 140, 0), Verdict.SHARP: (60, 200, 60)}
_OTHER = (230, 60, 60)
_LETTERS = 0.5  # of the font's own size
_LINE = 16  # pixels from line to line
_SMALLEST_KERNEL = 24  # pixels on the picture

Picture = NDArray[np.uint8]


def drawn(photo: Inspected) -> Picture:
    """(height, width, 3) RGB: the picture, upright, with a box, a number and the verdict for every face."""
    canvas = photo.pixels.copy()
    for number, (report, blur) in enumerate(photo.faces, 1):
        x0, y0, x1, y1 = (edge * photo.scale for edge in report.box)
        _draw_face(canvas, (x0, y0, x1, y1), f"{number} {_told(report)}", _COLOURS.get(report.verdict, _OTHER))
        if blur is not None:
            _draw_kernel(canvas, (x0, y0, x1, y1), blur)
    return canvas


def kernel_pixels(blur: Blur, side: int) -> Picture:
    """(side, side, 3): the kernel's light on black."""
    light = cv2.resize(blur.kernel, (side, side), interpolation=cv2.INTER_AREA)
    grey = np.asarray(np.rint(255 * np.sqrt(light / (light.max() + 1e-9))), np.uint8)
    return np.ascontiguousarray(np.repeat(grey[:, :, None], 3, axis=2))


def _told(report: FaceReport) -> str:
    value = "not measured" if report.sharpness is None else f"{report.sharpness:.2f}"
    return f"{report.verdict.value}, {value}"


def _draw_face(canvas: Picture, box: Box, words: str, colour: tuple[int, int, int]) -> None:
    x0, y0, x1, y1 = (round(edge) for edge in box)
    cv2.rectangle(canvas, (x0, y0), (x1, y1), colour, 2)
    place = (max(2, x0), y0 - 5 if y0 > _LINE else y1 + _LINE)
    cv2.putText(canvas, words, place, cv2.FONT_HERSHEY_SIMPLEX, _LETTERS, (0, 0, 0), 3, cv2.LINE_AA)
    cv2.putText(canvas, words, place, cv2.FONT_HERSHEY_SIMPLEX, _LETTERS, colour, 1, cv2.LINE_AA)


def _draw_kernel(canvas: Picture, box: Box, blur: Blur) -> None:
    """In the lower right corner of the face's box, as far as that lies in the picture."""
    side = max(_SMALLEST_KERNEL, round((box[2] - box[0]) / 4))
    right, bottom = min(canvas.shape[1], round(box[2])), min(canvas.shape[0], round(box[3]))
    left, top = max(0, right - side), max(0, bottom - side)
    if left < right and top < bottom:
        canvas[top:bottom, left:right] = kernel_pixels(blur, side)[: bottom - top, : right - left]
