"""The generator's layers compute the same in every form, and their noise is the same everywhere."""

import pytest
import torch

from gpend.models.arch.layers import Form
from gpend.models.arch.modulated import ModulatedConvolution, PictureLayer, StyledLayer, free_noise

_NEAR = 1e-4


def filled(layer: torch.nn.Module) -> torch.nn.Module:
    """The layer with seeded weights, and the published kernel where it has one."""
    random = torch.Generator().manual_seed(5)
    line = torch.tensor([1.0, 3.0, 3.0, 1.0])
    for name, value in layer.state_dict().items():
        is_kernel = name.endswith("kernel")
        value.copy_(torch.outer(line, line) / 16 if is_kernel else torch.randn(value.shape, generator=random))
    return layer.eval()


@pytest.mark.parametrize("upsample", [False, True])
def test_a_layer_computes_the_same_fused_as_plain(upsample: bool) -> None:  # noqa: FBT001 - drawn
    random = torch.Generator().manual_seed(7)
    features, latent = (torch.randn(shape, generator=random) for shape in ((2, 8, 8, 8), (2, 16)))
    encoded = torch.randn((2, 4, 16, 16) if upsample else (2, 4, 8, 8), generator=random)
    found = []
    with torch.inference_mode():
        for form in (Form.PLAIN, Form.FUSED):
            layer = filled(StyledLayer(8, 4, 16, upsample=upsample))
            assert isinstance(layer, StyledLayer)
            layer.prepare(form)
            found.append(layer(features, latent, encoded))
    assert found[0].shape == (2, 8, *encoded.shape[2:])
    assert torch.allclose(found[0], found[1], rtol=_NEAR, atol=_NEAR)


def test_demodulation_brings_each_output_back_to_unit_variance() -> None:
    layer = filled(ModulatedConvolution(64, 3, 3, 16))
    assert isinstance(layer, ModulatedConvolution)
    random = torch.Generator().manual_seed(9)
    with torch.inference_mode():
        layer.prepare(Form.PLAIN, 1.0)
        style = torch.rand((1, 64), generator=random) * 3
        out = layer(torch.randn((1, 64, 64, 64), generator=random), style) * layer.demodulation(style)[..., None, None]
    assert torch.allclose(out[..., 2:-2, 2:-2].std((2, 3)), torch.ones(1, 3), atol=0.1)


def test_noise_is_the_same_for_every_face_and_another_for_every_seed() -> None:
    assert torch.equal(free_noise((1, 4, 8, 8), 3), free_noise((9, 4, 8, 8), 3))
    assert not torch.equal(free_noise((1, 4, 8, 8), 3), free_noise((1, 4, 8, 8), 4))


def test_a_picture_is_added_to_the_one_of_half_its_side() -> None:
    layer = filled(PictureLayer(8, 16))
    assert isinstance(layer, PictureLayer)
    with torch.inference_mode():
        layer.prepare(Form.PLAIN)
        features, latent, before = torch.zeros(1, 8, 8, 8), torch.zeros(1, 16), torch.full((1, 3, 4, 4), 0.5)
        alone, added = layer(features, latent, None), layer(features, latent, before)
    assert torch.allclose((added - alone)[..., 2:-2, 2:-2], torch.full((1, 3, 4, 4), 0.5), atol=_NEAR)
