"""Of the faces of a fit, those that are sharp say what must not be painted over."""

import cv2
import numpy as np

from gpend.core import sharpness
from gpend.fitting import shots
from tests.pictures import portrait


def test_of_a_sharp_face_there_are_terms_and_of_a_blurred_one_none() -> None:
    clean = portrait(288, 288)
    blurred = np.asarray(cv2.GaussianBlur(clean, (0, 0), 6), np.uint8)
    found = shots.sharp_terms(clean, 3)
    assert found
    assert all(sharpness.log_odds(terms) <= 0 for terms in found)
    assert shots.sharp_terms(clean, 3) == found
    assert shots.sharp_terms(blurred, 3) == ()
