"""GPEN behind the core's protocol."""

import io
import math
from collections.abc import Callable
from pathlib import Path
from typing import Self

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from gpend.core.networks import RestoreFaces
from gpend.errors import DeviceError, FatalError, PhotoError
from gpend.models.arch.generator import FullGenerator
from gpend.models.backend import Backend, Forward
from gpend.models.gpen import Gpen, _Found, batches, load_gpen
from gpend.models.turn import Turn
from gpend.models.weights import GpenCheckpoint, Proven, Template
from tests.models.card import LostCard, StandInCard
from tests.models.conformance import network, picture, vector, weights

_CPU = torch.device("cpu")


def _checkpoint(template: Template = Template.FFHQ) -> GpenCheckpoint:
    return GpenCheckpoint(
        name="tiny",
        architecture="gpen",
        size=64,
        channel_multiplier=1,
        narrow=0.125,
        template=template,
        file="tiny.pth",
        sha256="0123456789abcdef" * 4,
        bytes=1,
        origin="",
        licence="",
    )


def _saved(tensors: dict[str, torch.Tensor]) -> bytes:
    buffer = io.BytesIO()
    torch.save(tensors, buffer)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def tiny() -> Gpen:
    content = _saved(weights(vector("tiny-64").shapes))
    return load_gpen(Proven(_checkpoint(), content), _CPU, Turn())


def _crops(count: int) -> NDArray[np.float32]:
    return np.random.default_rng(count).random((count, 64, 64, 3), np.float32)


def test_it_is_what_the_core_asks_for(tiny: Gpen) -> None:
    restore: RestoreFaces = tiny
    assert restore.name == "tiny (01234567)"
    assert restore.size == 64


def test_the_template_is_the_one_that_the_checkpoint_was_made_for() -> None:
    built = network(vector("tiny-64"))
    tight, loose = (Gpen(_checkpoint(one), built, _CPU, Turn()).template for one in Template)
    assert loose[1][0] - loose[0][0] < tight[1][0] - tight[0][0]
    assert tight[1][0] - tight[0][0] == pytest.approx(125.9 / 512 * 64, abs=0.1)
    assert loose[1][0] - loose[0][0] == pytest.approx(107.4 / 512 * 64, abs=0.1)


def test_crops_go_in_and_come_out_between_0_and_1_as_the_network_computes_them(tiny: Gpen) -> None:
    seen = picture(64).clamp(-1, 1)
    with torch.inference_mode():
        expected = ((network(vector("tiny-64"))(seen).clamp(-1, 1) + 1) / 2)[0].permute(1, 2, 0).numpy()
    restored = tiny(((seen + 1) / 2).permute(0, 2, 3, 1).numpy())
    assert restored.shape == (1, 64, 64, 3)
    assert restored.dtype == np.float32
    assert 0 <= restored.min() <= restored.max() <= 1
    assert np.abs(restored[0] - expected).max() < 1e-4


@pytest.mark.parametrize("count", [0, 1, 3, 7])
def test_any_number_of_crops_keeps_its_order(tiny: Gpen, count: int) -> None:
    crops = _crops(count)
    together = tiny(crops)
    assert together.shape == crops.shape
    for index in range(count):
        assert np.abs(tiny(crops[index : index + 1])[0] - together[index]).max() < 1e-3


def test_crops_of_another_size_are_a_mistake_of_the_caller(tiny: Gpen) -> None:
    with pytest.raises(ValueError, match=r"must be \(count, 64, 64, 3\)"):
        tiny(np.zeros((1, 32, 32, 3), np.float32))


def test_a_network_that_gives_no_picture_is_never_believed() -> None:
    built = network(vector("tiny-64"))
    built.generator.to_rgb1.bias.fill_(float("inf"))
    with pytest.raises(PhotoError, match="NaN or infinity"):
        Gpen(_checkpoint(), built, _CPU, Turn())(_crops(1))


class _ScarceMemory(Gpen):
    """Has memory for two faces at once, or for none."""

    def __init__(self, room: int) -> None:
        super().__init__(_checkpoint(), network(vector("tiny-64")), _CPU, Turn())
        self.room = room
        self.tried: list[int] = []

    def _computed(self, crops: NDArray[np.float32], forward: Forward, backend: Backend) -> Callable[[], _Found]:
        del forward, backend
        self.tried.append(len(crops))
        if len(crops) > self.room:
            raise torch.OutOfMemoryError
        return lambda: _Found(crops, is_finite=True)


def test_a_batch_that_does_not_fit_into_memory_is_halved() -> None:
    crops = _crops(7)
    assert np.array_equal(_ScarceMemory(1)(crops), crops)


