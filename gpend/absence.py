"""Why a photo is not on record, in words."""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from gpend.intake import names
from gpend.intake.ignoring import SENTENCES, Ignoring
from gpend.ledger.paths import paths_of
from gpend.settings import FolderSettings


def reason(photo: Path, folders: Sequence[FolderSettings]) -> str:
    """Why the ledger does not know a photo, in words."""
    try:
        return _reason(photo, folders)
    except PermissionError as error:
        return f"You may not look at {error.filename or photo}."
    except OSError as error:
        return f"{error.filename or photo} cannot be looked at: {error.strerror}."


def _reason(photo: Path, folders: Sequence[FolderSettings]) -> str:
    path = _located(photo, folders)
    if path is None:
        watched = ", ".join(str(folder.source) for folder in folders) or "none"
        return f"It lies in no watched folder. Watched are: {watched}."
    folder = next(folder for folder in folders if path.is_relative_to(folder.source))
    if photo.exists() and not path.exists():
        return f"It lies in the output folder {folder.output}, but gpend did not make it."
    relative = path.relative_to(folder.source)
    is_named_so = names.is_photo_name(relative, endings=folder.endings, wechat_dat=folder.wechat_dat)
    if photo.is_dir() and not names.is_excluded_directory(path) and not (relative.suffix and is_named_so):
        return _reason_behind_link(path, folder.source) or "There is no photo in it, or below it, that gpend knows."
    if not is_named_so:
        return "Its name, or that of a folder it lies in, is one that gpend passes over: no photo, or a temporary file."
    if behind := _reason_behind_link(path, folder.source):
        return behind
    ignored = passed_over(path, folders)
    return f"It is passed over: {ignored}." if ignored else _reason_of_file(path)


def _reason_behind_link(path: Path, source: Path) -> str:
    link = _link_before(path, source)
    if link is None:
        return ""
    return (
        f"It lies behind {link}, a link to the folder {os.path.realpath(link)}, and gpend looks through no folder "
        "behind a link. To have that done, name that folder as a `source:` of its own in the configuration."
    )


def _link_before(path: Path, source: Path) -> Path | None:
    """The first link to a folder on the way from a source to a path below it, which may be that path itself."""
    way = [each for each in (path, *path.parents) if each.is_relative_to(source) and each != source]
    return next((each for each in reversed(way) if each.is_symlink() and each.is_dir()), None)


def passed_over(photo: Path, folders: Sequence[FolderSettings]) -> str:
    """Why people have a photo, named as the ledger knows it, passed over now, in words; "" if they have not."""
    for folder in folders:
        if photo.is_relative_to(folder.source):
            relative = photo.relative_to(folder.source)
            above = os.fspath(relative.parent)
            with suppress(OSError):  # who may not look has other words for it
                rules = Ignoring(folder.source, folder.ignore).rules("" if above == "." else above)
                told, link = SENTENCES.get(rules.reason(os.fspath(relative)), ""), _link_before(photo, folder.source)
                return told or (f"it lies behind {link}, a link to a folder" if link else "")
    return ""


def _reason_of_file(path: Path) -> str:
    if not path.exists():
        return "There is no such file."
    if not path.is_file():
        return "It is not a plain file."
    if not path.stat().st_size:
        return "It is empty. Perhaps it is still being copied: gpend waits a while for its content, then sets it aside."
    return (
        "gpend has not taken it yet: it is new, or its end is missing, as while it is copied. gpend waits a while for "
        "that, then sets it aside. Ask again later."
    )


def _located(photo: Path, folders: Iterable[FolderSettings]) -> Path | None:
    """The path by which the ledger would know `photo`, however it was named; None if it lies in no watched folder."""
    sources = [folder.source for folder in folders]
    found = paths_of(photo, [(folder.source, folder.output) for folder in folders])
    direct = (each for each in found if not any(_link_before(each, source) for source in sources))
    return next(direct, next(iter(found), None))
