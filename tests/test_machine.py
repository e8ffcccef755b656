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


def _memory(root: Path, groups: str, limits: dict[str, str]) -> int:
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/meminfo").write_text("MemTotal:        8000000 kB\nMemFree:          100000 kB\n")
    (root / "proc/self/cgroup").write_text(groups)
    for place, limit in limits.items():
        (root / "sys/fs/cgroup" / place).parent.mkdir(parents=True, exist_ok=True)
        (root / "sys/fs/cgroup" / place).write_text(limit)
    return machine.allowed_memory(root)


@pytest.mark.parametrize(
    ("groups", "limits", "expected"),
    [
        ("", {}, 8000000 << 10),
        ("0::/\n", {"memory.max": "max\n"}, 8000000 << 10),
        ("0::/\n", {"memory.max": f"{2 * _GIB}\n"}, 2 * _GIB),  # a container
        ("0::/system.slice/gpend.service\n", {"system.slice/gpend.service/memory.max": f"{_GIB}\n"}, _GIB),
        ("0::/system.slice/gpend.service\n", {"system.slice/memory.max": f"{3 * _GIB}\n"}, 3 * _GIB),
        ("4:memory:/docker/ab\n0::/\n", {"memory/docker/ab/memory.limit_in_bytes": f"{_GIB}\n"}, _GIB),
        ("4:memory:/docker/ab\n", {"memory/memory.limit_in_bytes": f"{2 * _GIB}\n"}, 2 * _GIB),
        ("0::/\n", {"memory.max": f"{1 << 60}\n"}, 8000000 << 10),
    ],
)
def test_a_container_and_a_service_have_what_they_are_allowed(
    tmp_path: Path, groups: str, limits: dict[str, str], expected: int
) -> None:
    assert _memory(tmp_path, groups, limits) == expected


def test_slots_may_be_left_to_gpend() -> None:
    assert Settings.model_validate({"slots": "auto"}).slots == machine.slots()
