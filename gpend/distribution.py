"""How sharp the faces are that were seen, and what another threshold would do: in numbers, and in photos to look at."""

from dataclasses import dataclass
from pathlib import Path

from gpend.gallery import Entry, entry_of
from gpend.ledger import Records, SharpFaces

BINS = 50
"""Bars of the histogram, from 0 to 1."""


@dataclass(frozen=True)
class Change:
    """What another threshold would do to photos that were judged already."""

    more_faces: int  # that were sharp enough and would be looked at
    more_photos: int
    fewer_faces: int  # that were restored and would be left as they are
    fewer_photos: int


@dataclass(frozen=True)
class Distribution:
    """The faces that were seen and measured."""

    sharp: tuple[int, ...]  # by BINS of their sharpness: left alone because they are sharp
    restored: tuple[int, ...]
    left: tuple[int, ...]  # blurred, and left alone for another reason
    change: Change
    borderline: tuple[Entry, ...]  # photos with faces nearest to the threshold

    @property
    def faces(self) -> int:
        """How many there are."""
        return sum(self.sharp) + sum(self.restored) + sum(self.left)

    @property
    def highest(self) -> int:
        """Of all bars."""
        return max((sum(three) for three in zip(self.sharp, self.restored, self.left, strict=True)), default=0)


def distribution(ledger: Path, threshold: float, borderline: int) -> Distribution:
    """What was seen, with so many photos nearest to a threshold. Raises FatalError without a ledger."""
    with Records.read_only(ledger) as records:
        found = records.sharpness(BINS)
        more, fewer = records.below_and_sharp(threshold), records.above_and_restored(threshold)
        rows = records.borderline(threshold, borderline)
    change = Change(*more, *fewer)
    return Distribution(
        _bars(found, "sharp"),
        _bars(found, "restored"),
        tuple(sum(bars) for bars in zip(*(_bars(found, verdict) for verdict in _others(found)), strict=True))
        or (0,) * BINS,
        change,
        tuple(entry_of(row) for row in rows),
    )


def _others(found: list[SharpFaces]) -> list[str]:
    return sorted({each.verdict for each in found} - {"sharp", "restored"})


def _bars(found: list[SharpFaces], verdict: str) -> tuple[int, ...]:
    bars = [0] * BINS
    for each in found:
        if each.verdict == verdict:
            bars[min(max(each.bar, 0), BINS - 1)] += each.faces
    return tuple(bars)
