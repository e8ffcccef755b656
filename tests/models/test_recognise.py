"""A GPEN is known by its tensors, wherever in a training state they are, and whatever the file is called."""

import io

import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from gpend.errors import FatalError
from gpend.models.arch.generator import FullGenerator
from gpend.models.recognise import Shape, shape_of
from gpend.models.tensors import tensors_in

TINY = Shape(64, 1, 0.125)


def _tensors(shape: Shape) -> dict[str, Tensor]:
    """Zeros, with the keys and shapes of a published generator; on the meta device they take no memory."""
    with torch.device("meta"):
        return dict(FullGenerator(shape.size, shape.channel_multiplier, shape.narrow, shape.seen).state_dict())


def _tiny() -> dict[str, Tensor]:
    return {key: torch.zeros(value.shape) for key, value in _tensors(TINY).items()}


def _saved(values: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(values, buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "shape",
    [TINY, Shape(256, 1, 0.5), Shape(512, 2, 1.0), Shape(1024, 2, 1.0), Shape(2048, 2, 1.0), Shape(512, 1, 0.5)],
)
def test_the_configuration_is_read_from_the_tensors(shape: Shape) -> None:
    assert shape_of(_tensors(shape), "x.pth") == shape


@settings(max_examples=30, deadline=None)
@given(size=st.sampled_from([64, 128, 256, 512]), multiplier=st.integers(1, 4), narrow=st.sampled_from([0.25, 0.5, 1]))
def test_any_configuration_is_found_again(size: int, multiplier: int, narrow: float) -> None:
    assert shape_of(_tensors(Shape(size, multiplier, narrow)), "x.pth") == Shape(size, multiplier, narrow)


@pytest.mark.parametrize("shape", [Shape(128, 1, 0.125, 64), Shape(1024, 2, 1.0, 256), Shape(512, 1, 0.5, 128)])
def test_a_network_that_enlarges_is_told_by_its_encoder(shape: Shape) -> None:
    assert shape_of(_tensors(shape), "x.pth") == shape


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda tensors: tensors,
        lambda tensors: {"g_ema": tensors, "g": {"other": torch.ones(1)}, "iteration": 3},
        lambda tensors: {"params": {"x": torch.ones(1)}, "params_ema": tensors},
        lambda tensors: {"state": {"model": {f"module.{key}": value for key, value in tensors.items()}}},
        lambda tensors: {f"ema_model.module.{key}": value for key, value in tensors.items()} | {"step": torch.ones(1)},
        lambda tensors: {"d": {"final_linear.0.weight": torch.ones(1)}, "net": tensors, "lr": 0.1},
    ],
)
def test_a_generator_is_found_in_any_training_state(wrapped: object) -> None:
    assert callable(wrapped)
    found = tensors_in(_saved(wrapped(_tiny())), "state.pth")
    assert shape_of(found, "state.pth") == TINY
    assert found.keys() == _tiny().keys()


def test_the_average_is_taken_where_there_are_two() -> None:
    average = {key: value + 1 for key, value in _tiny().items()}
    found = tensors_in(_saved({"g": _tiny(), "g_ema": average}), "state.pth")
    assert float(found["final_linear.0.weight"].mean()) == 1


def test_the_average_is_taken_where_both_lie_side_by_side() -> None:
    flat = {f"online_model.{key}": value for key, value in _tiny().items()}
    flat |= {f"ema_model.{key}": value + 1 for key, value in _tiny().items()}
    assert float(tensors_in(_saved(flat), "state.pth")["final_linear.0.weight"].mean()) == 1


def test_another_network_is_told_apart_with_what_was_expected_and_found() -> None:
    with pytest.raises(FatalError, match=r"holds no GPEN generator: expected were .*final_linear.*found were 1 others"):
        shape_of({"body.conv.weight": torch.zeros(1)}, "gfpgan.pth")
    wrong = _tiny()
    wrong["generator.conv1.conv.weight"] = torch.zeros(1, 2, 3)
    with pytest.raises(FatalError, match=r"size 64.*generator.conv1.conv.weight is \(1, 2, 3\) where \("):
        shape_of(wrong, "mine.pth")


def test_tensors_that_such_a_network_has_none_of_are_told() -> None:
    with pytest.raises(FatalError, match=r"but 1 of its tensors are none of such a network's, as extra\.weight"):
        shape_of(_tiny() | {"extra.weight": torch.zeros(1)}, "mine.pth")


def test_safetensors_are_read_too() -> None:
    assert tensors_in(safetensors.torch.save({"a": torch.ones(1, dtype=torch.float16)}), "a.safetensors")["a"] == 1


@pytest.mark.parametrize("content", [b"", b"junk", _saved([1, 2]), _saved({"a": 1})])
def test_what_holds_no_tensors_is_refused(content: bytes) -> None:
    with pytest.raises(FatalError, match=r"junk\.pth"):
        tensors_in(content, "junk.pth")
