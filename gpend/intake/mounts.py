"""What the file system under a folder can be trusted with: read from /proc/self/mountinfo (pure)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

MOUNTINFO = Path("/proc/self/mountinfo")

# Changes made by another machine, or below the mount, raise no inotify event here: these are scanned often instead.
_SILENT = frozenset(
    {
        "9p",
        "afs",
        "ceph",
        "cifs",
        "coda",
        "fuse",
        "gfs2",
        "glusterfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "ocfs2",
        "overlay",
    }
    | {"smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs", "fuse.vmhgfs-fuse", "beegfs", "gpfs", "prl_fs", "drvfs"},
)
# Inode numbers are made up when a file is first looked at, so the same file may have another one tomorrow.
_PASSING_INODES = frozenset({"exfat", "fuse", "msdos", "vfat", "vboxsf", "drvfs", "iso9660", "prl_fs", "fuseblk"})
_STEADY_FUSE = frozenset({"fuse.mergerfs", "fuse.shfs", "fuse.glusterfs", "fuse.ceph"})

_ESCAPE = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True)
class Mount:
    """One mounted file system."""

    point: PurePath
    kind: str  # as the kernel names it: "ext4", "nfs4", "fuse.sshfs"

    @property
    def is_silent(self) -> bool:
        """Whether files can change without an inotify event, so that the folder must be scanned often."""
        return self.kind in _SILENT or self.kind.startswith("fuse.")

    @property
    def has_steady_inodes(self) -> bool:
        """Whether a file keeps its inode number as long as it lives."""
        passing = self.kind in _PASSING_INODES or self.kind.startswith("fuse.")
        return not passing or self.kind in _STEADY_FUSE


UNKNOWN_MOUNT = Mount(PurePath("/"), "unknown")


def mounts(mountinfo: str) -> Iterator[Mount]:
    """The mounts in the kernel's own order; lines that do not look like proc(5) says are passed over."""
    for line in mountinfo.splitlines():
        before, separator, after = line.partition(" - ")
        fields, kinds = before.split(" "), after.split(" ")
        if separator and len(fields) > 4 and kinds[0]:  # noqa: PLR2004 - the mount point is the fifth field
            yield Mount(PurePath(_ESCAPE.sub(lambda code: chr(int(code[1], 8)), fields[4])), kinds[0])


def mounts_under(path: PurePath, mountinfo: str) -> list[Mount]:
    """The mount that an absolute, resolved path lies on, then those mounted inside it.

    Of two mounts on one point the later hides the earlier. Never empty.
    """
    on, inside = UNKNOWN_MOUNT, dict[PurePath, Mount]()
    for mount in mounts(mountinfo):
        if path.is_relative_to(mount.point) and len(mount.point.parts) >= len(on.point.parts):
            on, inside = (
                mount,
                {},
            )  # a mount made later over the path, or above it, hides what was mounted inside before
        elif mount.point.is_relative_to(path):
            inside[mount.point] = mount
    return [on, *inside.values()]


def mounts_now(path: Path) -> list[Mount]:
    """As mounts_under, for a path of this machine at this moment; one unknown mount where the kernel does not say."""
    try:
        return mounts_under(path.resolve(), MOUNTINFO.read_text("utf-8", "surrogateescape"))
    except (OSError, RuntimeError):  # no /proc, or a loop of symbolic links
        return [UNKNOWN_MOUNT]
