"""A photo on its way through the dispatcher."""

from dataclasses import dataclass

from gpend.dispatch.pair import Pair
from gpend.intake.reading import Original
from gpend.ledger import Row, Written
from gpend.mirror import Origin


@dataclass(frozen=True)
class Job:
    """A photo that was read, and where it belongs."""

    row: Row
    pair: Pair
    photo: Original
    taken: int  # UTC seconds
    picture: bytes  # what there is to see: the photo itself, unless it is wrapped up
    suffix: str = ""  # the ending that a name for the picture must have, if another

    @property
    def origin(self) -> Origin:
        """What the mirror wants to know of it."""
        return Origin(self.row.relative, self.photo.content, self.photo.like)

    @property
    def before(self) -> Written | None:
        """What was written for it earlier."""
        return self.row.written


def is_gone(twin: Row, job: Job) -> bool:
    """Is the file of another photo surely not there any more?

    In the source that the job's own photo was just read from, looking is enough; another source may be away as a whole.
    """
    if twin.folder != job.pair.id and not twin.is_absent:
        return False
    try:
        twin.path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False  # unknown is not gone
    return False
