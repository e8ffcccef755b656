"""What `gpend check` finds out beyond the configuration: graphics card, weights, hard links, what lies there."""

import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from gpend.dispatch.health import trouble_at
from gpend.errors import FatalError, GpendError
from gpend.intake.scan import Scan
from gpend.intake.source import source_of
from gpend.ledger import FolderRow, Mirrored, Records
from gpend.mirror import output_root, trash
from gpend.mirror.links import obstacle_to_links
from gpend.models import cards
from gpend.settings import FolderSettings, Keep, Settings, names_file

_GIB = 1 << 30
_KEPT = {
    Keep.NONE: ("photo", "photos"),
    Keep.COPY: ("photo or sidecar", "photos and sidecars"),
    Keep.HARDLINK: ("photo or sidecar", "photos and sidecars"),
    Keep.LIBRARY: ("file", "files"),
}
_LINKS = 5  # that are named
_LOOKED_FOR = 1000  # outputs of another source
_SECONDS = 10.0  # that are spent on looking through a folder


def problems(settings: Settings) -> list[str]:
    """What would not work as these settings want it, in words. Nothing stays written."""
    return [*_of_device(settings), *_of_weights(settings), *_of_links(settings), *_of_outputs(settings)]


def computing(settings: Settings, devices: Path = Path("/dev")) -> list[str]:
    """On what faces are restored, and how, in words; tried out where there is a graphics card among `devices`.

    To be asked where there are no `problems`. Raises FatalError where a network cannot be used.
    """
    if not cards.may_serve(settings.restore.device, devices):
        return ["Faces are restored on the CPU."]
    from gpend.models import device, loading  # noqa: PLC0415 - takes seconds, and memory on the card

    networks = loading.load(settings.core(), say=lambda _: None)
    place = device.described(device.resolve(settings.restore.device))
    found = [f"Faces are restored on {place}: {how}." for how in loading.chosen(networks)]
    found += loading.decoding(networks)
    return found + [f"Note: {note}" for note in loading.slower_ways(networks)]


def contents(folder: FolderSettings, settings: Settings, seconds: float = _SECONDS) -> list[str]:
    """How many photos a source holds, and what in it is passed over and why; looked at for some seconds at most."""
    scan, until = Scan(source_of(folder, settings)), time.monotonic() + seconds
    size = 0
    for sighting in scan:
        size += sighting.stamp.size
        if time.monotonic() > until:
            break
    first = f"{scan.seen} {_KEPT[settings.keep][scan.seen != 1]}"
    lines = [first if scan.finished else f"{first} at least; it was looked at for {seconds:.0f} seconds only"]
    lines += _room(folder, settings, size)
    lines += [f"mirrored as they are: {what}: {count}" for what, count in scan.mirrored.most_common()]
    lines += passed_over(scan.passed_over)
    lines += [
        f"not looked through: {link}, which leads to {os.path.realpath(link)}" for link in sorted(scan.linked)[:_LINKS]
    ]
    return lines + [f"cannot be read: {place}" for place in sorted(scan.unlistable)]


def _room(folder: FolderSettings, settings: Settings, size: int) -> list[str]:
    """What mirroring a whole library takes, where hard links cannot be had."""
    obstacle = obstacle_to_links(folder.source, folder.output) if settings.keep is Keep.LIBRARY else ""
    if not obstacle:
        return []
    free = shutil.disk_usage(folder.output).free / _GIB
    sharing = "Where the disk can share the bytes of a copy, as btrfs and XFS do, it takes next to no room."
    links = f"hard links cannot be had, as {obstacle}"
    return [f"is copied, {size / _GIB:.1f} GiB, with {free:.1f} GiB free: {links}. {sharing}"]


def passed_over(counted: Counter[str]) -> list[str]:
    """What is no photo, the most frequent first."""
    return [f"passed over: {what}: {count}" for what, count in counted.most_common()]


