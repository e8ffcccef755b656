"""Whose a place in the output tree is: asked before anything is written there."""

import os
from collections.abc import Iterator
from pathlib import Path

from gpend.dispatch.types import FolderPair
from gpend.ledger import Ledger, Row, Written
from gpend.mirror import Mirror
from gpend.spelling import folded


class Ownership:
    """What the ledger and the source say about places. Nothing here changes anything."""

    def __init__(self, ledger: Ledger) -> None:
        self._photos = ledger.photos

    def holder(self, pair: FolderPair, place: Path) -> Row | None:
        """The photo whose output stands at a place, by the ledger, however the disk spells its name."""
        return self._photos.holder(pair.id, place) or next(self._rows_at(pair, place), None)

    def is_free(self, row: Row, pair: FolderPair, place: Path) -> bool:
        """Is this place nobody's, so that the output of a photo may go there at once?"""
        return self.holder(pair, place) is None and (place == row.relative or not os.path.lexists(pair.root / place))

    def is_shared(self, folder: int, mirror: Mirror, written: Written, *rows: int) -> bool:
        """Is an output also that of a photo which is not among these `rows`?

        It is asked before an output is removed or replaced: on a disk that ignores case, two rows may have one file.
        """
        others = (each for each in self._photos.with_output(folder, written.sha256) if each.id not in rows)
        return any(each.written is not None and mirror.same_file(each.written.path, written.path) for each in others)

    def is_taken(self, row: Row, pair: FolderPair, place: Path, moved_from: int | None = None) -> bool:
        """Does this place belong to another photo, by the ledger or because that photo itself has the name?

        `moved_from` is the row of a photo whose place this one takes over.
        """
        holder = self.holder(pair, place)
        if holder is not None:
            return holder.id not in (row.id, moved_from)
        return place != row.relative and os.path.lexists(pair.root / place)

    def former(self, row: Row, pair: FolderPair, place: Path) -> Row | None:
        """The same photo under an earlier spelling of its name, whose file is gone, and whose output stands there.

        Raises OSError.
        """
        for each in self._rows_at(pair, place):
            if each.id != row.id and folded(each.relative) == folded(row.relative):
                return each if pair.source.sight(each.path) is None else None
        return None

    def _rows_at(self, pair: FolderPair, place: Path) -> Iterator[Row]:
        sha256 = pair.mirror.ambiguous(place)
        for row in self._photos.with_output(pair.id, sha256) if sha256 else ():
            if row.written is not None and pair.mirror.same_file(row.written.path, place):
                yield row
