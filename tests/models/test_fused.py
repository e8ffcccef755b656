"""Fused convolutions compute what convolution and activation compute one after the other."""

from pathlib import Path

import pytest
import torch
from torch import nn

from gpend.models.fused import computes_in_bfloat16, fused

_PICTURE = torch.rand(1, 3, 24, 40, generator=torch.Generator().manual_seed(1))


def _block(activation: nn.Module) -> nn.Sequential:
    torch.manual_seed(2)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 2, 1), nn.Identity(), activation, nn.Conv2d(8, 8, 3, 1, 1, groups=8), nn.Identity()
    )


@pytest.mark.parametrize("activation", [nn.LeakyReLU(0.1), nn.ReLU(), nn.Identity(), nn.Sigmoid()])
def test_a_fused_block_computes_the_same(activation: nn.Module) -> None:
    block = _block(activation)
    with torch.inference_mode():
        expected, computed = block(_PICTURE), fused(block, torch.float32)(_PICTURE)
    assert torch.allclose(computed, expected, atol=1e-5)


def test_the_network_itself_stays_as_it_was() -> None:
    block = _block(nn.LeakyReLU(0.1))
    fused(block, torch.bfloat16)
    assert isinstance(block[0], nn.Conv2d)
    assert isinstance(block[2], nn.LeakyReLU)
    assert block[0].weight.dtype is torch.float32


def test_whether_the_processor_knows_bfloat16_stands_in_its_flags(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    for flags, knows in (("fpu avx512f avx512_bf16 amx_bf16", True), ("fpu avx512f amx_bf16_like", False)):
        cpuinfo.write_text(f"processor : 0\nmodel name : any avx512_bf16\nflags : {flags}\n")
        assert computes_in_bfloat16(cpuinfo) is knows


def test_a_system_that_tells_nothing_of_its_processor_knows_no_bfloat16(tmp_path: Path) -> None:
    assert not computes_in_bfloat16(tmp_path / "missing")
