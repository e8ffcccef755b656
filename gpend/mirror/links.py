"""Why the files of one folder cannot get a second name in another."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from gpend.intake.mounts import mounts_now

_PROTECTED_LINKS = Path("/proc/sys/fs/protected_hardlinks")


def obstacle_to_links(source: Path, output: Path) -> str:
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
