"""Which names are never photos: the temporary files, thumbnails and trash of every tool that shares a photo folder.

The table in names.tsv is the knowledge, each row with its source; the functions only ask it. Names of conflicted copies
(`x.sync-conflict-20240101-120000-ABCDEF.jpg` of Syncthing, `x_conflict-...jpg` of Nextcloud, `x (Anna's conflicted
copy).jpg` of Dropbox) are not in it on purpose: such a file may be the only copy of an edit, so it is a photo like any
other.
"""

import csv
import os
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from itertools import pairwise
from pathlib import PurePath
from typing import TypeAlias

from gpend.settings import ENDINGS

Name: TypeAlias = bytes | str | PurePath

EXTENSIONS = frozenset(ENDINGS)
WECHAT_EXTENSION = "dat"  # WeChat for PC keeps pictures obfuscated in .dat files; other programs use it for anything


class Kind(StrEnum):
    """Why a name is not a photo."""

    UNFINISHED = "unfinished"  # still being written; it gets its real name when whole
    THUMBNAIL = "thumbnail"
    DISCARDED = "discarded"  # trash, old versions, snapshots
    BOOKKEEPING = "bookkeeping"  # what a tool keeps for itself


@dataclass(frozen=True)
class Rule:
    """One naming habit of one tool: a pattern over the whole base name, letter case ignored, and a name it is about.

    With a slash in it, it is a pattern over the names of a directory and of the one that it lies in.
    """

    tool: str
    kind: Kind
    pattern: str
    example: str
    source: str  # where that is written, or was seen

    def __str__(self) -> str:
        """What such files are, for people."""
        return f"{_WORDS[self.kind]} of {self.tool}"


_WORDS = {
    Kind.UNFINISHED: "unfinished files",
    Kind.THUMBNAIL: "thumbnails",
    Kind.DISCARDED: "deleted files and old versions",
    Kind.BOOKKEEPING: "files",
}
_RAW = "3fr arw cr2 cr3 crw dcr dng erf kdc mef mos mrw nef nrw orf pef raf raw rw2 rwl sr2 srf srw x3f"
_FILMS = "3g2 3gp avi flv insv m2ts m4v mkv mov mp4 mpeg mpg mts ogv webm wmv"
_PICTURES = "ai bmp eps gif ico j2k jp2 jxl pcx psb psd svg tga xcf"
_OTHERS = {
    "RAW photos, which gpend does not read": frozenset(_RAW.split()),
    "films": frozenset(_FILMS.split()),
    "pictures in formats that gpend does not read": frozenset(_PICTURES.split()),
}
_PARTS = {
    "<final>": rf"(?P<final>.+\.(?:{'|'.join(sorted(EXTENSIONS | {WECHAT_EXTENSION}))}))",  # the name when it is whole
    "<uuid>": r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "<safe-save>": r"\.sb-[0-9a-f]{8}-[0-9a-z]{6}",
}


def _rules(what: str) -> tuple[Rule, ...]:
    """The rows of the table about files, or about directories, in its order."""
    table = resources.files("gpend.intake").joinpath("names.tsv").read_text("utf-8").splitlines()
    rows = csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)
    return tuple(
        Rule(row["tool"], Kind(row["kind"]), _expanded(row["pattern"]), row["example"], row["source"])
        for row in rows
        if row["what"] == what
    )


def _expanded(pattern: str) -> str:
    for name, part in _PARTS.items():
        pattern = pattern.replace(name, part)
    return pattern


FILES = _rules("file")
DIRECTORIES = _rules("directory")

_FLAGS = re.IGNORECASE | re.ASCII | re.DOTALL


def _any_of(rules: Iterable[Rule]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{rule.pattern.replace('?P<final>', '?:')})" for rule in rules), _FLAGS)


