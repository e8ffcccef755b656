"""A net before a face, and the dots it is printed in, are told from noise, blur and compression."""

import cv2
import numpy as np
import pytest

from gpend.core import pattern, pipeline
from gpend.core.blur import SIDE
from gpend.core.networks import Networks
from gpend.core.photo import Plane
from gpend.core.report import Kept, Verdict
from gpend.fitting.degradations import saved
from gpend.settings import CoreSettings, TriageSettings
from tests.pictures import portrait
from tests.pictures import saved as as_file


def waves(side: int, pitch: float, degrees: float) -> Plane:
    """Of this pitch in pixels, across and down a grid that is turned: (side, side), -1 to 1."""
    down, across = np.mgrid[:side, :side] * (2 * np.pi / pitch)
    turn = np.radians(degrees)
    along, over = across * np.cos(turn) + down * np.sin(turn), down * np.cos(turn) - across * np.sin(turn)
    return np.asarray((np.cos(along) + np.cos(over)) / 2, np.float32)


def netted(face: Plane, pitch: float, degrees: float) -> Plane:
    """Behind a net of dark threads, half transparent."""
    threads = np.float32(0.5) * (waves(face.shape[0], pitch, degrees) > 0.3)
    return np.asarray(face * (1 - threads), np.float32)


def printed(face: Plane, pitch: float) -> Plane:
    """In black dots on white, as newspapers do."""
    return np.asarray(np.clip((face - waves(SIDE, pitch, 45) / 2 - 0.5) * 6 + 0.5, 0, 1), np.float32)


@pytest.mark.parametrize("degrees", [0, 17, 45])
@pytest.mark.parametrize("pitch", [3.3, 4.5, 6.0])
def test_a_net_before_a_face_is_seen_whatever_its_pitch_and_turn(face: Plane, pitch: float, degrees: float) -> None:
    doubt = pattern.doubt(netted(face, pitch, degrees))
    assert doubt is not None
    assert doubt.verdict is Verdict.COVERED
    assert "regular pattern" in doubt.reason


@pytest.mark.parametrize("pitch", [3.0, 4.2])
def test_so_are_the_dots_that_a_face_is_printed_in(face: Plane, pitch: float) -> None:
    assert pattern.doubt(printed(face, pitch)) is not None


@pytest.mark.parametrize("sigma", [0.0, 1.5, 4.0])
@pytest.mark.parametrize("noise", [0.0, 0.03, 0.12])
def test_a_face_has_none_however_blurred_and_noisy(face: Plane, sigma: float, noise: float) -> None:
    spoiled = cv2.GaussianBlur(face, (0, 0), sigma) if sigma else face
    grain = np.random.default_rng(7).normal(0, noise, face.shape)
    assert pattern.doubt(np.asarray(np.clip(spoiled + grain, 0, 1), np.float32)) is None


@pytest.mark.parametrize("degrees", [0, 30, 90])
def test_nor_has_a_face_that_was_shaken(face: Plane, degrees: float) -> None:
    line = np.zeros((31, 31), np.float32)
    line[15, 5:26] = 1
    kernel = cv2.warpAffine(line, cv2.getRotationMatrix2D((15, 15), degrees, 1), (31, 31))
    assert pattern.doubt(np.asarray(cv2.filter2D(face, -1, kernel / kernel.sum()), np.float32)) is None


@pytest.mark.parametrize("quality", [8, 20, 50])
def test_the_blocks_of_compression_are_none(face: Plane, quality: int) -> None:
    colours = np.repeat(face[:, :, None] * np.float32(255), 3, axis=2)
    assert pattern.doubt(np.asarray(saved(colours, quality)[:, :, 0] / np.float32(255), np.float32)) is None


def test_an_even_picture_has_none() -> None:
    assert pattern.doubt(np.full((SIDE, SIDE), 0.5, np.float32)) is None


def behind_a_net() -> bytes:
    """The sharp portrait as somebody sees it through a net."""
    threads = 0.5 * (waves(480, 4.2, 17) > 0.3)[:, :, None]
    return as_file(np.asarray(np.rint(portrait(480, 480) * (1 - threads)), np.uint8), "PNG")


def test_a_sharp_face_behind_a_net_is_left_alone_unless_every_face_is_wanted(networks: Networks) -> None:
    outcome = pipeline.process(behind_a_net(), networks, CoreSettings())
    assert isinstance(outcome, Kept)
    assert [face.verdict for face in outcome.faces] == [Verdict.COVERED]
    every = CoreSettings(triage=TriageSettings(sharpness_threshold=1))
    judged = pipeline.judge(behind_a_net(), networks, every)
    assert [face.verdict for face in judged.faces] == [Verdict.RESTORED]
