"""A JPEG whose tables round the change away, and are not of those that become finer: nothing is written then."""

import io

import numpy as np
import pytest
from PIL import Image

from gpend.core import codec
from gpend.core.formats import jpeg
from gpend.core.formats.jpeg import turbo
from gpend.errors import UnsupportedError
from gpend.settings import PhotoSettings
from tests.core import judges
from tests.core.formats.jpeg.material import by_pillow, picture


def _coarse() -> bytes:
    """Its luma is told finely enough to stay as it is, but for each block's mean."""
    output = io.BytesIO()
    Image.fromarray(picture(96, 128) // 2 + 64).save(output, "JPEG", qtables=[[255] + [9] * 63, [255] + [60] * 63])
    return output.getvalue()


COARSE = _coarse()

pytestmark = pytest.mark.skipif(turbo.load() is None, reason="libturbojpeg is not installed here")


def test_a_change_that_no_coefficient_can_tell_changes_not_a_byte() -> None:
    before = by_pillow(COARSE)
    everything = np.ones(before.shape[:2], np.bool_)
    result = jpeg.patch(COARSE, np.clip(before.astype(int) + 1, 0, 255).astype(np.uint8), everything, "a history")
    assert result == jpeg.Patched(COARSE, ())


def test_the_photo_is_kept_with_that_reason() -> None:
    header = codec.identify(COARSE, PhotoSettings())
    pixels = codec.decode(COARSE, header).pixels
    with pytest.raises(UnsupportedError, match="compressed so strongly"):
        codec.encode(COARSE, header, judges.brightened(pixels, 1), judges.blob(pixels), "a history")


def test_a_change_that_can_be_told_is_written() -> None:
    header = codec.identify(COARSE, PhotoSettings())
    pixels = codec.decode(COARSE, header).pixels
    assert codec.encode(COARSE, header, judges.brightened(pixels, 60), judges.blob(pixels), "").photo != COARSE
