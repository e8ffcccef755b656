"""Which device the networks run on, and with how many threads."""

import os
from functools import cache

import torch

from gpend.errors import DeviceError, FatalError
from gpend.machine import allowed_cpus
from gpend.models import cuda
from gpend.models.backend import Backend, Cpu


class CardMemoryError(DeviceError):
    """The GPU has too little memory for so much at once; for less it may suffice."""


def resolve(device: str) -> torch.device:
    """`auto` is the first GPU that works, else the CPU; a GPU asked for by name must be there.

    Raises FatalError saying what to do when it is not.
    """
    if device == "auto":
        return torch.device("cuda:0") if _refusal(torch.device("cuda:0")) is None else torch.device("cpu")
    chosen = torch.device(device if device != "cuda" else "cuda:0")
    refusal = _refusal(chosen)
    if refusal is not None:
        raise FatalError(
            f"restore.device is {device}, but it cannot be used: {refusal}. "
            "Set restore.device to auto or cpu, or repair the GPU's driver."
        )
    return chosen


@cache
def backend_of(device: torch.device) -> Backend:
    """The one of this process for a device: what its networks record shares one pool of memory."""
    return Cpu() if device.type == "cpu" else cuda.Cuda(device)


def described(device: torch.device) -> str:
    """What it is, in words."""
    return "the CPU" if device.type == "cpu" else cuda.described(device)


def limit_threads() -> int:
    """Keep PyTorch within the CPUs that this process may use; OMP_NUM_THREADS, where set, decides alone."""
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(min(torch.get_num_threads(), allowed_cpus()))
    return torch.get_num_threads()


def named(error: RuntimeError, device: torch.device) -> Exception:
    """What PyTorch raised while computing, by what is to be done about it: DeviceError, MemoryError, or as it was."""
    if isinstance(error, torch.OutOfMemoryError):
        return CardMemoryError("The GPU has too little memory.")
    summary = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if device.type != "cpu":
        return DeviceError(f"The GPU failed: {summary}")
    return MemoryError(summary) if "can't allocate memory" in summary else error


def _refusal(device: torch.device) -> str | None:
    """Why `device` cannot be used, proven by computing something on it; None where it can."""
    if device.type == "cpu":
        return None
    if not torch.cuda.is_available():
        return "PyTorch sees no GPU here"
    if (device.index or 0) >= torch.cuda.device_count():
        return f"there are {torch.cuda.device_count()} GPUs, counted from 0"
    try:
        torch.ones(8, device=device).sum().item()
    except RuntimeError as error:
        return str(error).splitlines()[0]
    return None
