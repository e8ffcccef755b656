"""Networks that compute on what several photos ask at the same time, for a device that wants whole batches."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Generic, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from gpend.core.fitted import BlendFit
from gpend.core.networks import DetectFaces, EstimateBlur, Kernels, Networks, RefineFaces, RestoreFaces
from gpend.core.photo import Face, Landmarks
from gpend.models.batcher import Batcher
from gpend.models.device import CardMemoryError
from gpend.models.turn import Turn

_MOST = 32  # crops of the smaller networks at once
_MOST_IMAGES = 8  # pictures that faces are looked for in

Item = TypeVar("Item")
Result = TypeVar("Result")

Plane = NDArray[np.float32]
Told = tuple[Plane, np.float32, np.float32, np.float32]  # as the fields of Kernels, of one crop


class Halving(Generic[Item, Result]):
    """Computes in halves, and those in halves, where the card has too little memory for all at once, and remembers."""

    def __init__(self, compute: Callable[[Sequence[Item]], Sequence[Result]], most: int) -> None:
        """`most` items are tried at once."""
        self._compute = compute
        self._most = most

    @property
    def most(self) -> int:
        """How many it computes at once, after what memory has taught it."""
        return self._most

    def __call__(self, items: Sequence[Item]) -> Sequence[Result]:
        """A result for each item. Raises CardMemoryError where there is too little memory for a single one."""
        try:
            return self._compute(items)
        except CardMemoryError:
            if len(items) == 1:
                raise
        middle = len(items) // 2
        self._most = min(self._most, middle)  # the next batch does not try in vain
        return [*self(items[:middle]), *self(items[middle:])]


def _gathered(compute: Callable[[Sequence[Item]], Sequence[Result]], most: int, callers: int) -> Batcher[Item, Result]:
    """Gathers for a network whose memory nobody has measured."""
    halving = Halving(compute, most)
    return Batcher(halving, lambda: halving.most, callers)


def batched(networks: Networks, turn: Turn, callers: int) -> Networks:
    """The same networks for `callers` threads, each of which computes for the others too; `turn` is the networks'."""

    def looking(detect: DetectFaces) -> DetectFaces:
        return BatchedDetector(detect, turn, callers) if isinstance(detect, DetectTogether) else detect

    return replace(
        networks,
        restore=BatchedRestorer(networks.restore, turn, callers),
        larger=tuple(BatchedRestorer(one, turn, callers) for one in networks.larger),
        detect=looking(networks.detect),
        screen=networks.screen and looking(networks.screen),
        estimate=networks.estimate and BatchedEstimator(networks.estimate, turn, callers),
        refine=networks.refine and BatchedRefiner(networks.refine, turn, callers),
    )


@runtime_checkable
class DetectTogether(Protocol):
    """A detector that can look at several pictures at once."""

    def together(self, images: NDArray[np.uint8]) -> Sequence[Sequence[Face]]:
        """The faces of each of some upright RGB images (count, height, width, 3)."""
        ...


class BatchedDetector:
    """As in gpend.core.networks.DetectFaces."""

    def __init__(self, network: DetectTogether, turn: Turn, callers: int) -> None:
        self.network = network
        self._standing = turn.standing
        self._batcher: Batcher[NDArray[np.uint8], Sequence[Face]] = _gathered(self._computed, _MOST_IMAGES, callers)

    def __call__(self, image: NDArray[np.uint8]) -> Sequence[Face]:
        """As in DetectFaces."""
        with self._standing():
            return self._batcher([image], image.shape)[0]

    def _computed(self, images: Sequence[NDArray[np.uint8]]) -> Sequence[Sequence[Face]]:
        return self.network.together(np.stack(images))


class BatchedRestorer:
    """As in gpend.core.networks.RestoreFaces."""

    def __init__(self, network: RestoreFaces, turn: Turn, callers: int) -> None:
        self.network = network
        self.name: str = network.name
        self.size: int = network.size
        self.seen: int = network.seen
        self.template: Landmarks = network.template
        self.fit: BlendFit = network.fit
        self._standing: Callable[[], AbstractContextManager[None]] = turn.standing
        self._batcher: Batcher[Plane, Plane] = Batcher(self._computed, lambda: _MOST, callers)

    def __call__(self, crops: Plane) -> Plane:
        """As in RestoreFaces."""
        if not len(crops):
            return self.network(crops)
        with self._standing():
            return np.stack(self._batcher(list(crops)))

    def _computed(self, crops: Sequence[Plane]) -> Sequence[Plane]:
        return list(self.network(np.stack(crops)))


class BatchedEstimator:
    """As in gpend.core.networks.EstimateBlur."""

    def __init__(self, network: EstimateBlur, turn: Turn, callers: int) -> None:
        self.network = network
        self.name: str = network.name
        self.size: int = network.size
        self._standing = turn.standing
        self._batcher: Batcher[Plane, Told] = _gathered(self._computed, _MOST, callers)

    def __call__(self, crops: Plane) -> Kernels:
        """As in EstimateBlur."""
        if not len(crops):
            return self.network(crops)
        with self._standing():
            found = self._batcher(list(crops))
        kernels, *told = zip(*found, strict=True)
        return Kernels(np.stack(kernels), *(np.array(each, np.float32) for each in told))

    def _computed(self, crops: Sequence[Plane]) -> Sequence[Told]:
        found = self.network(np.stack(crops))
        return list(zip(found.kernels, found.confidence, found.enlarged, found.doubled, strict=True))


class BatchedRefiner:
    """As in gpend.core.networks.RefineFaces."""

    def __init__(self, network: RefineFaces, turn: Turn, callers: int) -> None:
        self.network = network
        self.name: str = network.name
        self.strengths: tuple[float, float] = network.strengths
        self._standing = turn.standing
        self._batcher: Batcher[tuple[Plane, Plane, Plane], Plane] = _gathered(self._computed, _MOST, callers)

    def __call__(self, crops: Plane, weak: Plane, strong: Plane) -> Plane:
        """As in RefineFaces."""
        if not len(crops):
            return self.network(crops, weak, strong)
        with self._standing():
            return np.stack(self._batcher(list(zip(crops, weak, strong, strict=True)), crops.shape[1:]))

    def _computed(self, faces: Sequence[tuple[Plane, Plane, Plane]]) -> Sequence[Plane]:
        crops, weak, strong = (np.stack(planes) for planes in zip(*faces, strict=True))
        return list(self.network(crops, weak, strong))
