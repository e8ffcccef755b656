"""Half precision is used only where it has agreed with float32."""

import torch

from gpend.models.precision import agree, halved
from tests.models.conformance import network, vector

_CPU = torch.device("cpu")


def test_a_network_agrees_with_itself() -> None:
    built = network(vector("tiny-64"))
    assert agree(built, built, 64, _CPU)


def test_a_twin_whose_picture_differs_is_refused() -> None:
    built = network(vector("tiny-64"))
    twin = built.narrowed(torch.float32)
    twin.generator.to_rgb1.bias.add_(0.5)
    assert not agree(built, twin, 64, _CPU)


def test_a_twin_that_gives_no_picture_is_refused() -> None:
    built = network(vector("tiny-64"))
    twin = built.narrowed(torch.float32)
    twin.generator.to_rgb1.bias.fill_(float("nan"))
    assert not agree(built, twin, 64, _CPU)


def test_a_twin_that_cannot_run_is_refused() -> None:
    built = network(vector("tiny-64"))
    twin = built.narrowed(torch.float32)
    twin.generator.to_rgb1.bias.data = torch.zeros(7)
    assert not agree(built, twin, 64, _CPU)


def test_a_cpu_computes_in_float32() -> None:
    assert halved(network(vector("tiny-64")), 64, _CPU) is None
