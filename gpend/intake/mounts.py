"""What the file system under a folder can be trusted with: read from /proc/self/mountinfo (pure)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
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

_TOP = PurePath("/")
_ESCAPE = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True)
class Mount:
    """One mounted file system."""

    point: PurePath
    kind: str  # as the kernel names it: "ext4", "nfs4", "fuse.sshfs"
    device: str = ""  # major:minor of the file system; "": not known
    root: PurePath = _TOP  # which folder of the file system is mounted

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
            root, point = (PurePath(_ESCAPE.sub(lambda code: chr(int(code[1], 8)), field)) for field in fields[3:5])
            yield Mount(point, kinds[0], fields[2], root)


def mounts_under(path: PurePath, mountinfo: str) -> list[Mount]:
    """The mount that an absolute, resolved path lies on, then those mounted inside it.

    Of two mounts on one point the later hides the earlier. Never empty.
    """
    return list(_under(path, mountinfo))


@lru_cache(maxsize=1024)  # each folder is compared with every other, and what the kernel says seldom changes
def _under(path: PurePath, mountinfo: str) -> tuple[Mount, ...]:
    on, inside = UNKNOWN_MOUNT, dict[PurePath, Mount]()
    for mount in mounts(mountinfo):
        if path.is_relative_to(mount.point) and len(mount.point.parts) >= len(on.point.parts):
            on, inside = (
                mount,
                {},
            )  # a mount made later over the path, or above it, hides what was mounted inside before
        elif mount.point.is_relative_to(path):
            inside[mount.point] = mount
    return on, *inside.values()


def names_within(inner: PurePath, outer: PurePath, mountinfo: str) -> Iterator[PurePath]:
    """Where below `outer` the folder `inner` is to be found too, as a part of a disk can be mounted in two places.

    Both absolute and resolved. A container often has folders so: /photos, and as /output a folder that lies in it.
    """
    on = mounts_under(inner, mountinfo)[0]
    place = on.root / inner.relative_to(on.point)
    top, *inside = mounts_under(outer, mountinfo)
    parts = [(top.device, top.root / outer.relative_to(top.point), outer)]
    parts += [(mount.device, mount.root, mount.point) for mount in inside]
    for device, root, point in parts:
        if device and device == on.device and place.is_relative_to(root):
            yield point / place.relative_to(root)


def names_within_now(inner: Path, outer: Path) -> list[Path]:
    """As names_within, for paths of this machine at this moment; none where the kernel does not say."""
    try:
        mountinfo = MOUNTINFO.read_text("utf-8", "surrogateescape")
        return [Path(name) for name in names_within(inner.resolve(), outer.resolve(), mountinfo)]
    except (OSError, RuntimeError):  # no /proc, or a loop of symbolic links
        return []


def mounts_now(path: Path) -> list[Mount]:
    """As mounts_under, for a path of this machine at this moment; one unknown mount where the kernel does not say."""
    try:
        return mounts_under(path.resolve(), MOUNTINFO.read_text("utf-8", "surrogateescape"))
    except (OSError, RuntimeError):  # no /proc, or a loop of symbolic links
        return [UNKNOWN_MOUNT]
