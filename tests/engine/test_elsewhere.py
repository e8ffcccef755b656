"""Faces that another machine restores: the locked process asks, waits, and believes no answer that does not fit."""

import io
import threading
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from gpend.core.fitted import CAUTIOUS
from gpend.engine.elsewhere import Elsewhere, packed, unpacked
from gpend.engine.frames import receive_from_engine, receive_from_worker, send
from gpend.engine.protocol import Crops, ProtocolError, Unrestored
from gpend.errors import PhotoError, TransientError
from gpend.models.remote import RemoteGpen
from gpend.models.weights import GpenCheckpoint, Template

_SIDE = 16
_CROPS = np.random.default_rng(1).random((2, _SIDE, _SIDE, 3), np.float32)
_NAME = "gpen-256 (12345678)"


def _asked(answer: Callable[[Crops], Crops | Unrestored]) -> NDArray[np.float32]:
    """What a thread with photo 7 gets for two crops."""
    asked: list[Crops] = []

    def say(crops: Crops) -> None:
        asked.append(crops)
        threading.Thread(target=lambda: elsewhere.hear(answer(crops))).start()

    elsewhere = Elsewhere(say, lambda: 7)
    found = elsewhere.restored(_NAME, _CROPS)
    assert (asked[0].number, asked[0].network, asked[0].side) == (7, _NAME, _SIDE)
    return found


def test_crops_go_out_and_come_back_with_eight_bits() -> None:
    found = _asked(lambda crops: crops)
    assert found.dtype == np.float32
    assert np.abs(found - _CROPS).max() <= 0.5 / 255 + 1e-6


def test_crops_that_nobody_has_restored_are_for_another_time() -> None:
    with pytest.raises(TransientError, match="no worker"):
        _asked(lambda crops: Unrestored(crops.number, "no worker is there"))


@pytest.mark.parametrize("pixels", [b"", b"\0" * 10, bytes(_SIDE * _SIDE * 3)])
def test_faces_that_are_not_those_that_were_asked_for_change_no_photo(pixels: bytes) -> None:
    with pytest.raises(PhotoError):
        _asked(lambda crops: Crops(crops.number, crops.network, crops.side, pixels))


def test_before_the_first_photo_crops_come_back_as_they_are() -> None:
    def fail(crops: Crops) -> None:
        raise AssertionError(crops)

    assert Elsewhere(fail, lambda: None).restored(_NAME, _CROPS) is _CROPS


def test_an_answer_that_nobody_waits_for_is_dropped() -> None:
    Elsewhere(lambda _: None, lambda: None).hear(Unrestored(3, "late"))


def test_a_remote_network_is_known_by_its_checkpoint_alone() -> None:
    told = {"name": "gpen-256", "file": "x.safetensors", "sha256": "ab" * 32, "bytes": 1, "origin": "", "licence": ""}
    shape = {"architecture": "gpen", "size": 256, "channel_multiplier": 1, "narrow": 0.5, "template": Template.FFHQ}
    asked: list[str] = []

    def ask(name: str, crops: NDArray[np.float32]) -> NDArray[np.float32]:
        asked.append(name)
        return crops

    remote = RemoteGpen(GpenCheckpoint.model_validate(told | shape), CAUTIOUS, ask)
    assert remote(_CROPS) is _CROPS
    assert (asked, remote.size, remote.seen) == (["gpen-256 (abababab)"], 256, 256)
    assert remote.name == asked[0]


def test_crops_travel_both_ways_through_the_pipe() -> None:
    crops = Crops(7, _NAME, _SIDE, packed(_CROPS))
    for receive in (
        lambda pipe: receive_from_engine(pipe, 1 << 20),
        lambda pipe: receive_from_worker(pipe, 1 << 20, (7,)),
    ):
        pipe = io.BytesIO()
        send(pipe, crops)
        pipe.seek(0)
        assert receive(pipe) == crops
    assert unpacked(crops).shape == _CROPS.shape


def test_a_worker_asks_only_for_photos_that_it_has() -> None:
    pipe = io.BytesIO()
    send(pipe, Crops(8, _NAME, _SIDE, packed(_CROPS)))
    pipe.seek(0)
    with pytest.raises(ProtocolError, match="photo 8, which it does not have"):
        receive_from_worker(pipe, 1 << 20, (7,))
