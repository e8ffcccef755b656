"""Which names are never photos: the temporary files, thumbnails and trash of every tool that shares a photo folder.

The tables below are the knowledge; the functions only ask them. Names of conflicted copies (`x.sync-conflict-20240101-
120000-ABCDEF.jpg` of Syncthing, `x_conflict-...jpg` of Nextcloud, `x (Anna's conflicted copy).jpg` of Dropbox) are in
none of them on purpose: such a file may be the only copy of an edit, so it is a photo like any other.
"""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath
from typing import TypeAlias

Name: TypeAlias = bytes | str | PurePath

EXTENSIONS = frozenset({"jpg", "jpeg", "jpe", "jfif", "png", "webp", "tif", "tiff", "avif", "heic", "heif", "hif"})
WECHAT_EXTENSION = "dat"  # WeChat for PC keeps pictures obfuscated in .dat files; other programs use it for anything


class Kind(StrEnum):
    """Why a name is not a photo."""

    UNFINISHED = "unfinished"  # still being written; it gets its real name when whole
    THUMBNAIL = "thumbnail"
    DISCARDED = "discarded"  # trash, old versions, snapshots
    BOOKKEEPING = "bookkeeping"  # what a tool keeps for itself


@dataclass(frozen=True)
class Rule:
    """One naming habit of one tool: a pattern over the whole base name, letter case ignored, and a name it is about."""

    tool: str
    kind: Kind
    pattern: str
    example: str


_FINAL = rf"(?P<final>.+\.(?:{'|'.join(sorted(EXTENSIONS | {WECHAT_EXTENSION}))}))"  # the name it will have in the end

FILES = (
    Rule("gpend", Kind.UNFINISHED, r"\.gpend-.*", ".gpend-1f3a.jpg"),
    Rule("Syncthing", Kind.UNFINISHED, rf"\.syncthing\.{_FINAL}\.tmp", ".syncthing.x.jpg.tmp"),
    Rule("Syncthing on Windows", Kind.UNFINISHED, rf"~syncthing~{_FINAL}\.tmp", "~syncthing~x.jpg.tmp"),
    Rule("Syncthing, reserved", Kind.UNFINISHED, r"(?:\.syncthing\.|~syncthing~).*", ".syncthing.9f86d081.jpg"),
    Rule("rsync", Kind.UNFINISHED, rf"\.{_FINAL}\.[a-z0-9]{{6}}", ".x.jpg.Ab3dE9"),
    Rule("Nextcloud desktop", Kind.UNFINISHED, rf"\.{_FINAL}\.~[0-9a-f]{{1,8}}", ".x.jpg.~1a2b"),
    Rule("Nextcloud, ownCloud", Kind.UNFINISHED, rf"{_FINAL}\.ocTransferId\d+\.part", "x.jpg.ocTransferId42.part"),
    Rule("Firefox, KDE, ownCloud", Kind.UNFINISHED, rf"{_FINAL}\.part", "x.jpg.part"),
    Rule("WinSCP", Kind.UNFINISHED, rf"{_FINAL}\.filepart", "x.jpg.filepart"),
    Rule("Chrome, Edge", Kind.UNFINISHED, rf"{_FINAL}\.crdownload", "x.jpg.crdownload"),
    Rule("Opera", Kind.UNFINISHED, rf"{_FINAL}\.opdownload", "x.jpg.opdownload"),
    Rule("rclone", Kind.UNFINISHED, rf"{_FINAL}(?:\.[0-9a-z]+)?\.partial", "x.jpg.1f2e3d4c.partial"),
    Rule("Resilio Sync", Kind.UNFINISHED, rf"{_FINAL}\.!sync", "x.jpg.!sync"),
    Rule("qBittorrent, uTorrent", Kind.UNFINISHED, rf"{_FINAL}\.!(?:qb|ut)", "x.jpg.!qB"),
    Rule("aria2", Kind.UNFINISHED, rf"{_FINAL}\.aria2", "x.jpg.aria2"),
    Rule("Unison", Kind.UNFINISHED, rf"\.unison\.{_FINAL}\.[0-9a-f]+\.unison\.tmp", ".unison.x.jpg.0f1e.unison.tmp"),
    Rule("ProFTPD, lftp", Kind.UNFINISHED, rf"\.in\.{_FINAL}\.?", ".in.x.jpg"),
    Rule("Pure-FTPd", Kind.UNFINISHED, r"\.pureftpd-upload\..*", ".pureftpd-upload.5f.15.a1.jpg"),
    Rule("MEGA", Kind.UNFINISHED, r"\.getxfer\..*\.mega", ".getxfer.12.345.mega"),
    Rule("Android", Kind.UNFINISHED, rf"\.pending-\d+-{_FINAL}", ".pending-1700000000-x.jpg"),
    Rule("ExifTool", Kind.UNFINISHED, rf"{_FINAL}_exiftool_tmp", "x.jpg_exiftool_tmp"),
    Rule("digiKam", Kind.UNFINISHED, r".*\.digikamtempfile.*", "x-a1.digikamtempfile.jpg"),
    Rule("GNOME", Kind.UNFINISHED, r"\.(?:goutputstream-|giosave).*", ".goutputstream-AB12CD"),
    Rule("many", Kind.UNFINISHED, rf"{_FINAL}\.te?mp", "x.jpg.tmp"),
    Rule("Dropbox, Windows", Kind.UNFINISHED, r"~.*\.tmp", "~a1b2.tmp"),
    Rule("Dropbox, LibreOffice", Kind.UNFINISHED, r"\.~.*", ".~x.jpg"),
    Rule("Microsoft Office", Kind.UNFINISHED, r"~\$.*", "~$x.jpg"),
    Rule("Android", Kind.DISCARDED, r"\.trashed-\d+-.*", ".trashed-1700000000-x.jpg"),
    Rule("NFS", Kind.DISCARDED, r"\.nfs[0-9a-f]{8,}.*", ".nfs000000000123456700000001"),
    Rule("FUSE", Kind.DISCARDED, r"\.fuse_hidden.*", ".fuse_hidden0000000100000002"),
    Rule("macOS over SMB", Kind.DISCARDED, r"\.smbdelete.*", ".smbdeleteAAA1b2.jpg"),
    Rule("macOS", Kind.BOOKKEEPING, r"\._.*", "._x.jpg"),
    Rule("Synology", Kind.THUMBNAIL, r"SYNO(?:PHOTO|FILE)_THUMB_.*", "SYNOPHOTO_THUMB_XL.jpg"),
)

