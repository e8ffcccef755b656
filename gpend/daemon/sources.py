"""Sources as the settings want them: with or without the sidecars of photos."""

import os
from pathlib import Path

from gpend.intake import Sighting
from gpend.intake.names import is_excluded_directory
from gpend.intake.sidecars import is_sidecar
from gpend.intake.source import Source
from gpend.settings import FolderSettings, Keep, Settings


class SourceWithSidecars(Source):
    """A source of which sidecars are sighted as photos are."""

    def is_photo_name(self, name: str) -> bool:
        """As in Source, or the name of a sidecar."""
        return is_sidecar(name) or super().is_photo_name(name)

    def sight(self, path: Path) -> Sighting | None:
        """As in Source."""
        if not is_sidecar(path.name):
            return super().sight(path)
        if not path.is_relative_to(self.root) or not is_visible(self, path.relative_to(self.root)):
            return None
        try:
            return self.at(os.fspath(path), path.lstat())
        except (FileNotFoundError, NotADirectoryError):
            return None


def source_of(folder: FolderSettings, settings: Settings) -> Source:
    """The source of one pair of the settings. Sidecars count only where `keep` mirrors what needs no restoration."""
    outside = [each.output for each in settings.folders]
    kind = Source if settings.keep is Keep.NONE else SourceWithSidecars
    return kind(folder.source, wechat_dat=folder.wechat_dat, outside=outside)


def is_visible(source: Source, relative: Path) -> bool:
    """Whether a scan of the source would show a file of this path, were it there."""
    *directories, name = relative.parts
    return source.is_photo_name(name) and not any(map(is_excluded_directory, directories))
