"""Faces from a folder as shots drawn at random: half of them sharp, or at the sizes that are restored."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from gpend.fitting.degradations import DEGRADED, SEVERITIES, Kind, Random, shot
from gpend.fitting.shots import Sample, lit, loaded, sampled


def samples(
    paths: Sequence[Path], each: int, random: Random, widths: tuple[float, float] = (40, 800)
) -> Iterator[Sample]:
    """`each` shots of every face, half of them sharp controls, with the light and the aim varied as people's are."""
    for path in paths:
        clean = loaded(path)
        for turn in range(each):
            kind = Kind.SHARP if turn % 2 == 0 else DEGRADED[int(random.integers(len(DEGRADED)))]
            face_px = float(np.exp(random.uniform(*np.log(widths))))
            yield sampled(shot(lit(clean, random), kind, int(random.integers(SEVERITIES)), face_px, random), random)


def spoiled(paths: Sequence[Path], each: int, random: Random) -> Iterator[Sample]:
    """`each` shots of every face, few of them sharp, at sizes that are restored."""
    for path in paths:
        clean = loaded(path)
        for _ in range(each):
            kind = DEGRADED[int(random.integers(len(DEGRADED)))] if random.uniform() < 0.9 else Kind.SHARP
            face_px = float(np.exp(random.uniform(np.log(50), np.log(600))))
            yield sampled(shot(lit(clean, random), kind, int(random.integers(SEVERITIES)), face_px, random))
