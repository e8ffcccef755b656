"""The fastest way to compute a network is taken only where it gives the picture that float32 gives."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from gpend.models import portrait
from gpend.models.arch.generator import FullGenerator
from gpend.models.backend import Backend, Cpu, Run, batch_sizes
from gpend.models.cuda import fitting
from gpend.models.execution import LEAST_PSNR, Execution, choose, psnr
from gpend.models.graphs import Graphs
from tests.models.card import CrampedCard, StandInCard
from tests.models.conformance import network, vector


class _Astray(FullGenerator):
    """Its twins paint something else, or nothing."""

    shift = 0.5

    def narrowed(self, dtype: torch.dtype) -> "_Astray":
        twin = super().narrowed(dtype)
        twin.generator.to_rgb1.bias.add_(self.shift)
        return twin


def _astray(shift: float) -> FullGenerator:
    built = network(vector("tiny-64"))
    built.__class__ = _Astray
    _Astray.shift = shift
    return built


def _chosen(backend: Backend, built: FullGenerator | None = None) -> Execution:
    return choose(built or network(vector("tiny-64")), 64, 64, backend)


def test_a_cpu_computes_in_float32_kernel_by_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    chosen = _chosen(Cpu())
    assert (chosen.precision, chosen.is_recorded, chosen.notes) == ("float32", False, ())
    assert chosen.words == "float32, up to 32 faces at a time"


@pytest.mark.parametrize(("threads", "faces"), [(1, 1), (2, 2), (4, 4), (16, 4)])
def test_a_cpu_computes_as_many_faces_at_once_as_its_threads_hold(
    threads: int, faces: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    assert Cpu().faces_at_once(256, lambda: None) == faces


def test_half_precision_that_agrees_is_recorded_for_every_batch_size() -> None:
    chosen = _chosen(StandInCard())
    assert chosen.words == "bfloat16 with CUDA graphs, up to 4 faces at a time"
    assert chosen.notes == ()


def test_a_half_that_paints_another_picture_is_not_taken_and_said_so() -> None:
    chosen = _chosen(StandInCard(), _astray(0.5))
    assert (chosen.precision, chosen.is_recorded) == ("float32", True)
    assert len(chosen.notes) == 2
    assert "bfloat16 with CUDA graphs gives another picture here" in chosen.notes[0]
    assert chosen.notes[1].startswith("bfloat16 gives another picture here")


def test_a_half_that_hardly_disagrees_is_not_told_to_be_as_near_as_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gpend.models.execution.psnr", lambda *_: LEAST_PSNR - 0.1)
    assert "gives another picture here (44 dB, 45 are wanted)" in _chosen(StandInCard()).notes[0]


def test_a_half_that_gives_no_picture_is_not_taken() -> None:
    assert _chosen(StandInCard(), _astray(math.nan)).precision == "float32"


def test_where_nothing_can_be_recorded_half_precision_is_taken_without() -> None:
    chosen = _chosen(StandInCard(refusal="operation not permitted when stream is capturing\nmore"))
    assert (chosen.precision, chosen.is_recorded) == ("bfloat16", False)
    assert chosen.notes == (
        "bfloat16 with CUDA graphs does not run here (operation not permitted when stream is capturing)",
    )


def test_batches_that_there_is_no_memory_to_record_are_not_computed_at_all() -> None:
    card = CrampedCard(at_once=8, room_to_record=2)
    assert _chosen(card).words == "bfloat16 with CUDA graphs, up to 2 faces at a time"
    assert "free" in card.asked


def test_without_memory_to_record_a_single_face_the_slower_way_is_taken() -> None:
    chosen = _chosen(CrampedCard(at_once=2, room_to_record=0))
    assert (chosen.precision, chosen.is_recorded) == ("bfloat16", False)
    assert "too little memory" in chosen.notes[0]


def test_what_was_recorded_computes_what_the_network_does_and_gives_it_away() -> None:
    built = network(vector("tiny-64"))
    pictures = torch.rand(2, 3, 64, 64) * 2 - 1
    with torch.inference_mode():
        graphs = Graphs(built)
        graphs.add(torch.zeros(2, 3, 64, 64), _twice)
        first, second = graphs(pictures), graphs(-pictures)
        for found, fed in ((first, pictures), (second, -pictures)):
            assert torch.allclose(found, built(fed), atol=1e-5)  # where memory lies may change the last digits
        assert torch.allclose(graphs(pictures[:1]), built(pictures[:1]), atol=1e-5)  # of a size that was not recorded


def _twice(run: Run) -> Run:
    run()
    return run


def test_the_probes_are_real_faces_each_unlike_the_others() -> None:
    crops = portrait.crops(64)
    assert crops.shape == (3, 64, 64, 3)
    assert 0 <= crops.min() <= crops.max() <= 1
    pictures = torch.from_numpy(crops).permute(0, 3, 1, 2)
    assert all(psnr(pictures[[one]], pictures[[other]]) < 40 for one, other in ((0, 1), (0, 2), (1, 2)))


def test_the_picture_that_differs_most_decides() -> None:
    grey = torch.zeros(2, 3, 8, 8)
    off = grey.clone()
    off[1] += 0.02
    assert psnr(grey, off) == pytest.approx(40.0)
    assert psnr(grey, grey) > LEAST_PSNR
    assert math.isnan(psnr(grey, _with_nan(grey)))


def _with_nan(pictures: Tensor) -> Tensor:
    broken = pictures.clone()
    broken[0, 0, 0, 0] = math.nan
    return broken


@given(free=st.integers(0, 1 << 40), each=st.integers(0, 1 << 34))
def test_a_batch_takes_a_third_of_the_free_memory_at_most_and_never_less_than_one_face(free: int, each: int) -> None:
    count = fitting(free, each)
    assert 1 <= count <= 32
    assert count == 1 or count * each <= free / 3
    assert set(batch_sizes(count)) <= {1, 2, 4, 8, 16, 32}
    assert batch_sizes(count)[-1] == 1
