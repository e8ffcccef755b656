"""Whose a place in the output tree is: asked before anything is written there."""

import os
from pathlib import Path

from gpend.dispatch.types import FolderPair
from gpend.ledger import Ledger, Row


class Ownership:
    """What the ledger and the source say about places. Nothing here changes anything."""

    def __init__(self, ledger: Ledger) -> None:
        self._photos = ledger.photos

    def holder(self, pair: FolderPair, place: Path) -> Row | None:
        """The photo whose output stands at a place, by the ledger."""
        return self._photos.holder(pair.id, place)

    def is_taken(self, row: Row, pair: FolderPair, place: Path) -> bool:
        """Does this place belong to another photo, by the ledger or because that photo itself has the name?"""
        holder = self.holder(pair, place)
        if holder is not None:
            return holder.id != row.id
        return place != row.relative and os.path.lexists(pair.root / place)
