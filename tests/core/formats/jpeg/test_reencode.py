"""Without libturbojpeg the whole picture is coded again, and nothing else changes."""

import numpy as np
import pytest

from gpend.core.formats import jpeg
from gpend.core.formats.jpeg import frame, turbo
from gpend.core.formats.jpeg.blocks import table_of
from gpend.core.formats.jpeg.picture import WITHOUT_LIBRARY
from gpend.core.formats.jpeg.segments import survey
from gpend.errors import PhotoError
from tests.core.formats.jpeg.material import MCUS, Coding, by_pillow, coded, picture, quality_of, wanted
from tests.photos_jpeg import Maker, phone_photo


@pytest.fixture(autouse=True)
def _without_libturbojpeg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turbo, "load", lambda: None)


@pytest.mark.parametrize("sampling", MCUS)
@pytest.mark.parametrize("quality", [70, 90])
@pytest.mark.parametrize("progressive", [False, True])
def test_kind_and_all_but_coarse_steps_stay_and_it_is_said(sampling: str, quality: int, *, progressive: bool) -> None:
    photo = coded(picture(60, 90, grey=sampling == "grey"), Coding(sampling, quality, progressive, restart=3))
    changed = np.zeros((60, 90), np.bool_)
    changed[20:50, 20:70] = True
    sought = wanted(by_pillow(photo), changed)
    result = jpeg.patch(photo, sought, changed, "")
    assert WITHOUT_LIBRARY in result.notes
    before, after = (frame.read(one, survey(one).segments) for one in (photo, result.photo))
    assert (after.process, after.colour, after.restart) == (before.process, before.colour, before.restart)
    for old, new in zip(before.components, after.components, strict=True):
        assert np.array_equal(np.minimum(table_of(old), 4 if quality < 80 else 255), table_of(new))
    if sampling in {"4:4:4", "4:2:2", "4:2:0"}:
        assert [(c.across, c.down) for c in before.components] == [(c.across, c.down) for c in after.components]
    assert quality_of(by_pillow(result.photo), sought, changed) > 25


def test_metadata_stay_and_the_thumbnail_follows() -> None:
    phone = phone_photo(Maker.SAMSUNG, picture(240, 320))
    changed = np.zeros((240, 320), np.bool_)
    changed[60:160, 100:200] = True
    result = jpeg.patch(phone.photo, wanted(by_pillow(phone.photo), changed), changed, "")
    assert result.photo.endswith(phone.sef)
    assert phone.thumbnail not in result.photo
    assert phone.maker_note in result.photo


def test_a_photo_that_pillow_gives_up_on_is_corrupt() -> None:
    photo = coded(picture(40, 40), Coding())
    with pytest.raises(PhotoError, match="corrupt"):
        jpeg.decode(photo.replace(b"\xff\xdb", b"\xff\xe9"))


def test_shrunken_pictures_have_the_size_that_was_asked_for() -> None:
    photo = coded(picture(61, 90), Coding())
    for eighths in range(1, 9):
        assert jpeg.decode(photo, eighths).shape == (-(-61 * eighths // 8), -(-90 * eighths // 8), 3)


def test_nobody_is_told_of_a_library() -> None:
    assert jpeg.lossless_library() in {None, "libturbojpeg 2", "libturbojpeg 3"}
