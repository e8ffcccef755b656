"""How many photos are worked on at a time follows from processors, memory and a graphics card."""

import os
from pathlib import Path

import pytest

from gpend import machine
from gpend.settings import Settings

_GIB = 1 << 30


@pytest.mark.parametrize(
    ("cpus", "gibibytes", "has_card", "slots"),
    [(4, 4, False, 1), (2, 24, False, 2), (16, 64, False, 4), (16, 128, True, 16), (1, 64, True, 1), (8, 6, False, 3)],
)
def test_as_many_photos_as_processors_and_memory_allow(
    cpus: int, gibibytes: int, slots: int, *, has_card: bool
) -> None:
    assert machine.slots_for(cpus, gibibytes * _GIB, has_card=has_card) == slots


def test_a_nas_with_little_memory_works_on_one_photo() -> None:
    assert machine.slots_for(4, 3 * _GIB // 2, has_card=False) == 1


@pytest.mark.parametrize(
    ("quota", "cpus"), [("50000 100000", 1), ("100000 100000", 1), ("max 100000", None), ("", None)]
)
def test_a_containers_quota_limits_the_processors(tmp_path: Path, quota: str, cpus: int | None) -> None:
    (tmp_path / "cpu.max").write_text(quota)
    assert machine.allowed_cpus(tmp_path / "cpu.max") == (cpus or len(os.sched_getaffinity(0)))


def test_a_containers_limit_is_all_the_memory_there_is(tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text(f"{_GIB}\n")
    assert machine.allowed_memory(limit) == _GIB
    limit.write_text("max\n")
    assert machine.allowed_memory(limit) > _GIB
    assert machine.allowed_memory(tmp_path / "missing") == machine.allowed_memory(limit)


def test_slots_may_be_left_to_gpend() -> None:
    assert Settings.model_validate({"slots": "auto"}).slots == machine.slots()
