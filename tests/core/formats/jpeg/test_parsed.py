"""A JPEG is parsed once: its segments, its frame, its coded bytes; whoever needs them gets what is there."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from gpend.core import codec
from gpend.core.formats.jpeg import frame, parsed, splice
from gpend.settings import PhotoSettings
from tests.core import judges
from tests.core.formats.jpeg.material import picture
from tests.photos_jpeg import Maker, phone_photo


class Counted:
    """How often functions were called for the same bytes."""

    def __init__(self) -> None:
        self.calls: Counter[tuple[str, int]] = Counter()
        self._held: list[bytes] = []  # so that no other bytes get their identity

    def wrap(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, counted by its first argument."""

        def counting(photo: bytes, *rest: object) -> object:
            self._held.append(photo)
            self.calls[name, id(photo)] += 1
            return function(photo, *rest)

        return counting

    def of(self, photo: bytes) -> dict[str, int]:
        """How often each function was called for `photo`."""
        return {name: count for (name, place), count in self.calls.items() if place == id(photo)}


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    """All that walks, reads or copies a JPEG is counted."""
    counter = Counted()
    for name, module, attribute in (
        ("survey", parsed, "survey"),
        ("survey", splice, "survey"),
        ("frame", frame, "read"),
        ("coding", parsed, "coding"),
    ):
        monkeypatch.setattr(module, attribute, counter.wrap(name, getattr(module, attribute)))
    return counter


@pytest.mark.parametrize("maker", Maker)
def test_a_blurred_photo_is_walked_read_and_copied_once(counted: Counted, maker: Maker) -> None:
    photo = phone_photo(maker, picture(240, 320)).photo
    header = codec.identify(photo, PhotoSettings())
    codec.overview(photo, header, 60)
    pixels = codec.decode(photo, header).pixels
    encoded = codec.encode(photo, header, judges.brightened(pixels, 40), judges.blob(pixels), "a history")
    assert counted.of(photo) == {"survey": 1, "frame": 1, "coding": 1}
    assert counted.of(encoded.photo) == {"survey": 1, "frame": 1, "coding": 1}  # read back to see that it is whole


def test_a_photo_that_is_only_looked_at_is_parsed_once_too(counted: Counted) -> None:
    photo = phone_photo(Maker.APPLE, picture(240, 320)).photo
    header = codec.identify(photo, PhotoSettings())
    codec.overview(photo, header, 60)
    assert counted.of(photo) == {"survey": 1, "frame": 1, "coding": 1}
    assert not [name for name, place in counted.calls if place != id(photo)]


def test_the_coded_bytes_are_not_copied_before_somebody_decodes(counted: Counted) -> None:
    photo = phone_photo(Maker.CANON, picture(240, 320)).photo
    codec.identify(photo, PhotoSettings())
    assert counted.of(photo) == {"survey": 1, "frame": 1}


def test_a_header_of_another_photo_is_not_taken_for_this_ones() -> None:
    one, other = (phone_photo(Maker.CANON, picture(48, 64, seed=seed)).photo for seed in (1, 2))
    header = codec.identify(one, PhotoSettings())
    assert (codec.decode(other, header).pixels == judges.by_opencv(other)).all()
