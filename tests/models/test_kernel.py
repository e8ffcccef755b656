"""The kernel network: what blurred a face is found, whichever way it looks."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from gpend.core import align
from gpend.core.blend import luma
from gpend.core.networks import EstimateBlur, Kernels, Networks
from gpend.errors import DeviceError
from gpend.models.arch.kernel import HEADS, KernelNetwork
from gpend.models.kernel import KernelEstimator
from gpend.models.turn import Turn
from gpend.models.weights import KernelCheckpoint
from tests.models.card import LostCard

SIDE = 256


@pytest.fixture(scope="session")
def estimate(networks: Networks) -> EstimateBlur:
    assert networks.estimate is not None
    return networks.estimate


@pytest.fixture(scope="session")
def face(networks: Networks, samples: Path) -> NDArray[np.float32]:
    portrait = np.asarray(Image.open(samples / "portrait-sharp.jpg").convert("RGB"))
    found = max(networks.detect(portrait), key=lambda one: one.score)
    crop = align.crop(portrait, align.similarity(found.landmarks, align.scaled(align.FFHQ_TEMPLATE, SIDE)), SIDE)
    return luma(crop)


def described() -> KernelCheckpoint:
    told = {"name": "k", "architecture": "blur-kernel", "file": "k.safetensors", "size": 256, "kernel": 9}
    return KernelCheckpoint.model_validate(told | {"origin": "", "licence": ""})


def kernel_of(estimate: EstimateBlur, crop: cv2.typing.MatLike) -> NDArray[np.float32]:
    return np.asarray(estimate(np.asarray(crop, np.float32)[None]).kernels[0], np.float32)


def spread(kernel: NDArray[np.float32], axis: int) -> float:
    places = np.arange(kernel.shape[0]) - kernel.shape[0] // 2
    weight = kernel.sum(1 - axis)
    return float(np.sqrt((weight * (places - (weight * places).sum()) ** 2).sum()))


def test_a_face_moved_sideways_has_a_kernel_that_lies(estimate: EstimateBlur, face: NDArray[np.float32]) -> None:
    moved = cv2.blur(face, (13, 1))
    kernel = kernel_of(estimate, np.asarray(moved, np.float32))
    assert spread(kernel, 1) == pytest.approx(13 / np.sqrt(12), abs=1)
    assert spread(kernel, 0) < 1.5


def test_bfloat16_is_used_where_the_processor_has_it_and_it_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    own = KernelEstimator(described(), KernelNetwork(SIDE, 33).eval(), torch.device("cpu"), Turn())
    monkeypatch.setattr("gpend.models.kernel.computes_in_bfloat16", lambda: False)
    assert own.quicker() is own
    assert own.precision == "float32"
    monkeypatch.setattr("gpend.models.kernel.computes_in_bfloat16", lambda: True)
    assert own.quicker().precision == "bfloat16"
    monkeypatch.setattr("gpend.models.kernel._ELSEWHERE", -1.0)  # as no two kernels are alike
    assert own.quicker() is own


def test_where_bfloat16_does_not_run_nothing_is_computed_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    own = KernelEstimator(described(), KernelNetwork(SIDE, 33).eval(), torch.device("cpu"), Turn())
    real = KernelNetwork.told

    def told(network: KernelNetwork, luma: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if next(network.picture.parameters()).dtype == torch.bfloat16:
            raise RuntimeError("could not create a primitive descriptor")
        return real(network, luma)

    monkeypatch.setattr("gpend.models.kernel.computes_in_bfloat16", lambda: True)
    monkeypatch.setattr(KernelNetwork, "told", told)
    assert own.quicker() is own


def test_more_blur_is_a_wider_kernel(estimate: EstimateBlur, face: NDArray[np.float32]) -> None:
    widths = [spread(kernel_of(estimate, cv2.GaussianBlur(face, (0, 0), sigma)), 0) for sigma in (0.6, 1.5, 3, 5)]
    assert widths == sorted(widths)


def test_every_crop_of_a_batch_has_its_own_kernel_of_sum_1(estimate: EstimateBlur, face: NDArray[np.float32]) -> None:
    both = np.stack([np.asarray(cv2.blur(face, (13, 1)), np.float32), np.asarray(cv2.blur(face, (1, 13)), np.float32)])
    found = estimate(both)
    assert isinstance(found, Kernels)
    assert found.kernels.sum((1, 2)) == pytest.approx([1, 1], abs=1e-3)
    assert ((found.confidence >= 0) & (found.confidence <= 1)).all()
    assert spread(found.kernels[0], 1) > spread(found.kernels[1], 1)


def test_a_crowd_is_asked_about_in_parts_and_every_face_has_its_own_answer(
    estimate: EstimateBlur, face: NDArray[np.float32]
) -> None:
    crowd = np.stack([np.asarray(cv2.blur(face, (1 + 2 * place, 1)), np.float32) for place in range(20)])
    found = estimate(crowd)
    assert found.kernels.shape[0] == found.confidence.shape[0] == found.enlarged.shape[0] == len(crowd)
    for place in (0, 15, 16, 19):
        alone = estimate(crowd[place : place + 1])
        assert np.abs(found.kernels[place] - alone.kernels[0]).sum() < 0.05
        assert found.confidence[place] == pytest.approx(alone.confidence[0], abs=0.01)


def test_a_mirrored_face_has_the_mirrored_kernel(estimate: EstimateBlur, face: NDArray[np.float32]) -> None:
    slanted = cv2.filter2D(face, -1, np.eye(9, dtype=np.float32) / 9)
    one, other = kernel_of(estimate, slanted), kernel_of(estimate, np.ascontiguousarray(slanted[:, ::-1]))
    mirrored = other[:, ::-1]  # the network may tell a kernel as it is, or turned by half a turn
    assert min(np.abs(one - mirrored).max(), np.abs(one - mirrored[::-1, ::-1]).max()) < 1e-4


def test_a_crop_without_anything_in_it_has_a_kernel_too(estimate: EstimateBlur) -> None:
    found = estimate(np.full((1, SIDE, SIDE), 0.5, np.float32))
    assert np.isfinite(found.kernels).all()


def test_crops_of_another_size_are_refused(estimate: EstimateBlur) -> None:
    with pytest.raises(ValueError, match="crops must be"):
        estimate(np.zeros((1, 64, 64), np.float32))


def test_a_face_that_was_shrunk_and_enlarged_again_is_told_from_one_out_of_focus(
    estimate: EstimateBlur, face: NDArray[np.float32]
) -> None:
    def saved(crop: cv2.typing.MatLike, quality: int) -> NDArray[np.float32]:
        data = cv2.imencode(".jpg", np.rint(crop * 255), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        return np.asarray(np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)) / 255, np.float32)

    for side in (56, 80):
        small = saved(cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA), 60)
        sent = saved(cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), 90)
        soft = saved(cv2.GaussianBlur(face, (0, 0), 0.4 * SIDE / side), 90)
        enlarged, blurred = estimate(np.stack([sent, soft])).enlarged
        assert enlarged > 0.5 > blurred


def test_a_face_that_is_there_twice_is_told_from_one_that_is_out_of_focus_or_was_shaken(
    estimate: EstimateBlur, face: NDArray[np.float32]
) -> None:
    twice = (face + np.roll(face, (6, 12), (0, 1))) / 2
    once = [cv2.GaussianBlur(face, (0, 0), 3), cv2.blur(face, (14, 1)), cv2.GaussianBlur(face, (0, 0), 1.5)]
    doubled, *others = estimate(np.stack([cv2.GaussianBlur(twice, (0, 0), 1.5), *once]).astype(np.float32)).doubled
    assert doubled > 1
    assert max(others) < 0


def test_a_network_that_was_not_fitted_to_tell_takes_nothing_for_enlarged_or_doubled() -> None:
    _, odds = KernelNetwork(SIDE, 41).told(torch.rand(2, 1, SIDE, SIDE))
    assert odds.shape == (2, len(HEADS))
    assert torch.isneginf(odds).all()


def test_a_card_that_is_lost_while_it_estimates_is_the_devices_fault() -> None:
    card, crops = LostCard(), np.full((2, 256, 256), 0.5, np.float32)
    network = KernelNetwork(256, 9, HEADS).eval()
    estimate = KernelEstimator(described(), network, torch.device("cuda:0"), Turn(), card)
    assert estimate(crops).kernels.shape == (2, 9, 9)
    assert card.asked == ["up 2", "down 2"]
    card.lost = True
    with pytest.raises(DeviceError, match=r"GPU failed: CUDA error: unspecified launch failure$"):
        estimate(crops)
