"""What was written for a photo earlier, and is not its output any more."""

from gpend.ledger import Written
from gpend.mirror import Mirror, trash
from gpend.settings import OnDelete


def discard(mirror: Mirror, before: Written | None, written: Written | None, on_delete: OnDelete, now: int) -> None:
    """What is not what stands there now goes the way of what belongs to deleted photos. Raises PhotoError, OSError."""
    if before is None or trash.is_in_trash(before.path) or (written is not None and written.path == before.path):
        return
    match on_delete:
        case OnDelete.TRASH:
            trash.discard(mirror, before, now)
        case OnDelete.DELETE:
            mirror.remove(before)
        case OnDelete.KEEP:
            pass
