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


def test_a_photo_behind_a_link_to_a_folder_is_not_told_to_be_waited_for(tmp_path: Path) -> None:
    elsewhere, source = tmp_path / "disk2" / "2023", tmp_path / "in"
    for place in (elsewhere, source, tmp_path / "out"):
        place.mkdir(parents=True)
    (elsewhere / "a.jpg").write_bytes(b"x")
    (source / "2023").symlink_to(elsewhere)
    folders = [FolderSettings(source=source, output=tmp_path / "out")]
    assert f"{source / '2023'}, a link to the folder {elsewhere}," in absence.reason(source / "2023/a.jpg", folders)
    assert "gpend looks through no folder behind a link" in absence.reason(source / "2023", folders)
    assert "it lies behind" in absence.passed_over(source / "2023/a.jpg", folders)
    folders.append(FolderSettings(source=elsewhere, output=tmp_path / "out2"))
    assert "has not taken it yet" in absence.reason(source / "2023/a.jpg", folders)
