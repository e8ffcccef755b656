"""What changed, at the size of a thumbnail."""

import numpy as np
import pytest

from gpend.core.formats.jpeg import difference, turbo
from gpend.core.formats.jpeg.parsed import parse
from gpend.core.formats.jpeg.picture import replaced
from tests.core.formats.jpeg.material import MCUS, Coding, by_pillow, coded, picture, wanted


@pytest.mark.skipif(turbo.load() is None, reason="libturbojpeg is not installed here")
@pytest.mark.parametrize("sampling", MCUS)
@pytest.mark.parametrize("width", [15, 60])  # from the blocks' means, and from their pixels
def test_replaced_blocks_tell_the_difference_that_the_pixels_tell(sampling: str, width: int) -> None:
    photo = coded(picture(180, 240, grey=sampling == "grey"), Coding(sampling, quality=97))
    changed = np.zeros((180, 240), np.bool_)
    changed[40:120, 60:200] = True
    old = by_pillow(photo)

    result = replaced(parse(photo), wanted(old, changed), changed)
    size = width, width * 3 // 4
    seen = difference.of_pixels(old, by_pillow(result.coded))(*size)
    told = result.difference(*size)
    assert told.shape == seen.shape == (*size[::-1], 3)
    assert np.abs(seen).max() > 20
    assert np.abs(told - seen).mean() < 3
