"""The demonstration, as a newcomer runs it: real networks, real photos, the real daemon."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from gpend.core.formats.jpeg import lossless_library


def gpend(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "gpend", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


def test_the_demonstration_restores_the_two_blurred_portraits_and_leaves_the_other_pictures_alone(
    tmp_path: Path, samples: Path
) -> None:
    ended = gpend("demo", folder=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "portrait-shaken.jpg: restored, 1 face: 1 restored" in ended.stdout
    assert re.search(r"shaken by about 1\d px, towards the (upper )?right; the blur was taken out", ended.stdout)
    assert "portrait-blurred.jpg: restored, 1 face: 1 restored" in ended.stdout
    assert "portrait-sharp.jpg: kept, 1 face: 1 sharp enough" in ended.stdout
    assert "no-faces.jpg: kept, no faces found" in ended.stdout
    left = tmp_path / "gpend-demo"
    left_names = ["before-after.png", "blurred-restored.jpg", "shaken-restored.jpg"]
    assert sorted(file.name for file in left.iterdir()) == left_names
    for sample in ("blurred", "shaken"):
        assert_face_alone_changed(samples / f"portrait-{sample}.jpg", left / f"{sample}-restored.jpg")


def assert_face_alone_changed(before: Path, after: Path) -> None:
    with Image.open(before) as old, Image.open(after) as new:
        assert new.getexif()[0x010F] == old.getexif()[0x010F]
        assert new.info["icc_profile"] == old.info["icc_profile"]
        difference = np.abs(np.asarray(old, np.int16) - np.asarray(new, np.int16)).max(2)
    assert difference[80:160, 190:260].mean() > 3
    if lossless_library() is not None:
        difference[8:240, 120:340] = 0  # a reader spreads the colour of a changed block to the pixels beside it
        assert difference.max() == 0


def test_a_photo_is_restored_on_request_where_one_stands(tmp_path: Path, samples: Path) -> None:
    ended = gpend("restore", str(samples / "portrait-blurred.jpg"), folder=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert [file.name for file in tmp_path.iterdir()] == ["output_portrait-blurred.jpg"]
    assert_face_alone_changed(samples / "portrait-blurred.jpg", tmp_path / "output_portrait-blurred.jpg")
