"""Folders of photos on request: what is in them, where its results go, and what became of all of it."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gpend.cli import single
from gpend.cli.group import is_folder
from gpend.errors import FatalError
from gpend.intake.scan import Scan
from gpend.intake.source import Source
from gpend.words import count_of

_REASONS = 5  # of what was left as it is, the most frequent


@dataclass
class Batch:
    """The photos that were asked for, each with where its result goes, and what was passed over in their folders."""

    photos: list[Path] = field(default_factory=list)
    targets: list[Path] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)
    unreadable: list[Path] = field(default_factory=list)  # folders, in whole or in part

    def __len__(self) -> int:
        return len(self.photos)

    def left_lines(self) -> list[str]:
        """For people: what was passed over, and what nobody could look into."""
        lines = [f"  passed over: {what}: {count}" for what, count in self.passed_over.most_common()]
        return lines + [f"  could not be read: {folder}" for folder in self.unreadable]


NONE = "There are no photos in it that gpend reads."


@dataclass
class Summary:
    """What became of the photos of a batch, counted."""

    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)  # why photos were left as they are

    def note(self, answer: single.Answer) -> None:
        """One photo is done."""
        self.outcomes[answer.outcome] += 1
        if answer.outcome == "kept":
            self.reasons[answer.reason] += 1

    def lines(self, batch: Batch) -> list[str]:
        """For people."""
        done = self.outcomes.total()
        counted = ", ".join(f"{count} {outcome}" for outcome, count in self.outcomes.most_common())
        lines = [f"{count_of(done, 'photo')}: {counted}." if done else NONE]
        if done < len(batch):
            left = count_of(len(batch) - done, "was", "were")
            lines.append(f"Stopped before the end: {left} not looked at.")
        why = self.reasons.most_common(_REASONS)
        lines += [f"  kept, {f'{count} times' if count > 1 else 'once'}: {reason}" for reason, count in why]
        return lines + batch.left_lines()


def collect(wanted: Sequence[Path], output: Path | None, folder: Path) -> Batch:
    """The photos named, and those in the folders named with all folders below; at most their heads are read.

    Results of a folder `f` go into a tree like it: into `output`, or into `output_f` in `folder`. Raises FatalError
    where two photos would become one file, a photo would be written over itself, or results would lie among photos.
    """
    batch = Batch()
    folders = [place for place in wanted if is_folder(place)]
    singles = [place for place in wanted if not is_folder(place)]
    for place in folders:
        name = place.absolute().name
        root = folder / f"output_{name}" if output is None else output / name if len(wanted) > 1 else output
        _add_folder(batch, place, root)
    batch.photos += singles
    if output is not None and folders:
        batch.targets += [output / place.name for place in singles]
    else:
        batch.targets += single.targets(singles, output, folder)
    _refuse_collisions(batch)
    return batch


def found_in(wanted: Sequence[Path]) -> Batch:
    """The photos named, in their order, and for each folder named the photos in it and in all folders below."""
    batch = Batch()
    for place in wanted:
        if not is_folder(place):
            batch.photos.append(place)
            continue
        scan = Scan(Source(place.absolute()))
        batch.photos += sorted(sighting.path for sighting in scan)
        batch.passed_over += scan.passed_over
        batch.unreadable += sorted(scan.unlistable)
    return batch


def _add_folder(batch: Batch, place: Path, root: Path) -> None:
    if os.path.lexists(root) and not is_folder(root):
        raise FatalError(f"{root} is a file; for a folder of photos, -o names a folder. Nothing was done.")
    if os.path.realpath(root) == os.path.realpath(place):
        raise FatalError(f"{root} is the folder of the photos; name another with -o. Nothing was done.")
    scan = Scan(Source(place.absolute(), outside=[root]))
    found = sorted(sighting.path for sighting in scan)
    batch.photos += found
    batch.targets += single.told_apart(found, [root / photo.relative_to(place.absolute()) for photo in found])
    batch.passed_over += scan.passed_over
    batch.unreadable += sorted(scan.unlistable)


def _refuse_collisions(batch: Batch) -> None:
    twice = [place for place, count in Counter(batch.targets).items() if count > 1]
    if twice:
        raise FatalError(f"Several of the photos would be written to {twice[0]}. Restore them one at a time, with -o.")
    over = set(map(os.path.realpath, batch.targets)) & set(map(os.path.realpath, batch.photos))
    if over:
        raise FatalError(f"{min(over)} is one of the photos; gpend never writes over its input. Nothing was done.")
