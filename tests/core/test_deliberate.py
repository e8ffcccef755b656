"""A face that was blurred on purpose is told from one that a lens blurred."""

import cv2
import numpy as np

from gpend.core import deliberate
from gpend.core.blend import luma
from gpend.core.photo import Plane
from gpend.core.report import Verdict

SIDE = deliberate.SIDE


def person() -> Plane:
    """Edges everywhere, as of a face, a collar and hair."""
    random = np.random.default_rng(3)
    coarse = random.random((SIDE // 16, SIDE // 16, 3)).astype(np.float32)
    return np.asarray(np.clip(cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST), 0, 1), np.float32)


def hidden(picture: Plane, sigma: float) -> Plane:
    """The face alone blurred, with a soft edge."""
    mask = np.zeros((SIDE, SIDE), np.float32)
    cv2.ellipse(mask, (160, 94), (85, 105), 0, 0, 360, 1.0, -1)
    soft = np.asarray(cv2.GaussianBlur(mask, (0, 0), 6), np.float32)[:, :, None]
    return np.asarray(picture * (1 - soft) + cv2.GaussianBlur(picture, (0, 0), sigma) * soft, np.float32)


def test_a_blurred_face_above_a_sharp_collar_is_perhaps_hidden() -> None:
    doubt = deliberate.doubt(luma(hidden(person(), 7)))
    assert doubt is not None
    assert doubt.verdict is Verdict.HIDDEN
    assert "on purpose" in doubt.reason


def test_a_face_as_blurred_as_its_collar_is_not() -> None:
    for sigma in (1, 3, 7):
        assert deliberate.doubt(luma(np.asarray(cv2.GaussianBlur(person(), (0, 0), sigma), np.float32))) is None


def test_where_there_is_nothing_below_the_chin_nothing_is_told() -> None:
    picture = cv2.GaussianBlur(person(), (0, 0), 7)
    picture[204:] = picture[204]
    assert deliberate.doubt(luma(np.asarray(picture, np.float32))) is None
    assert deliberate.sharper_below(np.full((SIDE, SIDE), 0.5, np.float32)) == 0.0
