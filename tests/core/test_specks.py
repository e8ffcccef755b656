"""Dust and thin strokes are no detail of a face."""

import cv2
import numpy as np
import pytest

from gpend.core import sharpness, specks
from gpend.core.photo import Plane
from tests.pictures import portrait


def crop(sigma: float) -> Plane:
    """A square around the face of the shipped portrait."""
    picture = np.asarray(portrait(), np.float32) / 255
    side = min(picture.shape[:2])
    square = cv2.resize(picture[:side, :side], (256, 256), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(square, (0, 0), sigma), np.float32)


def dusty(face: Plane, count: int) -> Plane:
    random = np.random.default_rng(1)
    result = face.copy()
    result[random.integers(60, 230, count), random.integers(50, 206, count)] = 1.0
    return result


@pytest.mark.parametrize("count", [25, 150])
def test_dust_on_a_blurred_face_does_not_make_it_sharp(count: int) -> None:
    blurred = crop(4)
    with_dust = dusty(blurred, count)
    clean = specks.without_specks(with_dust, 1.0)
    plain, dust, found = (sharpness.measure(one, 1.0, 0.0).log_odds for one in (blurred, with_dust, clean))
    assert dust < plain
    assert abs(found - plain) < abs(dust - plain) / 4


def test_a_thin_stroke_is_taken_out() -> None:
    blurred = crop(4)
    struck = blurred.copy()
    cv2.line(struck, (60, 80), (200, 200), (1.0, 1.0, 1.0), 1)
    assert np.abs(specks.without_specks(struck, 1.0) - blurred).max() < 0.2


@pytest.mark.parametrize("sigma", [2.5, 4])
def test_a_blurred_face_without_dust_is_measured_as_before(sigma: float) -> None:
    blurred = crop(sigma)
    before, after = (
        sharpness.measure(one, 1.0, 0.0).sharpness for one in (blurred, specks.without_specks(blurred, 1.0))
    )
    assert after == pytest.approx(before, abs=0.05)


def test_where_nothing_stands_out_the_crop_itself_comes_back() -> None:
    slope = np.repeat(np.linspace(0, 1, 256, dtype=np.float32)[None, :, None], 256, 0).repeat(3, 2)
    assert specks.without_specks(slope, 1.0) is slope


def test_sharp_writing_across_a_blurred_face_is_no_detail_of_it() -> None:
    blurred = crop(4)
    over = np.zeros(blurred.shape, np.uint8)
    for row in (90, 150, 210):
        cv2.putText(over, "SAMPLE photo", (4, row), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (255, 255, 255), 1, cv2.LINE_AA)
    share = np.float32(0.55) * over / 255
    written = np.asarray(blurred + share * (1 - blurred), np.float32)
    plain, marked, found = (
        sharpness.measure(one, 1.0, 0.0).sharpness for one in (blurred, written, specks.without_strokes(written, 1.0))
    )
    assert plain < 0.1
    assert marked > 0.5
    assert found < 0.1


def test_a_blurred_face_has_no_strokes() -> None:
    blurred = crop(3)
    assert specks.without_strokes(blurred, 1.0) is blurred


@pytest.mark.parametrize("scale", [0.5, 1.5, 4.0])
def test_medians_of_a_few_places_are_those_of_the_whole_crop(scale: float, monkeypatch: pytest.MonkeyPatch) -> None:
    dust = dusty(crop(4), 4)
    monkeypatch.setattr(specks, "_MANY", 1 << 30)
    one_by_one = specks.without_specks(dust, scale)
    monkeypatch.setattr(specks, "_MANY", 0)
    assert (one_by_one == specks.without_specks(dust, scale)).all()
    assert (one_by_one != dust).any()
