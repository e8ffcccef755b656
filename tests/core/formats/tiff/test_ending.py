"""Where a TIFF's pixels end."""

import pytest

from gpend.core import codec
from gpend.core.formats.reader import InMemory
from gpend.core.formats.tiff import ending
from gpend.errors import IncompleteError
from gpend.settings import PhotoSettings
from tests import photos

KINDS = [name for name in photos.RESTORABLE if name.startswith("tiff")]


@pytest.mark.parametrize("name", KINDS)
def test_no_pixel_lies_behind_the_end_and_none_is_missing_before_it(name: str) -> None:
    photo = photos.RESTORABLE[name](photos.portrait())
    end = ending.end(InMemory(photo))
    header = codec.identify(photo, PhotoSettings())
    overwritten = photo[:end] + bytes(len(photo) - end)
    if end < len(photo):  # directories or metadata come last
        with pytest.raises(IncompleteError):
            ending.end(InMemory(photo[:end]))
    else:
        assert (codec.decode(overwritten, header).pixels == codec.decode(photo, header).pixels).all()
    with pytest.raises(IncompleteError):
        ending.end(InMemory(photo[: end - 1]))
