"""Networks take memory: what a machine gets is what it can hold, the same at every start, and it is told."""

import math
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gpend import machine
from gpend.errors import FatalError
from gpend.models import memory, needed
from gpend.models.arch.generator import FullGenerator
from gpend.models.restorers import DEFAULT, identities, left_out, roll
from gpend.models.weights import GpenCheckpoint, Template, weights_folders
from gpend.settings import AUTO, CoreSettings, EngineKind, EngineSettings, RestoreSettings, Settings
from tests.models.test_restorers import having

GIB, MIB = 1 << 30, 1 << 20
MEASURED = {256: (99, 126), 512: (378, 445), 1024: (379, 921), 2048: (380, 1916)}
"""MiB that seeded networks of the published shapes took: once loaded, and beyond that at work."""


def published(size: int) -> GpenCheckpoint:
    multiplier, narrow = (1, 0.5) if size == 256 else (2, 1.0)
    return GpenCheckpoint.model_validate(
        {"name": f"{size}", "architecture": "gpen", "size": size, "file": "x.pth", "origin": "", "licence": ""}
        | {"channel_multiplier": multiplier, "narrow": narrow, "template": Template.GPEN}
    )


@pytest.mark.parametrize("size", MEASURED)
def test_what_is_counted_is_what_was_measured_or_a_little_more(size: int) -> None:
    kept, used = MEASURED[size]
    assert kept <= memory.kept(published(size)) / MIB < 1.1 * kept
    assert 0.93 * used < memory.used(published(size)) / MIB < 1.2 * used


@pytest.mark.parametrize(("size", "multiplier", "narrow"), [(64, 1, 0.125), (256, 1, 0.5), (512, 2, 1.0), (2048, 2, 1)])
def test_the_weights_are_counted_from_the_configuration(size: int, multiplier: int, narrow: float) -> None:
    with torch.device("meta"):
        tensors = FullGenerator(size, multiplier, narrow).state_dict().values()
    actual = 4 * sum(tensor.numel() for tensor in tensors)
    told = published(256).model_copy(update={"size": size, "channel_multiplier": multiplier, "narrow": narrow})
    assert memory.kept(told) / 1.42 == pytest.approx(actual, rel=0.05)


@pytest.mark.parametrize(
    ("gigabytes", "names"),
    [
        (1, (DEFAULT,)),  # the smallest in any case
        (1.9, (DEFAULT,)),
        (3.8, (DEFAULT, "own-512")),  # what a NAS of 4 GB tells
        (5.8, (DEFAULT, "own-512", "own-1024")),
        (7.7, (DEFAULT, "own-512", "own-1024", "own-2048")),
    ],
)
def test_a_machine_restores_with_the_networks_that_half_its_memory_holds(
    tmp_path: Path, gigabytes: float, names: tuple[str, ...]
) -> None:
    folders = weights_folders(having(tmp_path, 512, 1024, 2048, multiplier=2))
    limit = round(memory.SHARE * gigabytes * GIB)
    found = roll(AUTO, folders, limit)
    assert found.names == names
    assert [one.split()[2] for one in found.left_out] == [f"own-{size}" for size in (512, 1024, 2048)][len(names) - 1 :]
    assert tuple(name for name, *_ in identities(AUTO, folders, limit)) == names
    assert len(left_out(folders, limit)) == 4 - len(names)


def _left_out(folders: Sequence[Path], limit: int) -> set[str]:
    return {one.checkpoint.name for one in left_out(folders, limit)}


@given(st.integers(0, 8 * GIB), st.integers(0, 8 * GIB))
def test_more_memory_never_means_fewer_networks(one: int, other: int) -> None:
    folders = weights_folders()[-1:]
    less, more = sorted((one, other))
    assert _left_out(folders, more) <= _left_out(folders, less)


def test_what_is_left_out_is_told_with_what_it_would_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "allowed_memory", lambda: math.ceil(3.8 * GIB))
    (told,) = roll(AUTO, weights_folders(having(tmp_path, 2048, multiplier=2)), memory.limit("cpu")).left_out
    assert "own-2048 is left out: with it, gpend would take about 2.9 GiB" in told
    assert "half of the 3.8 GiB of memory" in told
    assert "restore: {model: own-2048}" in told


def test_a_network_that_is_named_is_used_and_the_doubt_is_told(tmp_path: Path) -> None:
    folders = weights_folders(having(tmp_path, 2048, multiplier=2))
    found = roll("own-2048", folders, GIB)
    assert (found.names, found.left_out) == (("own-2048",), ())
    assert "may be ended for want of it" in found.doubt
    assert roll("own-2048", folders, 8 * GIB).doubt == roll("own-2048", folders).doubt == ""


def test_a_machine_of_a_cluster_that_cannot_hold_a_network_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "allowed_memory", lambda: 2 * GIB)
    settings = CoreSettings(restore=RestoreSettings(weights=having(tmp_path, 2048, multiplier=2), device="cpu"))
    with pytest.raises(FatalError, match="too little memory for own-2048"):
        needed.lacking(needed.needed(settings), settings)
    monkeypatch.setattr(machine, "allowed_memory", lambda: 64 * GIB)
    assert needed.lacking(needed.needed(settings), settings) == []


def test_where_a_graphics_card_or_other_machines_compute_nothing_is_counted() -> None:
    assert memory.limit("cuda") is None
    assert (
        memory.limit_of(Settings(engine=EngineSettings(kind=EngineKind.CLUSTER, scheduler="tcp://127.0.0.1:1"))) is None
    )
    on_cpu = Settings(restore=RestoreSettings(device="cpu"))
    assert memory.limit_of(on_cpu) == round(memory.SHARE * machine.allowed_memory())
