"""The device is the one asked for, or the reason why not; threads stay within what the process may use."""

import os
from pathlib import Path

import pytest
import torch

from gpend.errors import FatalError
from gpend.models import device


def test_the_cpu_is_always_there() -> None:
    assert device.resolve("cpu") == torch.device("cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_auto_falls_back_to_the_cpu() -> None:
    assert device.resolve("auto") == torch.device("cpu")


@pytest.mark.parametrize("name", ["cuda", "cuda:99"])
def test_a_gpu_that_is_not_there_is_refused_with_what_to_do(name: str) -> None:
    if name == "cuda" and torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    with pytest.raises(FatalError, match=r"restore.device is cuda.*Set restore.device to auto or cpu"):
        device.resolve(name)


def test_threads_set_by_the_environment_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.get_num_threads()
    monkeypatch.setenv("OMP_NUM_THREADS", str(before))
    assert device.limit_threads() == before


@pytest.mark.parametrize(
    ("quota", "cpus"), [("50000 100000", 1), ("100000 100000", 1), ("max 100000", None), ("", None)]
)
def test_a_containers_quota_limits_the_threads(tmp_path: Path, quota: str, cpus: int | None) -> None:
    (tmp_path / "cpu.max").write_text(quota)
    assert device.allowed_cpus(tmp_path / "cpu.max") == (cpus or len(os.sched_getaffinity(0)))
