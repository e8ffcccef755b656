"""How long the stages of a photo's way through the core take, by a clock that the caller brings (pure)."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from gpend.core.networks import DetectFaces, Networks
from gpend.core.photo import Face


class Stage(StrEnum):
    """A part of the work on one photo."""

    DECODE = "decode"
    DETECT = "detect"  # finding faces
    JUDGE = "judge"  # measuring them, and deciding about them
    RESTORE = "restore"  # the networks, what is used of their change, and pasting
    ENCODE = "encode"


class Stages:
    """Notes how long the stages of one photo take; what is done within another stage counts for its own alone."""

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        """`clock` tells seconds; without one nothing is noted."""
        self._clock = clock
        self._seconds: dict[Stage, float] = {}
        self._current: Stage | None = None
        self._since = 0.0

    @property
    def seconds(self) -> dict[str, float]:
        """How long each stage took that was passed, by its name."""
        return {stage.value: spent for stage, spent in self._seconds.items()}

    @contextmanager
    def during(self, stage: Stage) -> Iterator[None]:
        """What is done inside is of this stage."""
        outer = self._turn_to(stage)
        try:
            yield
        finally:
            self._turn_to(outer)

    def watched(self, networks: Networks) -> Networks:
        """The same networks; finding faces is timed by itself."""

        def timed(find: DetectFaces) -> DetectFaces:
            def detect(image: NDArray[np.uint8]) -> Sequence[Face]:
                with self.during(Stage.DETECT):
                    return find(image)

            return detect

        if self._clock is None:
            return networks
        return replace(networks, detect=timed(networks.detect), screen=networks.screen and timed(networks.screen))

    def _turn_to(self, stage: Stage | None) -> Stage | None:
        """From now on it is this stage; which it was."""
        outer, self._current = self._current, stage
        if self._clock is not None:
            now = self._clock()
            if outer is not None:
                self._seconds[outer] = self._seconds.get(outer, 0.0) + now - self._since
            self._since = now
        return outer
