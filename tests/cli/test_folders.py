"""Commands on whole folders: nothing is written but the report."""

import shutil
from pathlib import Path

import pytest
import yaml

from gpend.settings import Settings
from tests.cli import Gpend


@pytest.fixture
def album(samples: Path, tmp_path: Path) -> Path:
    """A folder with two portraits, a picture without faces, and a file that is no picture."""
    folder = tmp_path / "album"
    (folder / "2024").mkdir(parents=True)
    for name in ("portrait-blurred.jpg", "portrait-sharp.jpg", "no-faces.jpg"):
        shutil.copyfile(samples / name, folder / "2024" / name)
    (folder / "broken.jpg").write_text("not a picture")
    return folder


@pytest.mark.usefixtures("ready")
def test_preview_writes_a_report_and_nothing_else_and_replaces_it_the_next_time(
    gpend: Gpend, album: Path, tmp_path: Path
) -> None:
    for _ in range(2):
        result = gpend("preview", album)
        assert result.exit_code == 0
        assert "2 faces were measured in 4 photos; 1 could not be read." in result.output
        assert sorted(file.name for file in tmp_path.iterdir()) == ["album", "gpend-preview.html"]
    assert "portrait-blurred.jpg" in (tmp_path / "gpend-preview.html").read_text()
    assert len(list((album / "2024").iterdir())) == 3


def test_preview_leaves_a_file_alone_that_is_no_report(gpend: Gpend, album: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.html").write_text("Dear Ada")
    result = gpend("preview", album, "--out", "letter.html")
    assert result.exit_code == 2
    assert "left alone" in result.output
    assert (tmp_path / "letter.html").read_text() == "Dear Ada"


@pytest.mark.usefixtures("ready")
def test_calibrate_proposes_a_threshold_in_the_words_of_the_configuration(gpend: Gpend, album: Path) -> None:
    result = gpend("calibrate", album)
    assert result.exit_code == 0
    line = result.output.splitlines()[-1]
    assert Settings.model_validate(yaml.safe_load(line)).triage.sharpness_threshold == 0.5  # two faces say nothing


@pytest.mark.usefixtures("ready")
def test_most_limits_how_many_photos_are_looked_at(gpend: Gpend, album: Path) -> None:
    assert "measured in 1 photo" in gpend("calibrate", "--most", "1", album).output


@pytest.mark.parametrize("command", ["preview", "calibrate"])
def test_a_folder_that_is_not_there_is_wrong_usage(command: str, gpend: Gpend) -> None:
    result = gpend(command, "nowhere")
    assert result.exit_code == 2
    assert "nowhere is no folder" in result.output
