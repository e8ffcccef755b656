"""JPEG for batches, against a real encoder."""

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from gpend.training import jpeg
from tests.pictures import portrait

_444, _420 = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420


def encoded(picture: NDArray[np.uint8], quality: int, sampling: int) -> NDArray[np.uint8]:
    """By libjpeg and back, RGB or grey."""
    options = [cv2.IMWRITE_JPEG_QUALITY, quality]
    if picture.ndim == 3:
        options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    stored = cv2.imencode(".jpg", picture[..., ::-1] if picture.ndim == 3 else picture, options)[1]
    back = np.asarray(cv2.imdecode(stored, cv2.IMREAD_UNCHANGED), np.uint8)
    return back[..., ::-1] if picture.ndim == 3 else back


def batch(picture: NDArray[np.uint8]) -> torch.Tensor:
    planes = picture.transpose(2, 0, 1) if picture.ndim == 3 else picture[None]
    return torch.from_numpy(planes[None].astype(np.float32) / 255)


@pytest.mark.parametrize("sampling", [_444, _420])
@pytest.mark.parametrize("quality", [40, 70, 95])
def test_it_is_within_one_level_of_a_real_encoder(quality: int, sampling: int) -> None:
    picture = portrait(250, 243)
    real = batch(encoded(picture, quality, sampling))
    ours = jpeg.compressed(batch(picture), torch.tensor([float(quality)]), torch.tensor([sampling == _420]))
    assert float(((ours - real) * 255).square().mean().sqrt()) < 1.0


@pytest.mark.parametrize("quality", [40, 90])
def test_grey_pictures_are_within_one_level_too(quality: int) -> None:
    picture = np.ascontiguousarray(portrait(256, 256)[..., 1])
    real = batch(encoded(picture, quality, _444))
    ours = jpeg.compressed(batch(picture), torch.tensor([float(quality)]), torch.tensor([False]))
    assert float(((ours - real) * 255).square().mean().sqrt()) < 1.0


def test_each_picture_has_its_own_quality_and_the_untouched_stay_as_they_are() -> None:
    pictures = batch(portrait(64, 64)).repeat(3, 1, 1, 1) + 0.0001
    quality, halved = torch.tensor([jpeg.UNTOUCHED, 30.0, 90.0]), torch.tensor([True, True, False])
    together = jpeg.compressed(pictures, quality, halved)
    assert torch.equal(together[0], pictures[0])
    for index in (1, 2):
        alone = jpeg.compressed(pictures[index : index + 1], quality[index : index + 1], halved[index : index + 1])
        assert torch.equal(together[index], alone[0])


def test_luma_and_chroma_join_to_what_was_split() -> None:
    picture = batch(portrait(32, 32))
    assert torch.allclose(jpeg.joined(*jpeg.split(picture)), picture, atol=1e-5)
