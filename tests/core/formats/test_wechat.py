"""WeChat's .dat files, and the names that its exports have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core import codec
from gpend.core.formats import signatures, wechat
from gpend.errors import IncompleteError, PhotoError, UnsupportedError
from gpend.settings import PhotoSettings
from tests import photos
from tests.core import judges

PICTURES = {
    ".jpg": photos.jpeg(photos.portrait()),
    ".png": photos.png(photos.portrait()),
    ".gif": photos.KEPT["animated gif"](),
    ".webp": photos.webp(photos.portrait()),
    ".bmp": photos.KEPT["bmp"](),
    ".tif": photos.tiff(photos.portrait()),
}


def hidden(photo: bytes, key: int) -> bytes:
    """As WeChat up to version 3 stores it."""
    return bytes(value ^ key for value in photo)


@pytest.mark.parametrize("suffix", PICTURES)
@pytest.mark.parametrize("key", [0, 1, 0x5A, 0xA7, 0xFF])
def test_a_picture_is_revealed_with_its_real_ending(suffix: str, key: int) -> None:
    assert wechat.reveal(hidden(PICTURES[suffix], key)) == wechat.Revealed(PICTURES[suffix], suffix)


@given(st.integers(0, 255))
def test_whatever_the_key(key: int) -> None:
    assert wechat.reveal(hidden(PICTURES[".jpg"], key)).photo == PICTURES[".jpg"]


@given(st.integers(0, 255), st.binary(min_size=8, max_size=60))
def test_what_is_no_picture_is_an_error_or_begins_like_one(key: int, data: bytes) -> None:
    try:
        revealed = wechat.reveal(hidden(data, key))
    except (PhotoError, UnsupportedError):
        return
    assert any(
        revealed.suffix == signatures.ENDINGS[kind.name][0] for kind in wechat.KINDS if kind.matches(revealed.photo)
    )


@pytest.mark.parametrize("version", [b"V1", b"V2"])
def test_version_four_is_left_with_a_reason(version: bytes) -> None:
    with pytest.raises(UnsupportedError, match="WeChat 4"):
        wechat.reveal(b"\x07\x08" + version + b"\x08\x07" + bytes(500))


@pytest.mark.parametrize("length", [0, 1, 7])
def test_what_has_hardly_begun_is_incomplete(length: int) -> None:
    with pytest.raises(IncompleteError):
        wechat.reveal(hidden(PICTURES[".png"], 9)[:length])


def test_text_is_no_picture() -> None:
    with pytest.raises(PhotoError, match="no picture"):
        wechat.reveal(b"Dear diary, today I took no photo.")


@pytest.mark.parametrize("name", ["jpeg", "png", "webp-lossless", "tiff"])
def test_the_number_in_an_exported_name_is_never_written_as_a_date(name: str) -> None:
    """mmexport1716712345678.jpg: the number is the time of saving. The codec sees no name, and adds no date."""
    photo = photos.RESTORABLE[name](photos.portrait())
    header = codec.identify(photo, PhotoSettings())
    pixels = codec.decode(photo, header).pixels
    after = codec.encode(photo, header, judges.brightened(pixels), judges.blob(pixels), "restored").photo
    for trace in (b"1716712345678", b"1716712345", b"2024:05:26"):
        assert trace not in after
    assert dates(after) == dates(photo)


def dates(photo: bytes) -> list[bytes]:
    """Everything that has the form of EXIF's dates."""
    return [photo[at - 4 : at + 15] for at in range(4, len(photo)) if photo[at : at + 1] == b":" and is_date(photo, at)]


def is_date(photo: bytes, at: int) -> bool:
    """Whether the first colon of a date stands there."""
    text = photo[at - 4 : at + 15]
    return len(text) == 19 and text.replace(b":", b"").replace(b" ", b"").isdigit()
