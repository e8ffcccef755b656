"""Commands on single photos."""

import json
import os
import shutil
from pathlib import Path

import pytest

from gpend import wiring
from gpend.core.networks import Networks
from gpend.errors import FatalError
from gpend.settings import Settings
from tests.cli import Gpend


@pytest.mark.usefixtures("ready")
def test_score_tells_what_gpend_sees_and_writes_nothing(gpend: Gpend, samples: Path, tmp_path: Path) -> None:
    photos = [samples / "portrait-blurred.jpg", samples / "portrait-sharp.jpg"]
    result = gpend("score", "--json", *photos)
    told = json.loads(result.output)
    assert result.exit_code == 0
    assert [(one["photo"], one["outcome"]) for one in told] == [(str(photos[0]), "restored"), (str(photos[1]), "kept")]
    assert list(tmp_path.iterdir()) == []
    assert "portrait-blurred.jpg: would be restored" in gpend("score", photos[0]).output


@pytest.mark.usefixtures("ready")
def test_a_photo_that_fails_does_not_stop_the_others_and_is_told_by_1(gpend: Gpend, samples: Path) -> None:
    result = gpend("score", "--json", "none.jpg", samples / "no-faces.jpg")
    assert result.exit_code == 1
    assert [one["outcome"] for one in json.loads(result.output)] == ["failed", "kept"]


@pytest.mark.usefixtures("ready")
def test_restore_writes_its_output_into_the_current_folder(gpend: Gpend, samples: Path, tmp_path: Path) -> None:
    shutil.copyfile(samples / "portrait-blurred.jpg", tmp_path / "a.jpg")
    result = gpend("restore", "a.jpg", "-i", samples / "portrait-sharp.jpg")
    assert result.exit_code == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.jpg", "output_a.jpg"]
    assert (tmp_path / "a.jpg").read_bytes() == (samples / "portrait-blurred.jpg").read_bytes()
    assert "a.jpg: restored" in result.output
    assert "portrait-sharp.jpg: kept" in result.output


@pytest.mark.usefixtures("ready")
def test_restore_without_a_photo_takes_the_bundled_sample(gpend: Gpend, tmp_path: Path) -> None:
    assert gpend("restore").exit_code == 0
    assert [file.name for file in tmp_path.iterdir()] == ["output_portrait-blurred.jpg"]


@pytest.mark.usefixtures("ready")
def test_restore_tries_sharp_faces_too_if_asked(gpend: Gpend, samples: Path) -> None:
    result = gpend("restore", "--all-faces", samples / "portrait-sharp.jpg")
    assert result.exit_code == 0
    assert "sharp enough" not in result.output


def test_restore_never_writes_over_its_input(gpend: Gpend, samples: Path, tmp_path: Path) -> None:
    shutil.copyfile(samples / "portrait-blurred.jpg", tmp_path / "a.jpg")
    result = gpend("restore", "a.jpg", "-o", "a.jpg")
    assert result.exit_code == 2
    assert "never writes over its input" in result.output


@pytest.mark.usefixtures("ready")
def test_restore_writes_one_photo_to_standard_output_and_says_the_rest_aside(gpend: Gpend, samples: Path) -> None:
    result = gpend("restore", "-o", "-", samples / "portrait-blurred.jpg")
    assert result.exit_code == 0
    assert result.stdout_bytes.startswith(b"\xff\xd8")
    assert b"restored" in result.stderr_bytes
    refused = gpend("restore", "-o", "-", samples, samples / "portrait-blurred.jpg")
    assert (refused.exit_code, "name one" in refused.output) == (2, True)


@pytest.mark.usefixtures("ready")
def test_restoring_a_folder_again_does_only_what_is_new(gpend: Gpend, samples: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    shutil.copyfile(samples / "portrait-blurred.jpg", tmp_path / "in" / "a.jpg")
    assert "1 restored" in gpend("restore", "in", "-o", "out").output
    again = gpend("restore", "in", "-o", "out")
    assert again.exit_code == 0
    assert "kept, once: it was restored into this place before; --force does it anew" in again.output
    assert "1 restored" in gpend("restore", "in", "-o", "out", "--force").output
    assert (
        "1 restored" in gpend("restore", "in", "-o", "out", "--strength", "0.5").output
    )  # another result was asked for
    assert "1 kept" in gpend("restore", "in", "-o", "out", "--strength", "0.5").output


@pytest.mark.usefixtures("ready")
def test_one_photo_is_restored_as_it_is_asked_for_now_and_several_as_before(gpend: Gpend, samples: Path) -> None:
    photo = samples / "portrait-blurred.jpg"
    for asked, became in (
        (["--strength", "0.5"], "restored"),
        ([], "restored"),  # the usual strength is another one
        ([], "kept"),
        (["--strength", "0.5"], "restored"),
        ([samples / "portrait-sharp.jpg"], "kept"),
    ):
        result = gpend("restore", photo, *asked, "-o", "out/")
        assert result.exit_code == 0
        assert f"{photo}: {became}" in result.output


@pytest.mark.parametrize("command", ["score", "restore"])
def test_who_names_what_is_not_there_does_not_wait_for_the_networks(
    command: str, gpend: Gpend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def loaded(_settings: Settings) -> Networks:
        raise FatalError("the networks were loaded")

    monkeypatch.setattr(wiring, "networks", loaded)
    result = gpend(command, "none.jpg")
    assert (result.exit_code, "There is no such file." in result.output) == (1, True)
    if command == "restore":
        assert gpend("restore", "-o", "-", "none.jpg").exit_code == 1


def test_score_says_of_a_folder_without_photos_that_there_are_none_and_what_was_passed_over(
    gpend: Gpend, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").touch()
    result = gpend("score", "in")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "There are no photos in it that gpend reads.",
        "  passed over: other files: 1",
    ]
    for_scripts = gpend("score", "--json", "in")
    assert (json.loads(for_scripts.stdout), "There are no photos" in for_scripts.stderr) == ([], True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may enter every directory")
def test_a_folder_that_score_may_not_look_into_is_told_by_1(gpend: Gpend, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir(0o000)
    result = gpend("score", "in")
    assert (result.exit_code, f"could not be read: {tmp_path / 'in'}" in result.output) == (1, True)
