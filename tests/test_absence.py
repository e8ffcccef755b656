"""Why a photo is not on record."""

from pathlib import Path

from gpend import absence
from gpend.settings import FolderSettings


def test_why_a_photo_is_unknown_is_told_in_words(tmp_path: Path) -> None:
    folder = FolderSettings(source=tmp_path / "in", output=tmp_path / "out")
    source = folder.source
    source.mkdir()
    (source / "new.jpg").write_bytes(b"x")
    (source / "empty.jpg").touch()
    folder.output.mkdir()
    (folder.output / "stray.jpg").touch()
    (source / "folder.jpg").mkdir()
    said = {
        tmp_path / "elsewhere.jpg": "no watched folder",
        source / ".syncthing.a.jpg.tmp": "passes over",
        source / "@eaDir" / "a.jpg": "passes over",
        source / "letter.txt": "passes over",
        source / "absent.jpg": "no such file",
        source / "folder.jpg": "not a plain file",
        folder.output / "stray.jpg": "gpend did not make it",
        source / "new.jpg": "has not taken it yet",
        source / "empty.jpg": "It is empty",
    }
    assert [words in absence.reason(path, [folder]) for path, words in said.items()] == [True] * len(said)
