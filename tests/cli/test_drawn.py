"""The picture of `gpend score --picture`: refused before anything is loaded, and never written over a file."""

from pathlib import Path

import cv2
import pytest

from gpend.cli import drawn
from gpend.core import pipeline
from gpend.core.networks import Networks
from gpend.errors import FatalError
from gpend.settings import CoreSettings


@pytest.mark.parametrize(
    ("place", "photos", "why"),
    [
        ("a.png", ["one.jpg", "two.jpg"], "name one"),
        ("a.png", ["."], "name one"),
        ("a.jpg", ["one.jpg"], "ends in .png"),
        ("there.png", ["one.jpg"], "exists already"),
        ("none/a.png", ["one.jpg"], "no folder"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_reason(tmp_path: Path, place: str, photos: list[str], why: str) -> None:
    (tmp_path / "there.png").touch()
    with pytest.raises(FatalError, match=why):
        drawn.refuse(tmp_path / place, [tmp_path / each for each in photos])


def test_one_photo_is_drawn_once_and_what_stands_there_is_kept(
    tmp_path: Path, networks: Networks, samples: Path
) -> None:
    photo, place = samples / "portrait-blurred.jpg", tmp_path / "drawn.png"
    drawn.refuse(place, [photo])
    seen = pipeline.inspect(photo.read_bytes(), networks, CoreSettings())
    drawn.write(seen, place)
    assert cv2.imread(str(place)) is not None
    before = place.read_bytes()
    with pytest.raises(FatalError, match="cannot be written"):
        drawn.write(seen, place)
    assert place.read_bytes() == before