DIRECTORIES = (
    Rule("gpend", Kind.BOOKKEEPING, r"\.gpend-.*", ".gpend-trash"),
    Rule("Syncthing", Kind.BOOKKEEPING, r"\.stfolder.*", ".stfolder"),
    Rule("Syncthing", Kind.DISCARDED, r"\.stversions", ".stversions"),
    Rule("rsync --delay-updates", Kind.UNFINISHED, r"\.~tmp~", ".~tmp~"),
    Rule("rsync --partial-dir", Kind.UNFINISHED, r"\.rsync-(?:partial|tmp)", ".rsync-partial"),
    Rule("Dropbox", Kind.UNFINISHED, r"\.dropbox\.cache", ".dropbox.cache"),
    Rule("Maestral", Kind.UNFINISHED, r"\.maestral\.cache", ".maestral.cache"),
    Rule("Google Drive", Kind.UNFINISHED, r"\.tmp\.drive(?:download|upload)", ".tmp.drivedownload"),
    Rule("Safari", Kind.UNFINISHED, rf"{_FINAL}\.download", "x.jpg.download"),
    Rule("Resilio Sync", Kind.DISCARDED, r"\.sync", ".sync"),
    Rule("MEGA", Kind.DISCARDED, r"\.debris", ".debris"),
    Rule("Nextcloud server", Kind.THUMBNAIL, r"appdata_[0-9a-z]+", "appdata_oc1a2b3c"),
    Rule("Nextcloud server", Kind.DISCARDED, r"files_(?:trashbin|versions)", "files_trashbin"),
    Rule("Synology", Kind.THUMBNAIL, r"@eaDir", "@eaDir"),
    Rule("Synology", Kind.UNFINISHED, r"@tmp", "@tmp"),
    Rule("Synology, Samba", Kind.DISCARDED, r"[#.]recycle", "#recycle"),
    Rule("Synology", Kind.DISCARDED, r"#snapshot", "#snapshot"),
    Rule("QNAP", Kind.THUMBNAIL, r"\.@__thumb", ".@__thumb"),
    Rule("QNAP", Kind.DISCARDED, r"@Recycle|@Recently-Snapshot", "@Recycle"),
    Rule("btrfs, ZFS, NetApp", Kind.DISCARDED, r"\.(?:snapshots?|zfs)", ".snapshots"),
    Rule("ext4", Kind.DISCARDED, r"lost\+found", "lost+found"),
    Rule("Linux desktops, macOS", Kind.DISCARDED, r"\.Trash(?:es|-\d+)?", ".Trash-1000"),
    Rule("Android", Kind.DISCARDED, r"\.trash-storage", ".trash-storage"),
    Rule("Xiaomi", Kind.DISCARDED, r"\.globalTrash", ".globalTrash"),
    Rule("Windows", Kind.DISCARDED, r"\$RECYCLE\.BIN|RECYCLER", "$RECYCLE.BIN"),
    Rule("Windows", Kind.BOOKKEEPING, r"System Volume Information", "System Volume Information"),
    Rule("macOS", Kind.BOOKKEEPING, r"\.(?:Spotlight|DocumentRevisions)-V100|\.fseventsd", ".Spotlight-V100"),
    Rule("macOS", Kind.UNFINISHED, r"\.?Temporary ?Items", ".TemporaryItems"),
    Rule("macOS over AFP", Kind.BOOKKEEPING, r"\.Apple(?:Double|DB|Desktop)", ".AppleDouble"),
    Rule("macOS over AFP", Kind.DISCARDED, r"Network Trash Folder", "Network Trash Folder"),
    Rule("macOS archives", Kind.BOOKKEEPING, r"__MACOSX", "__MACOSX"),
    Rule("Android, desktops", Kind.THUMBNAIL, r"\.thumbnails", ".thumbnails"),
    Rule("Lightroom", Kind.THUMBNAIL, r".*\.lrdata", "Holiday Previews.lrdata"),
    Rule("version control", Kind.BOOKKEEPING, r"\.(?:git|hg|svn)", ".git"),
)

