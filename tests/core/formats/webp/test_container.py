"""WebP: every chunk but the colours' stays."""

import io
import struct

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from PIL.WebPImagePlugin import WebPImageFile

from gpend.core import codec
from gpend.core.formats import SIGNED
from gpend.core.formats.reader import InMemory
from gpend.core.formats.webp import animation, riff, vp8
from gpend.core.formats.webp import container as webp
from gpend.errors import PhotoError, UnsupportedError
from gpend.settings import PhotoSettings
from tests import photos
from tests.core import judges


def parts(photo: bytes) -> dict[bytes, bytes]:
    """Every chunk's data."""
    return {chunk.kind: photo[chunk.data] for chunk in riff.walk(photo)}


def edited(photo: bytes, history: str = "") -> codec.Encoded:
    """The photo with a middle so little brighter that a thumbnail would not show it."""
    header = codec.identify(photo, PhotoSettings())
    pixels = codec.decode(photo, header).pixels
    return codec.encode(photo, header, judges.brightened(pixels, 2), judges.blob(pixels), history)


@pytest.mark.parametrize("lossless", [True, False])
def test_every_chunk_but_the_colours_stays_byte_for_byte(*, lossless: bool) -> None:
    photo = photos.webp(photos.portrait(), metadata=True, lossless=lossless)
    after = edited(photo + b"a trailer").photo
    old, new = parts(photo), parts(after)
    assert list(old) == list(new)
    assert {kind for kind in old if old[kind] != new[kind]} == {webp.LOSSLESS if lossless else webp.LOSSY}
    assert after.endswith(b"a trailer")


def test_with_a_history_the_exif_chunk_grows_at_its_end() -> None:
    photo = photos.webp(photos.portrait(), metadata=True, lossless=True)
    old, new = parts(photo), parts(edited(photo, "restored").photo)
    assert {kind for kind in old if old[kind] != new[kind]} == {webp.LOSSLESS, b"EXIF"}
    assert new[b"EXIF"][14 : len(old[b"EXIF"])] == old[b"EXIF"][14:]


def test_a_photo_without_exif_gets_some_before_its_xmp() -> None:
    photo = photos.webp(photos.portrait(), lossless=True, xmp=photos.XMP)
    after = edited(photo, "restored").photo
    assert list(parts(after)) == [b"VP8X", webp.LOSSLESS, b"EXIF", b"XMP "]
    assert parts(after)[b"VP8X"][0] == parts(photo)[b"VP8X"][0] | webp.HAS_EXIF


def test_what_is_transparent_keeps_colours_that_nobody_sees() -> None:
    samples = np.dstack((photos.portrait(), np.zeros((150, 120), np.uint8)))
    with pytest.raises(UnsupportedError, match="transparent"):
        edited(photos.saved(samples, "WEBP", lossless=True, exact=True))
    samples[:75, :, 3] = 1
    after = np.asarray(Image.open(io.BytesIO(edited(photos.saved(samples, "WEBP", lossless=True, exact=True)).photo)))
    assert np.array_equal(after[75:], samples[75:])
    assert not np.array_equal(after[:75], samples[:75])


@pytest.mark.parametrize("extended", [True, False])
def test_alpha_in_which_nothing_is_transparent_stays(*, extended: bool) -> None:
    """By itself libwebp leaves it out; other encoders tell it wherever their picture had some."""
    (chunk,) = riff.walk(photo := photos.webp(photos.portrait(), lossless=True))
    colours = bytearray(photo[chunk.data])
    colours[4] |= webp.VP8L_ALPHA
    form = b"\x10\0\0\0" + b"".join((side - 1).to_bytes(3, "little") for side in photos.portrait().shape[1::-1])
    chunks = [riff.written(b"VP8X", form)] if extended else []
    photo = riff.whole([*chunks, riff.written(webp.LOSSLESS, bytes(colours))])
    before, after = (WebPImageFile(io.BytesIO(one)) for one in (photo, edited(photo, "restored").photo))
    assert before.mode == after.mode == "RGBA"
    assert np.array_equal(np.asarray(before)[..., 3], np.asarray(after)[..., 3])
    assert not np.array_equal(np.asarray(before), np.asarray(after))


@pytest.mark.parametrize("clear", [True, False])
def test_a_simple_file_is_extended_only_for_a_history(*, clear: bool) -> None:
    picture = photos.alpha(photos.portrait()) if clear else photos.portrait()
    photo = photos.saved(picture, "WEBP", lossless=True, exact=True)
    assert list(parts(edited(photo).photo)) == [webp.LOSSLESS]
    after = parts(edited(photo, "restored").photo)
    assert list(after) == [b"VP8X", webp.LOSSLESS, b"EXIF"]
    flags = webp.HAS_EXIF | (webp.HAS_ALPHA if clear else 0)
    assert after[b"VP8X"] == bytes([flags, 0, 0, 0, 119, 0, 0, 149, 0, 0])


def test_colours_under_what_is_fully_transparent_stay() -> None:
    clear = photos.alpha(photos.portrait())
    clear[:, :60, 3] = 0
    photo = photos.saved(clear, "WEBP", lossless=True, exact=True)
    after = codec.decode(edited(photo).photo, codec.identify(photo, PhotoSettings())).pixels
    assert np.array_equal(after[:, :20], clear[:, :20, :3])


@pytest.mark.parametrize("quality", [10, 50, 75, 90, 95, 97, 100])
def test_a_lossy_photo_is_never_quantised_more_coarsely(quality: int) -> None:
    photo = photos.webp(photos.portrait(), quality=quality)
    encoded = edited(photo)
    before, after = (vp8.quantisers(parts(each)[webp.LOSSY]) for each in (photo, encoded.photo))
    assert min(after) <= min(before)
    assert max(after) <= max(before)
    assert "encoded again" in encoded.notes[0]


