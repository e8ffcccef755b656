"""The stages one after the other, for batches: what the later ones are trained on, and what evaluation measures."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gpend.training import jpeg
from gpend.training.filters import Estimate, Wiener, estimated, noise_of, without


@dataclass(frozen=True)
class Filtered:
    """Photos, and what the filter makes of them."""

    luma: Tensor  # (n, 1, h, w)
    chroma: Tensor  # (n, 2, h, w) about 0
    weak: Tensor  # luma, filtered
    strong: Tensor

    @property
    def planes(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """In the order in which the refining network takes them; (n, 1, 256, 256), chroma (n, 2, 256, 256)."""
        return self.luma, self.chroma, self.weak, self.strong


class Restorer:
    """A kernel network and a filter, with or without a refining network after them."""

    def __init__(self, kernel: Callable[[Tensor], Tensor], wiener: Wiener, refine: nn.Module | None = None) -> None:
        self._kernel = kernel
        self._wiener = wiener
        self._refine = refine
        self.refines = refine is not None

    def filtered(
        self,
        photos: Tensor,
        uneven: Tensor | float = 1.0,
        blur: Estimate | None = None,
        unfiltered: Tensor | None = None,
    ) -> Filtered:
        """RGB photos (n, 3, 256, 256) with the estimated blur taken out, or that of `blur`.

        `uneven` (n,) multiplies the noise that is measured; from those that are `unfiltered` (n,), bool, no blur is
        taken, as gpend asks of faces from which none may be.
        """
        luma, chroma = jpeg.split(photos)
        noise = noise_of(luma) * uneven
        found = self._wiener.directed(luma, estimated(self._kernel, luma), noise) if blur is None else blur
        if unfiltered is not None:
            found = without(found, unfiltered)
        weak, strong = self._wiener(luma, found, noise)
        return Filtered(luma, chroma, weak, strong)

    def refined(self, photos: Tensor) -> Tensor:
        """RGB (n, 3, 256, 256) after both networks; values may go slightly beyond 0 and 1."""
        seen = self.filtered(photos)
        if self._refine is None:
            return jpeg.joined(seen.strong, seen.chroma)
        luma, chroma = self._refine(*seen.planes)
        return jpeg.joined(luma, chroma)

    @torch.no_grad()
    def __call__(self, photos: Tensor) -> Tensor:
        """RGB (n, 3, 256, 256), as `refined`, within 0 and 1."""
        return self.refined(photos).clamp(0, 1)
