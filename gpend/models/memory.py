"""How much memory a GPEN takes on the CPU, and how much of this machine's gpend may use for its networks (no torch).

What is counted was measured with seeded networks of the published shapes: resident memory after loading, and its peak
while a face was restored (256: 99 and 126 MiB, 512: 378 and 445, 1024: 379 and 921, 2048: 380 and 1,916).
"""

from collections.abc import Sequence
from itertools import pairwise

from gpend import machine
from gpend.models import cards
from gpend.models.arch.widths import channel_widths
from gpend.models.weights import GpenCheckpoint
from gpend.settings import CoreSettings, EngineKind, Settings

SHARE = 0.5
"""Of the machine's memory that the networks may take: the rest is for the photos, and for what else runs there."""

BASE = 550 << 20
"""Bytes that PyTorch, OpenCV and the networks that find faces and their blur take, before any restoring network."""

_FLOAT = 4  # bytes
_PREPARED = 1.42  # bytes that stay, for each of the weights in float32: the enlarging layers keep larger kernels
_WORKING = 60 << 20  # bytes that PyTorch keeps to compute at all
_WIDEST = 7.2  # times the activations of the widest layer, that are there at once
_STYLE, _MAPPINGS, _FIRST = 512, 8, 16  # the latent, the layers to it, and the pixels that it is made of
_KERNEL = 9  # weights of a 3 x 3 convolution, for each channel in and out


def kept(checkpoint: GpenCheckpoint) -> int:
    """Bytes that its weights take once they are ready to run."""
    widths = _widths(checkpoint)
    first = widths[min(widths)]
    weights = _STYLE * (first * _FIRST + _MAPPINGS * _STYLE) + _KERNEL * 2 * first * first
    for (_, smaller), (_, own) in pairwise(sorted(widths.items())):
        weights += _KERNEL * (3 * smaller + 2 * own) * own  # the encoder's layer, and two of the decoder's
        weights += 2 * _STYLE * (smaller + 2 * own)  # what steers those two
    return round(_PREPARED * _FLOAT * weights)


def used(checkpoint: GpenCheckpoint) -> int:
    """Bytes that it takes beyond those while it restores a face."""
    widest = max(width * side * side for side, width in _widths(checkpoint).items())
    return round(_WORKING + _WIDEST * _FLOAT * widest)


def together(checkpoints: Sequence[GpenCheckpoint]) -> int:
    """Bytes that gpend takes at most with these: all of them are kept, and as they take turns, one of them works."""
    return BASE + sum(map(kept, checkpoints)) + max(map(used, checkpoints), default=0)


def limit_of(settings: CoreSettings) -> int | None:
    """Bytes that networks may take under these settings; None where a graphics card or other machines have them."""
    if isinstance(settings, Settings) and settings.engine.kind is EngineKind.CLUSTER:
        return None
    return limit(settings.restore.device)


def limit(device: str) -> int | None:
    """Bytes that networks may take on this machine; None where `restore.device` lets a graphics card have them.

    The same at every start: it follows from what the machine, or the container, has, and not from what is free.
    """
    return None if cards.may_serve(device) else round(SHARE * machine.allowed_memory())


def _widths(checkpoint: GpenCheckpoint) -> dict[int, int]:
    return channel_widths(checkpoint.size, checkpoint.channel_multiplier, checkpoint.narrow)
