"""GPEN's layers against what the published network computed."""

from pathlib import Path

import pytest
import torch

from gpend.models.arch.generator import FullGenerator
from gpend.models.arch.layers import Form
from gpend.models.arch.widths import channel_widths
from tests.models.conformance import network, picture, vector, weights

_EXACT = 1e-5
_NEAR = 2e-3  # of a faster way


@pytest.mark.parametrize("form", Form)
def test_the_tiny_network_computes_what_the_published_one_does(form: Form) -> None:
    tiny = vector("tiny-64")
    with torch.inference_mode():
        assert tiny.error(network(tiny, form)(picture(64))) < _EXACT


@pytest.mark.parametrize(
    ("size", "form"), [*((size, Form.PLAIN) for size in (256, 512, 1024, 2048)), (256, Form.FUSED), (512, Form.FUSED)]
)
def test_every_published_size_computes_what_the_published_network_does(beside: Path, size: int, form: Form) -> None:
    reference = vector(f"bfr-{size}", beside / "conformance")
    with torch.inference_mode():
        assert reference.error(network(reference, form)(picture(size))) < _EXACT


@pytest.mark.parametrize("name", ["bfr-256", "bfr-512", "bfr-1024", "bfr-2048"])
def test_the_keys_and_shapes_are_those_of_the_published_checkpoints(beside: Path, name: str) -> None:
    published = vector(name, beside / "conformance")
    with torch.device("meta"):
        built = FullGenerator(published.size, published.channel_multiplier, published.narrow)
    assert {key: list(value.shape) for key, value in built.state_dict().items()} == published.shapes


def test_a_picture_comes_out_the_same_alone_and_in_a_batch() -> None:
    built = network(vector("tiny-64"))
    pictures = torch.cat([picture(64), -picture(64), picture(64).flip(3)])
    with torch.inference_mode():
        together = built(pictures)
        alone = torch.cat([built(one[None]) for one in pictures])
    assert torch.allclose(together, alone, atol=1e-4 * float(alone.abs().max()))


@pytest.mark.parametrize("form", Form)
def test_where_an_encoder_sees_nothing_there_is_noise_the_same_every_time(
    form: Form,
) -> None:
    with torch.device("meta"):
        shapes = {key: list(value.shape) for key, value in FullGenerator(128, 1, 0.125, 64).state_dict().items()}
    tensors = weights(shapes)
    noisy, quiet = FullGenerator(128, 1, 0.125, 64), FullGenerator(128, 1, 0.125, 64)
    noisy.load_state_dict(tensors)
    silent = {f"generator.convs.{index}.noise.weight": torch.zeros(1) for index in (8, 9)}
    quiet.load_state_dict(tensors | silent)
    with torch.inference_mode():
        seen, plain = noisy.prepare(form)(picture(64)), quiet.prepare(form)(picture(64))
        again = noisy(picture(64))
    assert seen.shape == plain.shape == (1, 3, 128, 128)
    assert torch.equal(seen, again)
    assert 0.001 < float((seen - plain).norm() / plain.norm()) < 10


def test_the_narrowed_twin_leaves_the_original_exact() -> None:
    tiny = vector("tiny-64")
    built = network(tiny)
    twin = built.narrowed(torch.bfloat16)
    with torch.inference_mode():
        assert tiny.error(built(picture(64))) < _EXACT
        assert _EXACT < tiny.error(twin(picture(64))) < _NEAR


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_stays_near_the_published_output(dtype: torch.dtype) -> None:
    tiny = vector("tiny-64")
    with torch.inference_mode():
        assert tiny.error(network(tiny).narrowed(dtype)(picture(64))) < _NEAR


def test_the_published_widths_stay_near_in_bfloat16(beside: Path) -> None:
    published = vector("bfr-256", beside / "conformance")
    with torch.inference_mode():
        assert published.error(network(published).narrowed(torch.bfloat16)(picture(256))) < _NEAR


def test_the_width_falls_as_the_side_grows() -> None:
    assert channel_widths(1024, 2, 1) == {
        4: 512, 8: 512, 16: 512, 32: 512, 64: 512, 128: 256, 256: 128, 512: 64, 1024: 32,
    }  # fmt: skip
