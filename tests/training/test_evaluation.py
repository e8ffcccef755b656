"""Who it is: a judge that takes part in no training, where it is installed."""

import cv2
import numpy as np
import pytest
import torch

from gpend.fitting.distances import Identity
from gpend.training.evaluation import apart
from tests.pictures import portrait

pytestmark = pytest.mark.skipif(not Identity.is_there(), reason="dlib and its models are not installed here")


def test_a_face_is_nearest_to_itself_and_the_farther_the_more_is_lost_of_it() -> None:
    face = cv2.resize(portrait(), (256, 256)) / 255
    lost = [cv2.GaussianBlur(face, (0, 0), sigma) if sigma else face for sigma in (0, 3, 12)]
    truth, *pictures = (torch.tensor(np.asarray(each, np.float32)).permute(2, 0, 1)[None] for each in (face, *lost))
    judge = Identity()
    distances = [apart(judge, each, truth) for each in pictures]
    assert distances[0] == 0
    assert distances == sorted(distances)
