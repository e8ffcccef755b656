"""EXIF in containers other than JPEG: the orientation it tells, and the history appended to it."""

from gpend.core.jpeg import exif

UNREADABLE = ("its EXIF is not well formed: it was left as it is, without a note of the restoration",)


def orientation(block: bytes) -> int:
    """1 to 8 as a TIFF block has it; 1 where it says nothing that makes sense."""
    return exif.orientation(_bare(block))


def recorded(block: bytes, history: str) -> tuple[bytes, tuple[str, ...]]:
    """The block with `history` appended, or a new one, and notes; empty where the block must stay as it is."""
    if not history:
        return b"", ()
    bare = _bare(block)
    if not bare:
        return exif.minimal(history), ()
    try:
        return block[: len(block) - len(bare)] + exif.with_history(bare, history), ()
    except exif.UnreadableError:
        return b"", UNREADABLE


def _bare(block: bytes) -> bytes:
    """Without the prefix that belongs to JPEG, and that some writers put into other containers too."""
    return block.removeprefix(b"Exif\0\0")
