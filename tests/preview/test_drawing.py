"""The picture of a photo's faces: numbered, told, and with what blurred them."""

import numpy as np

from gpend.core.blur import Blur
from gpend.core.pipeline import Inspected
from gpend.core.report import FaceReport, Verdict
from gpend.preview import drawing


def kernel(length: int) -> Blur:
    light = np.zeros((41, 41), np.float32)
    light[20, 20 - length // 2 : 21 + length // 2] = 1 / (length // 2 * 2 + 1)
    return Blur(light, 1.0)


def inspected(*faces: tuple[FaceReport, Blur | None]) -> Inspected:
    return Inspected(np.full((200, 300, 3), 90, np.uint8), 0.5, faces)


def report(verdict: Verdict, sharpness: float | None) -> FaceReport:
    return FaceReport((100, 120, 300, 340), 0.99, sharpness, verdict, "")


def test_a_face_gets_a_box_at_its_place_in_the_smaller_picture() -> None:
    shown = drawing.drawn(inspected((report(Verdict.SHARP, 0.9), None)))
    rows, columns = np.nonzero((shown != 90).any(axis=2))
    assert (columns.max(), rows.max()) == (151, 171)
    assert (shown[100, 49:52] != 90).any()


def test_a_restored_and_a_sharp_face_are_told_apart() -> None:
    one, other = (
        drawing.drawn(inspected((report(verdict, 0.1), None))) for verdict in (Verdict.RESTORED, Verdict.SHARP)
    )
    assert (one != other).any()


def test_the_kernel_is_drawn_in_the_corner_of_the_face() -> None:
    plain, shown = (drawing.drawn(inspected((report(Verdict.RESTORED, 0.1), blur))) for blur in (None, kernel(15)))
    rows, columns = np.nonzero((plain != shown).any(axis=2))
    assert columns.min() >= 150 - 25
    assert rows.min() >= 170 - 25
    assert shown[rows.min() : 170, columns.min() : 150].max() == 255


def test_faces_at_and_beyond_the_border_are_drawn_as_far_as_they_are_seen() -> None:
    outside = FaceReport((-40, -40, 20, 20), 0.9, None, Verdict.SMALL, "")
    beyond = FaceReport((560, 360, 700, 500), 0.9, 0.2, Verdict.RESTORED, "")
    assert drawing.drawn(inspected((outside, kernel(9)), (beyond, kernel(9)))).shape == (200, 300, 3)


def test_a_kernel_is_light_on_black() -> None:
    pixels = drawing.kernel_pixels(kernel(21), 41)
    assert pixels[20, 20].min() == 255
    assert pixels[0].max() == 0
