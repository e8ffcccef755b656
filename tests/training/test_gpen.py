"""GPEN as it learns computes what GPEN as it is shipped computes."""

import torch

from gpend.models.arch.layers import Form
from gpend.training.gpen import TrainableGpen
from tests.models.conformance import network, picture, vector, weights


def test_both_forms_give_the_same_picture() -> None:
    reference = vector("tiny-64")
    learning = TrainableGpen(reference.size, reference.channel_multiplier, reference.narrow)
    learning.network.load_state_dict(weights(reference.shapes), strict=True)
    seen = picture(reference.size)
    with torch.no_grad():
        ours = learning(seen / 2 + 0.5) * 2 - 1
        shipped = network(reference, Form.PLAIN)(seen)
    assert reference.error(ours) < 1e-3
    assert float((ours - shipped).abs().max()) < 1e-3


def test_gradients_reach_every_weight() -> None:
    learning = TrainableGpen(64, 1, 0.125)
    learning(torch.rand(1, 3, 64, 64)).square().mean().backward()
    without = [name for name, value in learning.network.named_parameters() if value.grad is None]
    assert without == []


def test_an_untrained_one_is_of_reasonable_size() -> None:
    torch.manual_seed(0)
    with torch.no_grad():
        found = TrainableGpen(64, 1, 0.125)(torch.rand(2, 3, 64, 64))
    assert 0.05 < float(found.std()) < 20
