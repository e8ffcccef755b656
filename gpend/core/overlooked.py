"""Blurred faces that the measure alone takes for sharp: beneath dust, scratches and writing, or shaken.

Marks are as fine as lashes, and make a blurred face look detailed. A median over more than their width takes them out
and leaves edges where they are (Tukey 1977): what is left of the bands tells the face's own detail from theirs. So the
terms are measured three times, on the crop and after a narrow and a wide median; a quadratic logistic function of all,
fitted by `python -m tests.benchmarks.overlooked FACES --fit`, is asked where the measure finds a face sharp.
"""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from gpend.core import coefficients, sharpness, specks
from gpend.core.blend import luma
from gpend.core.photo import Plane
from gpend.core.sharpness import Measure, Terms

_MEDIANS = (5, 15)  # sides in pixels of the crop: wider than dust, and than the strokes of writing
_EDGE = 8  # pixels around the face that a median needs
_MAY_BE_SHARP, _BLURRED_BELOW = 0.1, 0.1  # sharpness of a face with strokes before it, and of the same without them
_SURE = 1.2  # log-odds: on real photos 6 of 154 sharp faces reach it, 5 of them small and soft in the original


def measured(crop: Plane, scale: float, blockiness: float, with_specks: Measure | None = None) -> tuple[Plane, Measure]:
    """The crop (SIDE, SIDE, 3), 0 to 1, with the marks before the face taken out, and the measure.

    Arguments are those of `sharpness.measure`, and its own measure of the crop, if there is one. Where nothing was
    overlooked only specks are taken out.
    """
    clean = specks.without_specks(crop, scale)
    found = with_specks if with_specks and clean is crop else sharpness.measure(clean, scale, blockiness)
    if found.sharpness < _MAY_BE_SHARP:
        return clean, found
    plain = specks.without_strokes(clean, scale)
    below = found if plain is clean else sharpness.measure(plain, scale, blockiness)
    if below.sharpness < _BLURRED_BELOW:
        return plain, below
    as_it_is = with_specks or (found if clean is crop else sharpness.measure(crop, scale, blockiness))
    odds = log_odds(crop, as_it_is.terms)
    if odds < _SURE:
        return clean, replace(found, beneath=sharpness.sharpness_of(odds))
    return plain, sharpness.measure_of(max(odds, found.log_odds), plain, below.terms)


def log_odds(crop: Plane, found: Terms) -> float:
    """The log-odds that a face is blurred after all; `crop` (SIDE, SIDE, 3), 0 to 1, and `found` its terms."""
    return float((rows(values(crop, found)) @ np.asarray(coefficients.OVERLOOKED))[0])


def values(crop: Plane, found: Terms) -> NDArray[np.float64]:
    """(1, values) float64: what the fit looks at; arguments are those of `log_odds`."""
    around, inner = (slice(edge.start - _EDGE, edge.stop + _EDGE) for edge in sharpness.FACE), slice(_EDGE, -_EDGE)
    eight_bits = np.asarray(np.rint(np.clip(luma(crop)[tuple(around)], 0, 1) * 255), np.uint8)
    medians = (np.asarray(cv2.medianBlur(eight_bits, side), np.float32)[inner, inner] / 255 for side in _MEDIANS)
    others = [sharpness.face_terms(np.asarray(plane, np.float32)) for plane in medians]
    return np.hstack([found.row(), np.asarray(others, np.float64).reshape(1, -1)])


def rows(found: NDArray[np.float64]) -> NDArray[np.float64]:
    """(count, values) float64 as the fit takes them: standardised, with every product of two."""
    unit = sharpness.standardised(found, coefficients.OVERLOOKED_MEANS, coefficients.OVERLOOKED_SPREADS)
    return sharpness.with_products(unit)
