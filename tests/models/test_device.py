"""The device is the one asked for, or the reason why not; threads stay within what the process may use."""

import os
import subprocess
import sys

import pytest
import torch

from gpend.errors import DeviceError, FatalError
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


@pytest.mark.parametrize(
    ("device_", "words", "name"),
    [
        ("cuda:0", "CUDA error: device-side assert triggered\nmore", DeviceError),
        ("cuda:0", "", DeviceError),
        ("cpu", "DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes", MemoryError),
        ("cpu", "shapes differ", RuntimeError),
    ],
)
def test_what_pytorch_raises_is_named_by_what_is_to_be_done(device_: str, words: str, name: type[Exception]) -> None:
    found = device.named(RuntimeError(words), torch.device(device_))
    assert type(found) is name
    assert "more" not in str(found)


def test_too_little_memory_on_a_card_is_known_from_other_failures() -> None:
    found = device.named(
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"), torch.device("cuda:0")
    )
    assert isinstance(found, device.CardMemoryError)
    assert isinstance(found, DeviceError)


@pytest.mark.parametrize(("given", "policy"), [({}, "passive"), ({"OMP_WAIT_POLICY": "active"}, "active")])
def test_waiting_threads_sleep_unless_the_environment_wants_otherwise(given: dict[str, str], policy: str) -> None:
    program = "import gpend.models, os; print(os.environ['OMP_WAIT_POLICY'])"
    others = {key: value for key, value in os.environ.items() if key != "OMP_WAIT_POLICY"}
    told = subprocess.run([sys.executable, "-c", program], env=others | given, check=True, capture_output=True)
    assert told.stdout.decode().strip() == policy


def test_threads_set_by_the_environment_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.get_num_threads()
    monkeypatch.setenv("OMP_NUM_THREADS", str(before))
    assert device.limit_threads() == before
