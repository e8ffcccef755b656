"""The refining network behind its protocol: shapes, colours, and what a new one answers before any training."""

import hashlib

import numpy as np
import pytest
import safetensors.torch
import torch

from gpend.core.blend import luma
from gpend.errors import DeviceError, FatalError
from gpend.models.arch.refine import RefineNetwork
from gpend.models.refine import Refiner, load_refiner
from gpend.models.turn import Turn
from gpend.models.weights import Proven, RefineCheckpoint
from tests.models.card import LostCard, StandInCard

SIDE = 64


def proven(content: bytes) -> Proven[RefineCheckpoint]:
    checkpoint = RefineCheckpoint(
        name="mine",
        architecture="deblur-refine",
        strengths=(1.5, 12.0),
        file="mine.safetensors",
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
        origin="here",
        licence="mine",
    )
    return Proven(checkpoint, content)


@pytest.fixture(scope="module")
def refiner() -> Refiner:
    torch.manual_seed(0)
    tensors = {key: value.contiguous() for key, value in RefineNetwork().state_dict().items()}
    return load_refiner(proven(safetensors.torch.save(tensors)), torch.device("cpu"), Turn())


def crops(count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    soft = np.random.default_rng(count).uniform(0.3, 0.7, (count, SIDE // 8, SIDE // 8, 3))
    return np.asarray(np.kron(soft, np.ones((1, 8, 8, 1))), np.float32)


def test_a_network_that_learnt_nothing_gives_the_face_back(refiner: Refiner) -> None:
    faces = crops(2)
    lumas = np.stack([luma(face) for face in faces])
    refined = refiner(faces, lumas, lumas)
    assert refined.shape == faces.shape
    assert np.abs(np.stack([luma(face) for face in refined]) - lumas).max() < 0.02
    assert refiner.strengths == (1.5, 12.0)


def test_a_card_that_is_lost_while_it_refines_is_the_devices_fault(refiner: Refiner) -> None:
    card, faces = LostCard(), crops(1)
    lumas = np.stack([luma(face) for face in faces])
    checkpoint = proven(b"x").checkpoint
    on_card = Refiner(checkpoint, RefineNetwork().eval(), torch.device("cuda:0"), Turn(), card)
    assert on_card(faces, lumas, lumas).shape == refiner(faces, lumas, lumas).shape
    assert card.asked == ["up 1", "up 1", "up 1", "down 1"]
    card.lost = True
    with pytest.raises(DeviceError, match=r"GPU failed: CUDA error: unspecified launch failure$"):
        on_card(faces, lumas, lumas)


def test_bfloat16_is_used_where_the_processor_has_it_and_it_gives_the_same_pictures(
    refiner: Refiner, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Refiner(proven(b"nothing").checkpoint, RefineNetwork().eval(), torch.device("cpu"), Turn())
    monkeypatch.setattr("gpend.models.refine.computes_in_bfloat16", lambda: True)
    assert own.quicker().precision == "bfloat16"
    monkeypatch.setattr("gpend.models.refine.computes_in_bfloat16", lambda: False)
    assert own.quicker() is own
    assert own.precision == "float32"
    faces, lumas = crops(1), np.stack([luma(face) for face in crops(1)])
    assert np.abs(refiner(faces, lumas, lumas) - own(faces, lumas, lumas)).max() < 0.02


def test_bfloat16_is_not_used_where_it_gives_another_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    own = Refiner(proven(b"nothing").checkpoint, RefineNetwork().eval(), torch.device("cpu"), Turn())
    monkeypatch.setattr("gpend.models.refine.computes_in_bfloat16", lambda: True)
    monkeypatch.setattr("gpend.models.refine.LEAST_PSNR", 200.0)  # as no two pictures are alike
    assert own.quicker() is own


def test_a_card_refines_in_its_half_precision_where_that_gives_the_same_picture(refiner: Refiner) -> None:
    network, checkpoint, device = RefineNetwork().eval(), proven(b"x").checkpoint, torch.device("cuda:0")
    assert Refiner(checkpoint, network, device, Turn(), StandInCard()).quicker().precision == "bfloat16"
    assert Refiner(checkpoint, network, device, Turn(), StandInCard(())).quicker().precision == "float32"
    card = LostCard()
    card.lost = True
    assert Refiner(checkpoint, network, device, Turn(), card).quicker().precision == "float32"
    assert refiner.strengths == checkpoint.strengths


def test_crops_that_do_not_fit_are_refused(refiner: Refiner) -> None:
    with pytest.raises(ValueError, match="must be alike"):
        refiner(crops(1), np.zeros((1, SIDE, SIDE + 1), np.float32), np.zeros((1, SIDE, SIDE + 1), np.float32))


def test_a_file_that_holds_another_network_is_refused() -> None:
    content = safetensors.torch.save({"weight": torch.zeros(3)})
    with pytest.raises(FatalError, match="is no refining network"):
        load_refiner(proven(content), torch.device("cpu"), Turn())
