"""Lists of who may do what with a file or a folder, beyond its mode and its owner, as `setfacl` makes them.

They are as Linux stores them in an extended attribute: a version, then tag, permissions and whom it is about, eight
bytes each (linux/posix_acl_xattr.h). What somebody took from a list of the output stays taken, as with modes.
"""

import json
import os
import struct
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

from gpend.intake.reading import OWN_ATTRIBUTE

ACCESS, DEFAULT = "system.posix_acl_access", "system.posix_acl_default"
"""Of what it is attached to; and of a folder, for what is made in it."""

Entry: TypeAlias = tuple[int, int, int]
"""Tag, permission bits, and the number of a user or a group."""
Entries: TypeAlias = frozenset[Entry]

_GIVEN = f"{OWN_ATTRIBUTE}.lists"  # of a folder of the output: what its source had when gpend gave it that, and more
_VERSION, _ENTRY = struct.Struct("<I"), struct.Struct("<HHI")
_OWNER, _USER, _GROUP, _NAMED_GROUP, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
_NAMED = (_USER, _NAMED_GROUP)
_NOBODY = 0xFFFFFFFF  # whom an entry is about that names nobody
_SHIFTS = {_OWNER: 6, _GROUP: 3, _MASK: 3, _OTHER: 0}  # where a mode says it, of the group only without a list
_MOST = 40  # entries, to be noted; an attribute has little room


def read(place: int | Path, kind: str = ACCESS) -> bytes:
    """The list of something; b"" if it has none, or its disk knows of none."""
    with suppress(OSError):
        return os.getxattr(place, kind)
    return b""


def beyond_mode(listed: bytes) -> Entries:
    """What a list says that no mode does."""
    return frozenset(each for each in _entries(listed) if each[0] in (*_NAMED, _GROUP))


def without(listed: bytes, taken: Entries, mode: int | None = None, added: Entries = frozenset()) -> bytes:
    """A list without what somebody took, and with what they added; b"" if it says no more than a mode.

    With the `mode` of what it is for, it leaves that as it is.
    """
    kept = {each for each in _entries(listed) if each not in taken or each[0] == _GROUP} | added
    if not any(tag in _NAMED for tag, _, _ in kept):
        return b""
    said = {tag for tag, _, _ in kept}
    kept |= {(tag, (mode or 0) >> shift & 0o7, _NOBODY) for tag, shift in _SHIFTS.items() if tag not in said}
    return _packed(sorted(_fitted(each, taken, mode) for each in kept))


def _fitted(entry: Entry, taken: Entries, mode: int | None) -> Entry:
    tag, bits, whom = entry
    if mode is not None and tag in _SHIFTS and tag != _GROUP:
        return tag, mode >> _SHIFTS[tag] & 0o7, whom
    return tag, 0 if entry in taken else bits, whom


def as_mode(listed: bytes, mode: int, has: bytes = b"") -> int:
    """The mode that says of what `has` no list what a list says beside this mode: what that shows of the group is more.

    The group's bits of something with a list are what any name in the list may have at most.
    """
    group = next((bits for tag, bits, _ in _entries(listed) if tag == _GROUP), 0o7)
    return mode if has or not listed else mode & ~0o070 | mode & group << 3


def added_for_new(folder: int) -> Entries:
    """What somebody wants of all that is made in an open folder of the output, beyond what gpend gave it."""
    listed = frozenset(each for each in beyond_mode(read(folder, DEFAULT)) if each[0] in _NAMED)
    return listed - (_given(folder) or {}).get(DEFAULT, frozenset())


def change(descriptor: int, kind: str, listed: bytes) -> None:
    """Have an open file or folder have this list, or none. Raises OSError."""
    if listed:
        os.setxattr(descriptor, kind, listed)
    elif read(descriptor, kind):
        os.removexattr(descriptor, kind)


def follow_folder(descriptor: int, source: Path) -> None:
    """Give an open folder of the output the lists that its source has now, if they are others than when gpend did so.

    Where that cannot be told they are noted, and stay as they are. Raises OSError.
    """
    wanted = {kind: read(source, kind) for kind in (ACCESS, DEFAULT)}
    given = _given(descriptor)
    taken = dict[str, Entries]()
    for kind, listed in wanted.items():
        had = (given or {}).get(kind)
        taken[kind] = frozenset() if had is None else had - beyond_mode(read(descriptor, kind))
        if had is not None and beyond_mode(listed) | taken[kind] != had:
            mode = os.fstat(descriptor).st_mode if kind == ACCESS else None
            change(descriptor, kind, without(listed, taken[kind], mode))
    note(descriptor, {kind: beyond_mode(listed) | taken[kind] for kind, listed in wanted.items()})


def note(descriptor: int, given: dict[str, Entries]) -> None:
    """Have an open folder say which lists gpend gave it, where its disk has room for that."""
    if _given(descriptor) != given and max(map(len, given.values())) <= _MOST:
        with suppress(OSError):
            os.setxattr(descriptor, _GIVEN, json.dumps({kind: sorted(each) for kind, each in given.items()}).encode())


def to_note(entries: Entries) -> Entries | None:
    """Entries that an attribute has room for; None: they are too many."""
    return None if len(entries) > _MOST else entries


def parsed(said: object) -> Entries | None:
    """Entries from JSON; None: nothing that gpend understands."""
    if not isinstance(said, list):
        return None
    try:
        return frozenset((int(tag), int(bits), int(whom)) for tag, bits, whom in said)
    except (TypeError, ValueError, OverflowError):  # JSON holds infinite numbers, too
        return None


def _given(descriptor: int) -> dict[str, Entries] | None:
    try:
        said = json.loads(os.getxattr(descriptor, _GIVEN))
        found = {kind: parsed(said.get(kind)) for kind in (ACCESS, DEFAULT)}
    except (OSError, ValueError, AttributeError, RecursionError):
        return None
    return {kind: each for kind, each in found.items() if each is not None}


def _entries(listed: bytes) -> list[Entry]:
    with suppress(struct.error):
        return list(_ENTRY.iter_unpack(listed[_VERSION.size :]))
    return []


def _packed(entries: Iterable[Entry]) -> bytes:
    packed = b"".join(_ENTRY.pack(*entry) for entry in entries)
    return packed and _VERSION.pack(2) + packed
