"""May the absence of a photo be believed? A vanished, empty or half-listed source is never a deletion.

Sources may be read-only and are never touched, so gpend keeps no marker file in them. What takes its place is kept on
our own side and needs no upkeep: which directory the root was (device, inode, file system), on how many file systems
its photos lay, and how many of the photos known from before a scan met again. A network share gets another device
number with every mount; meeting most of the known photos again then says that it is the same tree.
"""

from dataclasses import dataclass

from gpend.intake.scan import Scan
from gpend.intake.source import Identity


@dataclass(frozen=True)
class Evidence:
    """Whether what a scan did not meet is gone; if not, why, for the person who asks."""

    believed: bool
    why: str = ""


def evidence(scan: Scan, *, before: Identity | None, known: int, found: int) -> Evidence:
    """Weigh one finished scan of a whole root.

    `before` is `scan.identity` of the last scan that was believed or confirmed; `known` counts the photos of the root
    that the ledger holds, `found` those of them that this scan met at their place. Even when it is believed, ask
    `scan.absent_is_known` for each photo (what lies below an unlistable folder stays unknown), and look once more
    before acting: a photo moved during the scan, from where it had not been to where it had, was met nowhere.
    """
    doubt = _doubt_of_listing(scan) or _doubt_of_place(scan, before, known, found)
    return Evidence(believed=not doubt, why=doubt)


def _doubt_of_listing(scan: Scan) -> str:
    if not scan.finished:
        return f"the scan of {scan.root} was not finished"
    if scan.identity is None or scan.root in scan.unlistable:
        return f"{scan.root} could not be listed, or another folder took its place meanwhile"
    return ""


def _doubt_of_place(scan: Scan, before: Identity | None, known: int, found: int) -> str:
    if not known:
        return ""  # there is nothing to be gone
    if not scan.seen:
        return f"{scan.root} held {known} photos and now holds none: is its disk mounted?"
    if before is None or scan.identity is None:
        return ""
    if scan.identity.file_systems < before.file_systems:
        return f"a disk that was mounted inside {scan.root} is not there"
    moved = (scan.identity.device, scan.identity.inode) != (before.device, before.inode)
    if moved and found * 2 < known:
        return f"another folder or disk than before stands at {scan.root}, with {found} of {known} known photos in it"
    return ""
