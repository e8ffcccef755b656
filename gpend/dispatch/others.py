"""What stands in a photo's place and is not its own: another source's output, or what gpend wrote for nobody known."""

import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from gpend.dispatch.types import FolderPair, Job
from gpend.ledger import FolderRow, Ledger, Row, State, Written
from gpend.mirror import Mirror, OccupiedError, output_root
from gpend.spelling import folded


class AnothersError(OccupiedError):
    """The output of another source's photo stands where an output should go; it was left alone."""


class Others:
    """Tells whose it is, of all sources that have been in a configuration. Nothing here changes anything."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def wrote(self, pair: FolderPair, place: Path, photo: Path) -> bool:
        """Is what stands at a place there for a photo of another source, whether or not that needs it? Raises OSError.

        `photo` itself, by its path, is none: a source may be a part of what another one was.
        """
        rows, _ = self._standing(pair, place)
        output = pair.mirror.output / place
        others = [row for row in rows if not _is_same_photo(row.path, photo)]
        return any(self._was_switched(row, pair) or not _stands_elsewhere(row, output) for row in others)

    def left_behind(self, job: Job, place: Path) -> Written | None:
        """What stands at a place where no photo needs it any more, so that it may go to the trash; None: there is none.

        Raises AnothersError where another source's photo needs it, OSError.
        """
        pair, path = job.pair, job.row.path
        rows, standing = self._standing(pair, place)
        if any(row.content in job.origin.contents for row in rows):
            return None  # it is this photo's output, for whichever source it was written
        owner = next((row for row in rows if self._needs(row, pair, place, path)), None)
        if owner is not None:
            raise _anothers(owner, place)
        is_left = any(_is_same_photo(row.path, path) or self._was_switched(row, pair) for row in rows)
        return standing if is_left else pair.mirror.find_leftover(place)

    def share(
        self, folder: int, mirror: Mirror, written: Written, rows: Collection[int], same: Collection[str]
    ) -> bool:
        """Is an output of a folder also that of a photo of another source, at work or not, which may be there still?

        Where that source has another output by now, and the photo's stands in it, this one is its no more.
        `rows` are those whose output it is; what has a content of the `same` as theirs does not count. Raises OSError.
        """
        return self._sharing(folder, mirror, written, rows, same) is not None

    def refuse(self, pair: FolderPair, row: Row, written: Written) -> None:
        """Raise AnothersError where the output of a row is also that of a photo of another source. Raises OSError."""
        owner = self._sharing(pair.id, pair.mirror, written, (row.id,), ())
        if owner is not None:
            raise _anothers(owner, written.path)

    def _sharing(
        self, folder: int, mirror: Mirror, written: Written, rows: Collection[int], same: Collection[str]
    ) -> Row | None:
        found = self._ledger.photos.with_output_elsewhere(folder, written.sha256)
        found = [row for row in found if row.content not in same and self._is_place(row, folder, mirror, written)]
        known = [self._ledger.photos.row(each) for each in rows] if found else []
        paths = [row.path for row in known if row is not None]  # a source may be a part of what another one was
        others = (row for row in found if not any(_is_same_photo(row.path, path) for path in paths))
        place = mirror.output / written.path
        return next((row for row in others if _may_be_there(row) and not _stands_elsewhere(row, place)), None)

    def _is_place(self, row: Row, folder: int, mirror: Mirror, written: Written) -> bool:
        """Is the output of another source's photo this one, also where its source has another output by now?"""
        if row.written is None or row.output is None:
            return False
        theirs, ours = (self._ledger.sources.row(each) for each in (row.folder, folder))
        roots = [root for root in (theirs.output, theirs.previous_output) if root is not None]
        for root in roots:
            with suppress(OSError):  # its folder is away, and this one is not
                if _is_same_place(root / row.written.path, mirror.output / written.path):
                    return True
        is_one_tree = theirs.output_identity == ours.output_identity and output_root.is_marked(mirror.output)
        return is_one_tree and row.written.path == written.path and not os.path.lexists(row.output)

    def _standing(self, pair: FolderPair, place: Path) -> tuple[list[Row], Written | None]:
        """The photos of other sources that what stands at a place was written for, byte for byte; and what that is."""
        photos, mirror = self._ledger.photos, pair.mirror
        for row in self._ledger.holders_elsewhere(pair.id, mirror.output, place):
            if row.written is not None and mirror.stands(row.written):
                return [row], row.written
        made = mirror.find_output(place)  # the tree may be called otherwise by now
        return ([], None) if made is None else (photos.with_output_elsewhere(pair.id, made.sha256), made)

    def _needs(self, row: Row, pair: FolderPair, place: Path, photo: Path) -> bool:
        """Is what stands at a place the only output of a photo, which is no other than this one?

        Where its source was given another output, it is copied to there soon, from the trash as well.
        """
        if _is_same_photo(row.path, photo) or _stands_elsewhere(row, pair.mirror.output / place):
            return False
        return not (_is_due(row) and self._was_switched(row, pair) and os.path.lexists(row.path))

    def _was_switched(self, row: Row, pair: FolderPair) -> bool:
        """Is a tree what the output of a photo's source was, before that was given another one?"""
        folder = self._folder(row)
        return folder is not None and folder.previous_output == pair.mirror.output != folder.output

    def _folder(self, row: Row) -> FolderRow | None:
        return next((folder for folder in self._ledger.folders() if folder.id == row.folder), None)


def _anothers(owner: Row, place: Path) -> AnothersError:
    """In words, whose output stands at a place."""
    return AnothersError(
        f"The output of {str(owner.path)!r} stands in the output folder under the name {place.name!r}. It was "
        "left alone, and this photo has no output. Name another output folder for one of the two sources, or "
        "move it away. gpend tries again by itself, at first after an hour.",
    )


def _is_due(row: Row) -> bool:
    """Is a photo that could be read to be seen to, as its source has another output, by itself?"""
    is_tried_again = row.state is State.FAILED and row.content is not None and row.next_attempt is not None
    return not row.held and (is_tried_again or (row.state is State.WAITING and row.recheck))


def _stands_elsewhere(row: Row, place: Path) -> bool:
    output = row.output
    if row.written is None or output is None:
        return False
    with suppress(OSError):  # unknown is not elsewhere
        return not _is_same_place(output, place) and Mirror(row.source, row.output_root).stands(row.written)
    return False


def _is_same_place(one: Path, other: Path) -> bool:
    """Do two places, by whatever names their folders have, lead to one file? Raises OSError."""
    return folded(one.name) == folded(other.name) and one.parent.samefile(other.parent)


def _is_same_photo(one: Path, other: Path) -> bool:
    """Is it one photo, also where a link leads to the one of its folders, or the disk spells it otherwise?

    Photos of two names that are one file on the disk are two.
    """
    with suppress(OSError):
        is_one = one == other or _is_same_place(one, other)
        return is_one and (one.name == other.name or one.samefile(other))
    return False


def _may_be_there(row: Row) -> bool:
    """Is a photo where it was, as far as is known? Where its disk is away, its source is empty, or is not there."""
    try:
        row.path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        with suppress(OSError), os.scandir(row.source) as entries:
            return next(entries, None) is None and row.state is not State.GONE
        return row.state is not State.GONE
    except OSError:
        return True
    return True
