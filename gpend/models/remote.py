"""A GPEN on another machine behind RestoreFaces: of its checkpoint only what is said of it is needed here."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gpend.core.fitted import BlendFit
from gpend.core.photo import Landmarks
from gpend.models.templates import template_of
from gpend.models.weights import GpenCheckpoint

Ask: TypeAlias = Callable[[str, NDArray[np.float32]], NDArray[np.float32]]
"""Has crops restored by the network of that name and version."""


class RemoteGpen:
    """As in gpend.core.networks.RestoreFaces. May be called from several threads."""

    def __init__(self, checkpoint: GpenCheckpoint, fit: BlendFit, ask: Ask) -> None:
        self.name = checkpoint.version
        self.size: int = checkpoint.size
        self.seen: int = checkpoint.seen or checkpoint.size
        self.template: Landmarks = template_of(checkpoint)
        self.fit = fit
        self._ask = ask

    def __call__(self, crops: NDArray[np.float32]) -> NDArray[np.float32]:
        """Restored crops for crops, both (count, size, size, 3) RGB, 0 to 1. Raises what `ask` raises."""
        return self._ask(self.name, crops)