def names_taken(folder: FolderSettings, settings: Settings) -> list[str]:
    """How many photos of a source would find their names taken by outputs of sources that are named no more, in words.

    As the ledger has those on record, and as far as a few of them tell.
    """
    with suppress(GpendError, OSError), Records.read_only(settings.ledger) as records:
        return [line for other in _earlier(folder, settings, records) if (line := _taken_by(other, folder, records))]
    return []


def _earlier(folder: FolderSettings, settings: Settings, records: Records) -> Iterator[FolderRow]:
    """Sources that no folder of the settings names, and whose outputs lie in the output of one that they do name."""
    output, named = folder.output, {each.source for each in settings.folders}
    mark = output_root.identity(output) if output_root.is_marked(output) else ""
    for other in records.sharing_output(output, mark):
        is_copy = output not in (other.output, other.previous_output) and os.path.lexists(other.output)
        if other.source not in named and not is_copy:
            yield other


def _taken_by(other: FolderRow, folder: FolderSettings, records: Records) -> str:
    total, some = records.mirrored(other.id, _LOOKED_FOR)
    taken = sum(_is_taken(each, folder) for each in some)
    if not taken:
        return ""
    of = f"{total:,}" if len(some) == total else f"{len(some):,} that were looked at, of {total:,}"
    return (
        f"names taken by outputs of {other.source}, which this configuration does not name: {taken:,} of {of}. "
        "They stay, and other photos of these names are set aside if they need an output. Name another output folder "
        "for one of the two sources, or move those outputs away."
    )


def _is_taken(each: Mirrored, folder: FolderSettings) -> bool:
    """Is there another photo of its name here, in whose place its output stands? A copy would have its size."""
    if trash.is_in_trash(each.output) or not os.path.lexists(folder.output / each.output):
        return False
    try:
        return (folder.source / each.relative).stat().st_size != each.size
    except OSError:
        return False


def _of_device(settings: Settings) -> Iterator[str]:
    device = settings.restore.device
    if device in ("auto", "cpu"):
        return
    from gpend.models.device import resolve  # noqa: PLC0415 - torch is only for who names a graphics card

    try:
        resolve(device)
    except FatalError as error:
        yield str(error)


def _of_weights(settings: Settings) -> Iterator[str]:
    folder = settings.restore.weights
    if folder is not None and not folder.is_dir():
        yield f"restore.weights: there is no folder {folder}. Make it, or leave the line out."
    elif folder is not None and not os.access(folder, os.R_OK | os.X_OK):
        yield f"restore.weights: the folder {folder} cannot be read by this user."
    if names_file(settings.restore.model):
        yield from _of_own_network(Path(settings.restore.model))


def _of_own_network(path: Path) -> Iterator[str]:
    from gpend.models.gpen import described  # noqa: PLC0415 - torch is only for who names a file of their own
    from gpend.models.restorers import OwnFile  # noqa: PLC0415 - the same

    with suppress(OSError):  # told elsewhere
        try:
            described(OwnFile(path, path.read_bytes()))
        except FatalError as error:
            yield f"restore.model: {error}"


def _of_links(settings: Settings) -> Iterator[str]:
    if settings.keep is not Keep.HARDLINK:
        return
    for pair in settings.folders:
        obstacle = obstacle_to_links(pair.source, pair.output)
        if obstacle:
            yield (
                f"keep: hardlink cannot be had for {pair.source}: {obstacle}. gpend would copy the photos instead, "
                "which takes their room once more. If that is meant, say `keep: copy`."
            )


def _of_outputs(settings: Settings) -> Iterator[str]:
    """Why nothing could be written to an output that is there, as the daemon would say it."""
    known: dict[tuple[Path, Path], str | None] = {}
    with suppress(GpendError), Records.read_only(settings.ledger) as records:  # without a ledger, all is new
        known = {(row.source, row.output): row.output_identity for row in records.folders()}
    for pair in settings.folders:
        if os.access(pair.output, os.W_OK | os.X_OK):  # else it is told elsewhere
            trouble = trouble_at(pair.output, known.get((pair.source, pair.output)), settings.minimum_free_mb << 20)
            if trouble:
                yield trouble
