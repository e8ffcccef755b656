"""Loses the graphics card on purpose and prints what gpend makes of it."""

import contextlib
import time

import click
import numpy as np
import torch

from gpend.errors import DeviceError
from gpend.models.device import backend_of
from tests.benchmarks.gpu.findings import Bench
from tests.benchmarks.gpu.networks import as_gpend_loads_it


def main() -> None:
    """An index far outside of its table makes the card refuse everything from then on."""
    device = torch.device("cuda:0")
    restore = as_gpend_loads_it(Bench(device, backend_of(device), None, time.monotonic()))
    crops = np.full((1, 256, 256, 3), 0.5, np.float32)
    restore(crops)
    with contextlib.suppress(RuntimeError):
        table = torch.zeros(4, device=device)
        table[torch.tensor([1 << 20], device=device)].cpu()
    try:
        restore(crops)
    except DeviceError as error:
        click.echo(f"DeviceError: {error}")
    else:
        click.echo("it went on as if nothing had happened")


if __name__ == "__main__":
    main()