_FLAGS = re.IGNORECASE | re.ASCII | re.DOTALL


def _any_of(rules: Iterable[Rule]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{rule.pattern.replace('?P<final>', '?:')})" for rule in rules), _FLAGS)


_NEVER_FILE = _any_of(FILES)
_NEVER_DIRECTORY = _any_of(DIRECTORIES)
_UNFINISHED = _any_of(rule for rule in FILES if rule.kind is Kind.UNFINISHED)
_WITH_FINAL = tuple(re.compile(rule.pattern, _FLAGS) for rule in FILES if "?P<final>" in rule.pattern)
_SUSPECT_STARTS = (".", "~", "s", "S")  # so begins every rule that a photo's extension can meet, except digiKam's


def is_photo_name(name: Name, *, wechat_dat: bool = False) -> bool:
    """Whether a file called so may be a photo: a base name, or a path relative to the source folder."""
    *directories, base = _text(name).split("/")
    extension = base.rpartition(".")[2].lower()
    if extension not in EXTENSIONS and not (wechat_dat and extension == WECHAT_EXTENSION):
        return False
    if any(_NEVER_DIRECTORY.fullmatch(directory) for directory in directories):
        return False
    suspect = base.startswith(_SUSPECT_STARTS) or "digikamtempfile" in base.lower()
    return not (suspect and _NEVER_FILE.fullmatch(base))


def is_excluded_directory(name: Name) -> bool:
    """Whether a directory with this base name holds no photos of the user's: it is neither listed nor watched."""
    return _NEVER_DIRECTORY.fullmatch(_text(name).rpartition("/")[2]) is not None


def is_temporary(name: Name) -> bool:
    """Whether a tool gives this base name to a file that it is still writing."""
    return _UNFINISHED.fullmatch(_text(name).rpartition("/")[2]) is not None


def temporary_for(name: Name) -> str | None:
    """The base name that a temporary file will have once it is whole; None if it is none, or hides it.

    Undecodable bytes come back as surrogate escapes, as everywhere in `os`.
    """
    base = _text(name).rpartition("/")[2]
    if base.rpartition(".")[2].lower() in EXTENSIONS and not base.startswith((".", "~")):
        return None  # by far the most names: no pattern with a final name can meet these
    for pattern in _WITH_FINAL:
        if match := pattern.fullmatch(base):
            return match["final"]
    return None


def _text(name: Name) -> str:
    return os.fsdecode(name) if not isinstance(name, str) else name
