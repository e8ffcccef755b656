"""A part of a picture that was never written is told, and an even picture is not taken for one."""

import io
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pillow_heif import from_pillow

from gpend.core import codec
from gpend.core.formats import isobmff
from gpend.core.formats.unwritten import NEVER_WRITTEN, SHORTEST, has_stretch
from gpend.core.formats.webp import riff
from gpend.errors import IncompleteError, PhotoError
from gpend.settings import PhotoSettings

WRITERS: dict[str, tuple[str, dict[str, Any]]] = {
    "AVIF": ("AVIF", {"quality": 90, "speed": 8}),
    "HEIF": ("HEIF", {"quality": 90}),
    "WebP": ("WEBP", {"quality": 95}),
    "lossless WebP": ("WEBP", {"lossless": True}),
}
SIDE = 320


def textured() -> NDArray[np.uint8]:
    """Much to code in every place."""
    rng = np.random.default_rng(5)
    coarse = rng.integers(40, 200, (SIDE // 4, SIDE // 4, 3), np.uint8).repeat(4, 0).repeat(4, 1)
    return np.asarray(coarse + rng.integers(0, 40, coarse.shape, np.uint8))


def written(name: str, pixels: NDArray[np.uint8]) -> bytes:
    kind, options = WRITERS[name]
    image, stream = Image.fromarray(pixels), io.BytesIO()
    if kind == "HEIF":
        from_pillow(image).save(stream, **options)
    else:
        image.save(stream, kind, **options)
    return stream.getvalue()


def coded(photo: bytes) -> slice:
    """Where the data of its picture lie."""
    if photo.startswith(b"RIFF"):
        return next(chunk.data for chunk in riff.walk(photo) if chunk.kind in (riff.LOSSY, riff.LOSSLESS))
    meta = next(box for box in isobmff.boxes(photo, 0, len(photo)) if box.kind == b"meta")
    return max((each.data for each in isobmff.extents(photo, meta)), key=lambda place: place.stop - place.start)


def look(photo: bytes) -> NDArray[np.uint8]:
    """As gpend looks at every photo first."""
    return codec.overview(photo, codec.identify(photo, PhotoSettings()), 64)


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("filling", [b"\0", b"\xff", b"\xcd"])
@pytest.mark.parametrize("share", [0.3, 0.6])
def test_a_photo_with_a_stretch_that_was_never_written_is_not_read(name: str, filling: bytes, share: float) -> None:
    photo = written(name, textured())
    place = coded(photo)
    begin = place.start + int((place.stop - place.start) * share)
    assert place.stop - begin > 3000
    with pytest.raises(PhotoError, match=f"{NEVER_WRITTEN}|cannot be decoded"):
        look(photo[:begin] + filling * 1024 + photo[begin + 1024 :])


@pytest.mark.parametrize("name", WRITERS)
def test_zeros_in_place_of_the_end_make_a_photo_incomplete(name: str) -> None:
    photo = written(name, textured())
    end = coded(photo).stop
    for missing in (600, 4096):
        with pytest.raises(IncompleteError):
            look(photo[: end - missing] + bytes(missing) + photo[end:])


EVEN = {
    "black": np.zeros((2000, 3000, 3), np.uint8),
    "coloured": np.broadcast_to(np.array([200, 30, 77], np.uint8), (2000, 3000, 3)),
    "a ramp": np.broadcast_to(np.linspace(0, 255, 3000).astype(np.uint8)[None, :, None], (2000, 3000, 3)),
    "one patch": np.pad(textured(), ((900, 780), (1900, 780), (0, 0)), constant_values=255),
}


@pytest.mark.parametrize("even", EVEN)
@pytest.mark.parametrize("name", WRITERS)
def test_an_even_picture_is_whole(name: str, even: str) -> None:
    look(written(name, np.ascontiguousarray(EVEN[even])))


FILLERS = {
    "HEVC's filler data": ("HEIF", b"\0\0\x0b\xbb" + b"\x4c\x01" + b"\xff" * 3000 + b"\x80"),
    "HEVC's messages": ("HEIF", b"\0\0\x0b\xbb" + b"\x4e\x01" + b"\x05" * 3000 + b"\x80"),
    "AV1's padding": ("AVIF", b"\x7a\xb9\x17" + bytes(3000) + b"\x80"),
    "AV1's metadata": ("AVIF", b"\x2a\xb9\x17" + b"\x04" + bytes(2999) + b"\x80"),
}


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("kind", FILLERS)
def test_a_photo_that_was_filled_up_to_be_as_large_as_its_encoder_was_asked_for_is_whole(
    kind: str, *, is_first: bool
) -> None:
    name, filler = FILLERS[kind]
    photo = written(name, textured())
    boxes = list(isobmff.boxes(photo, 0, len(photo)))
    meta = next(box for box in boxes if box.kind == b"meta")
    picture = max(isobmff.extents(photo, meta), key=lambda each: each.length.value)
    parts = [photo[picture.data], filler]
    filled = isobmff.exchanged(photo, boxes, meta, {picture: b"".join(parts[::-1] if is_first else parts)})
    assert np.array_equal(look(filled), look(photo))


def test_an_even_webp_holds_such_stretches_by_itself() -> None:
    photo = written("WebP", np.ascontiguousarray(EVEN["black"]))
    assert has_stretch(photo[coded(photo)])


def test_zeros_behind_the_last_pixel_of_a_webp_belong_to_none() -> None:
    for name in ("WebP", "lossless WebP"):
        photo = written(name, textured())
        padded = riff.whole([riff.written(photo[12:16], photo[coded(photo)] + bytes(2000))])
        assert np.array_equal(look(padded), look(photo))


@pytest.mark.parametrize("filling", [b"\0\0", b"\xff\0", b"\x4e\x4e", b"ab"])
@pytest.mark.parametrize("begin", [0, 1, 7, 15, 4_193_000, 4_193_800, 4_194_303, 5_000_000 - SHORTEST])
def test_a_stretch_is_found_wherever_it_begins(filling: bytes, begin: int) -> None:
    noise = np.random.default_rng(1).integers(0, 255, 5_000_000, np.uint8).tobytes()
    assert has_stretch(noise[:begin] + filling * (SHORTEST // 2) + noise[begin + SHORTEST :])
    short = SHORTEST - 40
    assert not has_stretch(noise[:begin] + filling * (short // 2) + noise[begin + short :])


def test_three_values_in_turn_and_next_to_nothing_are_no_stretch() -> None:
    assert not has_stretch(b"abc" * SHORTEST)
    assert not has_stretch(b"a" * (SHORTEST // 2) + b"b" * (SHORTEST // 2))
    assert not has_stretch(b"")