_NEVER_FILE = _any_of(FILES)
_OF_PHOTOS = _PARTS["<final>"].replace("?P<final>", "?:")
_NEVER_COMPANION = re.compile(_any_of(FILES).pattern.replace(_OF_PHOTOS, ".+"), _FLAGS)
_NEVER_DIRECTORY = _any_of(rule for rule in DIRECTORIES if "/" not in rule.pattern)
_NEVER_INSIDE = _any_of(rule for rule in DIRECTORIES if "/" in rule.pattern)
_UNFINISHED = _any_of(rule for rule in FILES if rule.kind is Kind.UNFINISHED)
_WITH_FINAL = tuple(re.compile(rule.pattern, _FLAGS) for rule in FILES if "?P<final>" in rule.pattern)
_SUSPECT_STARTS = (".", "~", "s", "S")  # so begins every rule that a photo's extension can meet, but for two


def is_photo_name(name: Name, *, endings: Collection[str] = EXTENSIONS, wechat_dat: bool = False) -> bool:
    """Whether a file called so may be a photo: a base name, or a path relative to the source folder.

    `endings` are those that are looked at, "" for names without a dot.
    """
    *directories, base = _text(name).split("/")
    extension = ending_of(base).lower()
    if extension not in endings and not (wechat_dat and extension == WECHAT_EXTENSION):
        return False
    if has_excluded(directories):
        return False
    suspect = base.startswith(_SUSPECT_STARTS) or extension == WECHAT_EXTENSION or "digikamtempfile" in base.lower()
    return not (suspect and _NEVER_FILE.fullmatch(base))


def ending_of(base: str) -> str:
    """What follows the last dot of a base name; "" where there is none, or nothing follows it."""
    return base.rpartition(".")[2] if "." in base else ""


def is_companion_name(base: str) -> bool:
    """Whether a file called so, which is no photo, is one of the user's own: a base name.

    It is neither hidden nor what a tool keeps for itself, or is still writing, whatever its name when it is whole.
    """
    return not base.startswith(".") and _NEVER_COMPANION.fullmatch(base) is None


def is_excluded_directory(name: Name) -> bool:
    """Whether a directory holds no photos of the user's, so that it is neither listed nor watched.

    A base name, or a path of which the last two names matter.
    """
    inside, _, base = _text(name).rpartition("/")
    return _NEVER_DIRECTORY.fullmatch(base) is not None or _is_excluded_inside(inside.rpartition("/")[2], base)


def has_excluded(directories: Sequence[str]) -> bool:
    """Whether one of these names of directories, each inside the one before it, is excluded."""
    if any(map(_NEVER_DIRECTORY.fullmatch, directories)):
        return True
    return any(_is_excluded_inside(outer, inner) for outer, inner in pairwise(directories))


def rule_of(name: Name, *, is_directory: bool) -> Rule | None:
    """The first rule by which a file or a directory of this name is passed over; None: no name says so."""
    text = _text(name)
    tail = "/".join(text.split("/")[-2:])
    for rule in DIRECTORIES if is_directory else FILES:
        matched = tail if "/" in rule.pattern else text.rpartition("/")[2]
        if re.fullmatch(rule.pattern, matched, _FLAGS):
            return rule
    return None


def passed_over(name: Name, *, is_directory: bool) -> str:
    """What a file or a directory that is passed over is, for people: one of few words, so that they can be counted."""
    extension = _text(name).rpartition(".")[2].lower()
    if not is_directory and extension not in EXTENSIONS | {WECHAT_EXTENSION}:
        return next((words for words, endings in _OTHERS.items() if extension in endings), "other files")
    rule = rule_of(name, is_directory=is_directory)
    if rule is None:
        return "other files"
    return f"folders with {rule}" if is_directory else str(rule)


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


def _is_excluded_inside(outer: str, inner: str) -> bool:
    return bool(outer) and _NEVER_INSIDE.fullmatch(f"{outer}/{inner}") is not None


def _text(name: Name) -> str:
    return os.fsdecode(name) if not isinstance(name, str) else name