def test_after_that_no_batch_of_that_size_is_tried_any_more() -> None:
    scarce = _ScarceMemory(2)
    assert np.array_equal(scarce(_crops(8)), _crops(8))
    assert scarce.tried == [8, 4, 2, 2, 4, 2, 2]
    scarce.tried.clear()
    scarce(_crops(8))
    assert scarce.tried == [2, 2, 2, 2]


def test_memory_too_small_for_one_face_is_the_devices_fault_not_the_photos() -> None:
    with pytest.raises(DeviceError, match="too little memory"):
        _ScarceMemory(0)(_crops(2))


def test_a_checkpoint_of_another_shape_is_refused_with_what_to_do() -> None:
    tensors = weights(vector("tiny-64").shapes)
    tensors["generator.extra"] = torch.zeros(1)
    with pytest.raises(FatalError, match=r"tiny.pth is no GPEN of size 64.*Correct its entry"):
        load_gpen(Proven(_checkpoint(), _saved(tensors)), _CPU, Turn())


class _Overflowing(FullGenerator):
    """Its narrower twins give NaN for bright pictures, which none of the probes is."""

    def narrowed(self, dtype: torch.dtype) -> Self:
        twin = super().narrowed(dtype)
        twin.register_forward_hook(lambda _, seen, out: out * (math.nan if seen[0].mean() > 0.9 else 1.0))
        return twin


def _overflowing(card: StandInCard) -> Gpen:
    built = network(vector("tiny-64"))
    built.__class__ = _Overflowing
    return Gpen(_checkpoint(), built, _CPU, Turn(), backend=card)


def test_half_precision_is_used_where_it_agrees() -> None:
    restore = _overflowing(StandInCard())
    crops = _crops(3)
    assert restore.precision == "bfloat16"
    assert 0 < np.abs(restore(crops) - restore.in_float32(crops)).max() < 0.1


def test_a_batch_that_half_precision_gives_no_picture_for_is_computed_again_in_float32() -> None:
    restore = _overflowing(StandInCard())
    bright = np.ones((3, 64, 64, 3), np.float32)
    assert np.abs(restore(bright) - restore.in_float32(bright)).max() < 1e-4


def test_on_a_small_card_float32_is_kept_where_there_is_room() -> None:
    card = StandInCard(is_cramped=True)
    restore = _overflowing(card)
    card.asked.clear()
    bright = np.ones((1, 64, 64, 3), np.float32)
    assert np.array_equal(restore(bright), restore.in_float32(bright))
    assert card.asked == ["up 1", "down 1"]  # once in half precision, and not for float32


def test_the_next_batch_is_under_way_before_the_one_before_is_waited_for() -> None:
    card = StandInCard(at_once=2)
    restore = _overflowing(card)
    card.asked.clear()
    restore(_crops(6))
    assert card.asked == ["up 2", "up 2", "down 2", "up 2", "down 2", "down 2"]


def test_a_card_that_is_lost_while_it_computes_is_the_devices_fault() -> None:
    card = LostCard()
    restore = Gpen(_checkpoint(), network(vector("tiny-64")), torch.device("cuda:0"), Turn(), backend=card)
    card.lost = True
    with pytest.raises(DeviceError, match=r"GPU failed: CUDA error: unspecified launch failure$"):
        restore(_crops(1))


@given(count=st.integers(0, 70), sizes=st.sets(st.integers(2, 32)).map(lambda some: [*sorted(some, reverse=True), 1]))
def test_batches_hold_every_crop_once_and_in_order_in_allowed_sizes(count: int, sizes: list[int]) -> None:
    crops = np.arange(count, dtype=np.float32)
    cut = list(batches(crops, sizes))
    assert {len(batch) for batch in cut} <= set(sizes)
    assert np.array_equal(np.concatenate([crops[:0], *cut]), crops)


@pytest.mark.parametrize("size", [256, 512, 1024, 2048])
def test_every_published_size_restores_through_its_file_what_the_published_network_did(beside: Path, size: int) -> None:
    one = vector(f"bfr-{size}", beside / "conformance")
    told = {"size": size, "channel_multiplier": one.channel_multiplier, "narrow": one.narrow, "file": "published.pth"}
    checkpoint = GpenCheckpoint.model_validate(_checkpoint().model_dump() | told)
    restore = load_gpen(Proven(checkpoint, _saved(weights(one.shapes))), _CPU, Turn())
    crops = ((picture(size) + 1) / 2).permute(0, 2, 3, 1).numpy()
    restored = torch.from_numpy(restore(crops)).permute(0, 3, 1, 2)[..., :: one.stride, :: one.stride]
    expected = (one.output.clamp(-1, 1) + 1) / 2
    assert float((restored - expected).norm() / expected.norm()) < 1e-3
