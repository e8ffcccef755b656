"""Edges narrower than a blur leaves them, and narrower than all others, are seen."""

import cv2
import numpy as np

from gpend.core import deconvolution, edges
from gpend.core.blend import luma
from gpend.core.blur import Blur
from gpend.core.photo import Plane


def gauss(sigma: float) -> Blur:
    line = cv2.getGaussianKernel(41, sigma)[:, 0]
    return Blur(np.asarray(np.outer(line, line), np.float32), 1.0)


def blurred(padded: Plane, sigma: float) -> Plane:
    return luma(np.asarray(cv2.GaussianBlur(deconvolution.middle(padded), (0, 0), sigma), np.float32))


def test_edges_are_too_narrow_for_a_kernel_that_is_too_wide(padded: Plane) -> None:
    face = blurred(padded, 2.5)
    assert edges.widths(face, 0, gauss(6)).narrow > edges.widths(face, 0, gauss(2.5)).narrow + 0.5


def test_a_sharp_line_before_a_blurred_face_is_narrower_than_the_edges_of_the_face(padded: Plane) -> None:
    face = blurred(padded, 3)
    struck = face.copy()
    cv2.line(struck, (60, 80), (200, 200), 0.0, 3, cv2.LINE_AA)
    alone, with_line = (edges.widths(one, 0, gauss(3)) for one in (face, struck))
    assert with_line.uneven > alone.uneven + 0.1
    assert with_line.narrowest > alone.narrowest


def test_where_there_are_no_edges_nothing_is_told() -> None:
    assert edges.widths(np.full((256, 256), 0.5, np.float32), 0, gauss(3)) == edges.Widths()
