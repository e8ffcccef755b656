"""What `gpend check` finds out beyond the configuration: graphics card, weights, hard links, what lies there."""

import os
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from gpend.errors import FatalError
from gpend.intake.mounts import mounts_now
from gpend.intake.scan import Scan
from gpend.intake.source import source_of
from gpend.settings import FolderSettings, Keep, Settings, names_file

_SECONDS = 10.0  # that are spent on looking through a folder
_PROTECTED_LINKS = Path("/proc/sys/fs/protected_hardlinks")


def problems(settings: Settings) -> list[str]:
    """What would not work as these settings want it, in words. Nothing stays written."""
    return [*_of_device(settings), *_of_weights(settings), *_of_links(settings)]


def contents(folder: FolderSettings, settings: Settings, seconds: float = _SECONDS) -> list[str]:
    """How many photos a source holds, and what in it is passed over and why; looked at for some seconds at most."""
    scan, until = Scan(source_of(folder, settings)), time.monotonic() + seconds
    for _ in scan:
        if time.monotonic() > until:
            break
    first = f"{scan.seen} photos and sidecars" if settings.keep is not Keep.NONE else f"{scan.seen} photos"
    lines = [first if scan.finished else f"{first} at least; it was looked at for {seconds:.0f} seconds only"]
    lines += passed_over(scan.passed_over)
    return lines + [f"cannot be read: {place}" for place in sorted(scan.unlistable)]


def passed_over(counted: Counter[str]) -> list[str]:
    """What is no photo, the most frequent first."""
    return [f"passed over: {count} {what}" for what, count in counted.most_common()]


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
        obstacle = _obstacle_to_links(pair.source, pair.output)
        if obstacle:
            yield (
                f"keep: hardlink cannot be had for {pair.source}: {obstacle}. gpend would copy the photos instead, "
                "which takes their room once more. If that is meant, say `keep: copy`."
            )


def _obstacle_to_links(source: Path, output: Path) -> str:
    """Why files of one folder cannot get a second name in another; "" if nothing speaks against it."""
    try:
        apart = source.stat().st_dev != output.stat().st_dev
    except OSError:
        return ""  # told elsewhere
    if apart or mounts_now(source)[0].point != mounts_now(output)[0].point:
        return f"it and {output} lie on different disks"
    if not _can_link(output):
        return f"the file system of {output} has no hard links"
    if os.geteuid() != 0 and source.stat().st_uid != os.geteuid() and not os.access(source, os.W_OK) and _are_guarded():
        return "this machine lets only the owner of a file give it a second name"
    return ""


def _can_link(folder: Path) -> bool:
    one, other = (folder / f".gpend-{secrets.token_hex(8)}" for _ in range(2))
    try:
        one.touch(exist_ok=False)
        other.hardlink_to(one)
    except OSError:
        return not one.exists()  # that nothing can be written there is told elsewhere
    else:
        return True
    finally:
        for each in (one, other):
            with suppress(OSError):
                each.unlink()


def _are_guarded() -> bool:
    """As proc_sys_fs(5) says."""
    with suppress(OSError):
        return _PROTECTED_LINKS.read_text().strip() == "1"
    return False
