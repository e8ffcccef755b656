"""The parts of the demonstration that need no daemon."""

from dataclasses import replace
from pathlib import Path

import pytest

from gpend import demo
from gpend.errors import FatalError
from tests.test_words import HISTORY


def test_before_and_after_shows_the_face_twice_side_by_side(samples: Path) -> None:
    face = {"box": [178, 57, 273, 177]}
    before, after = samples / "portrait-blurred.jpg", samples / "portrait-sharp.jpg"
    picture = demo.before_and_after(before, after, replace(HISTORY, faces=(face,)))
    assert picture.size == (960, 480)
    assert picture.crop((100, 100, 400, 400)).tobytes() != picture.crop((580, 100, 880, 400)).tobytes()


@pytest.mark.parametrize("faces", [(), ({"box": [0, 0, 600, 600]},), ({"box": [500, 500, 512, 512]},)])
def test_before_and_after_copes_with_any_place_of_the_face(faces: tuple[dict[str, object], ...], samples: Path) -> None:
    photo = samples / "portrait-blurred.jpg"
    assert demo.before_and_after(photo, photo, replace(HISTORY, faces=faces)).size == (960, 480)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FatalError, match="--to"):
        demo.demonstrate(tmp_path / "file" / "demo", print)