def test_a_lossy_photos_own_alpha_is_kept_byte_for_byte() -> None:
    photo = photos.saved(photos.alpha(photos.portrait()), "WEBP", quality=80)
    assert parts(photo)[b"ALPH"] == parts(edited(photo, "restored").photo)[b"ALPH"]


def test_a_picture_of_another_size_than_promised_is_corruption() -> None:
    photo = bytearray(photos.webp(photos.portrait(), metadata=True))
    photo[24] += 1
    with pytest.raises(PhotoError, match="size"):
        webp.header(bytes(photo))


@pytest.mark.parametrize(
    "chunks",
    [
        b"",
        riff.written(b"VP8 ", b"rubbish"),
        riff.written(b"VP8L", b"rubbish"),
        riff.written(b"VP8 ", b"\0\0\0\x9d\x01\x2a\0\0\0\0"),
    ],
)
def test_a_file_without_a_proper_picture_is_corruption(chunks: bytes) -> None:
    with pytest.raises(PhotoError, match="corrupt"):
        webp.header(photos.riff_file(chunks))


def test_chunks_that_other_readers_stumble_over_are_corruption() -> None:
    whole = photos.webp(photos.portrait(), metadata=True)
    found = {chunk.kind: whole[chunk.start : chunk.end] for chunk in riff.walk(whole)}
    photo = riff.whole([found[b"VP8X"], found[b"VP8 "], found[b"VP8 "]])
    with pytest.raises(PhotoError):
        codec.overview(photo, codec.identify(photo, PhotoSettings()), 100)


def test_what_would_take_too_much_memory_is_kept() -> None:
    header = codec.Header(codec.Format.WEBP, 16_000, 10_000, 1)
    with pytest.raises(UnsupportedError, match="megapixels"):
        codec.overview(b"", header, 100)


def test_the_flag_of_an_animation_is_enough_to_keep_it() -> None:
    photo = bytearray(photos.webp(photos.portrait(), metadata=True))
    photo[20] |= animation.ANIMATED
    with pytest.raises(UnsupportedError, match="animated"):
        webp.header(bytes(photo))
    assert struct.unpack_from("<I", photo, 16) == (10,)


def without_padding(photo: bytes, *, counted: bool) -> bytes:
    """The photo without the padding of its last chunk; `counted`: it is there, and only not counted."""
    assert riff.walk(photo)[-1].length % 2
    return photo[:4] + struct.pack("<I", len(photo) - 9) + (photo[8:] if counted else photo[8:-1])


@pytest.mark.parametrize("counted", [False, True])
@pytest.mark.parametrize("options", [{"quality": 80}, {"lossless": True}])
def test_padding_that_lacks_at_the_end_is_added(options: dict[str, int], *, counted: bool) -> None:
    whole = photos.webp(photos.portrait(), metadata=True, **options)
    photo = without_padding(riff.whole([whole[12:], riff.written(b"a  b", b"odd")]), counted=counted)
    encoded = edited(photo, "restored")
    assert parts(encoded.photo)[b"a  b"] == b"odd"
    assert riff.end(InMemory(encoded.photo)) % 2 == 0
    judges.require_accepted(encoded.photo)
    assert webp.header(webp.carried_over(photo, encoded.photo, "")) == webp.header(encoded.photo)


@pytest.mark.parametrize("short", [1, 2, 8])
def test_a_header_that_counts_too_few_bytes_of_its_last_chunk_is_put_right(short: int) -> None:
    rich = photos.webp(photos.portrait(), metadata=True, quality=80)
    whole = riff.whole([rich[one.start : one.end] for one in riff.walk(rich) if one.kind != b"teSt"])
    photo = whole[:4] + struct.pack("<I", len(whole) - 8 - short) + whole[8:]
    judges.by_opencv(photo)
    encoded = edited(photo, "restored")
    judges.require_accepted(encoded.photo)
    assert riff.end(InMemory(encoded.photo)) == len(encoded.photo)
    kept = [kind for kind in parts(whole) if kind not in (b"VP8 ", b"EXIF")]
    assert [parts(encoded.photo)[kind] for kind in kept] == [parts(whole)[kind] for kind in kept]


def test_a_picture_that_lacks_its_own_padding_is_read() -> None:
    whole = photos.webp(photos.portrait(), quality=80)
    colours = parts(whole)[b"VP8 "]
    photo = without_padding(riff.whole([riff.written(b"VP8 ", colours + bytes(1 - len(colours) % 2))]), counted=False)
    judges.require_accepted(edited(photo).photo)


def test_a_signature_that_no_longer_matches_is_told() -> None:
    whole = photos.webp(photos.portrait(), metadata=True, lossless=True)
    photo = riff.whole([whole[12:], riff.written(b"C2PA", b"a manifest")])
    encoded = edited(photo)
    assert encoded.notes == (SIGNED,)
    assert parts(encoded.photo)[b"C2PA"] == b"a manifest"


def test_a_lossy_picture_that_reads_back_otherwise_is_never_given_out(monkeypatch: pytest.MonkeyPatch) -> None:
    photo, lossy = photos.webp(photos.portrait(256, 320), quality=80), webp._lossy  # noqa: SLF001 - the fault in question

    def write(samples: NDArray[np.uint8], picture: webp._Picture) -> tuple[bytes, tuple[str, ...]]:
        other = samples.copy()
        other[64:128, 64:128] ^= 0x20
        return lossy(other, picture)

    monkeypatch.setattr(webp, "_lossy", write)
    with pytest.raises(PhotoError, match="did not read back"):
        edited(photo)
