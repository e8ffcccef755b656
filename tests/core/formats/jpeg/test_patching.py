"""What a patched JPEG keeps, and what it changes."""

import io

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gpend.core.formats import jpeg
from gpend.errors import IncompleteError, PhotoError, UnsupportedError
from tests.core.formats.jpeg.material import (
    DECODERS,
    MCUS,
    Coding,
    by_pillow,
    coded,
    codings,
    coefficients,
    covered,
    dequantised,
    masks,
    mild,
    picture,
    quality_of,
    sizes,
    touched,
    wanted,
)

lossless = pytest.mark.skipif(jpeg.lossless_library() is None, reason="libturbojpeg is not installed here")


@lossless
@given(coding=codings, size=sizes, seed=st.integers(0, 9), data=st.data())
def test_what_coefficients_of_mcus_that_nothing_touched_stand_for_stays_the_same(
    coding: Coding, size: tuple[int, int], seed: int, data: st.DataObject
) -> None:
    photo = coded(picture(*size, seed, grey=coding.sampling == "grey"), coding)
    pixels, changed = by_pillow(photo), data.draw(masks(*size))
    before, after = (dequantised(one) for one in (photo, jpeg.patch(photo, wanted(pixels, changed), changed, "").photo))
    cells = touched(changed, *coding.mcu)
    for place, (old, new) in enumerate(zip(before, after, strict=True)):
        down, across = (1, 1) if place else (side // 8 for side in coding.mcu)
        may_differ = cells.repeat(down, 0).repeat(across, 1)[: old.shape[0], : old.shape[1]]
        assert not (old != new).any((2, 3))[~may_differ].any()


@lossless
@given(coding=codings, size=sizes, seed=st.integers(0, 9), data=st.data())
def test_pixels_further_than_one_from_the_replaced_mcus_stay_the_same_in_every_decoder(
    coding: Coding, size: tuple[int, int], seed: int, data: st.DataObject
) -> None:
    photo = coded(picture(*size, seed, grey=coding.sampling == "grey"), coding)
    pixels, changed = by_pillow(photo), data.draw(masks(*size))
    patched = jpeg.patch(photo, wanted(pixels, changed), changed, "").photo
    near = cv2.dilate(covered(changed, *coding.mcu).astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.bool_)
    for decoder in DECODERS:
        assert np.array_equal(decoder(photo)[~near], decoder(patched)[~near])


@lossless
@given(coding=mild, size=sizes, seed=st.integers(0, 9), data=st.data())
def test_the_changed_mcus_are_as_good_as_encoding_the_whole_picture_would_make_them(
    coding: Coding, size: tuple[int, int], seed: int, data: st.DataObject
) -> None:
    photo = coded(picture(*size, seed, grey=coding.sampling == "grey"), coding)
    changed = data.draw(masks(*size))
    sought = wanted(by_pillow(photo), changed)
    patched, whole = jpeg.patch(photo, sought, changed, "").photo, coded(sought, coding)
    where = covered(changed, *coding.mcu)
    assert quality_of(by_pillow(patched), sought, where) >= quality_of(by_pillow(whole), sought, where) - 0.2


@lossless
@given(coding=mild, size=sizes, seed=st.integers(0, 9))
def test_replacing_every_block_writes_the_very_blocks_that_libjpeg_writes(
    coding: Coding, size: tuple[int, int], seed: int
) -> None:
    photo = coded(picture(*size, seed, grey=coding.sampling == "grey"), coding)
    everything = np.ones(size, np.bool_)
    sought = wanted(by_pillow(photo), everything)
    patched = jpeg.patch(photo, sought, everything, "").photo
    for ours, theirs in zip(coefficients(patched), coefficients(coded(sought, coding)), strict=True):
        assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("sampling", MCUS)
@pytest.mark.parametrize("progressive", [False, True])
def test_a_photo_keeps_its_kind(sampling: str, *, progressive: bool) -> None:
    photo = coded(picture(40, 56, grey=sampling == "grey"), Coding(sampling, progressive=progressive))
    changed = np.zeros((40, 56), np.bool_)
    changed[10:20, 12:30] = True
    patched = jpeg.patch(photo, wanted(by_pillow(photo), changed), changed, "").photo
    assert jpeg.read_header(patched) == jpeg.read_header(photo)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 40), (40, 1), (8, 8), (17, 9)])
def test_the_smallest_photos_are_patched_too(height: int, width: int) -> None:
    photo, everything = coded(picture(height, width), Coding()), np.ones((height, width), np.bool_)
    patched = jpeg.patch(photo, wanted(by_pillow(photo), everything), everything, "").photo
    assert by_pillow(patched).shape == (height, width, 3)


def test_a_photo_in_which_nothing_changed_stays_as_it_is() -> None:
    photo = coded(picture(40, 56), Coding())
    unchanged = jpeg.patch(photo, by_pillow(photo), np.zeros((40, 56), np.bool_), "a history")
    assert unchanged == jpeg.Patched(photo, ())


@lossless
def test_tables_of_sixteen_bits_are_used_as_they_are_but_for_finer_luma() -> None:
    output = io.BytesIO()
    Image.fromarray(picture(60, 70)).save(output, "JPEG", qtables=[[300] * 64, [300] * 64, [5] * 64], subsampling=2)
    photo, everything = output.getvalue(), np.ones((60, 70), np.bool_)
    sought = wanted(by_pillow(photo), everything)
    patched = jpeg.patch(photo, sought, everything, "").photo
    output = io.BytesIO()
    Image.fromarray(sought).save(output, "JPEG", qtables=[[3] * 64, [300] * 64, [5] * 64], subsampling=2)
    for ours, theirs in zip(coefficients(patched), coefficients(output.getvalue()), strict=True):
        assert np.array_equal(ours, theirs)


def test_a_jpeg_of_red_green_and_blue_stays_one() -> None:
    output = io.BytesIO()
    Image.fromarray(picture(60, 70)).save(output, "JPEG", quality=95, keep_rgb=True)
    photo, changed = output.getvalue(), np.zeros((60, 70), np.bool_)
    changed[16:40, 16:40] = True
    sought = wanted(by_pillow(photo), changed)
    assert quality_of(by_pillow(jpeg.patch(photo, sought, changed, "").photo), sought, changed) > 35


@lossless
def test_sampling_factors_of_a_grey_photo_mean_nothing() -> None:
    plain = coded(picture(50, 61, grey=True), Coding("grey"))
    photo = plain.replace(b"\x01\x01\x11\x00", b"\x01\x01\x22\x00")
    assert photo != plain
    changed = np.zeros((50, 61), np.bool_)
    changed[20:45, 30:61] = True
    sought = wanted(by_pillow(plain), changed)
    patched = jpeg.patch(photo, sought, changed, "").photo
    assert np.array_equal(by_pillow(patched), by_pillow(jpeg.patch(plain, sought, changed, "").photo))


def test_what_cannot_be_written_is_refused_with_its_reason() -> None:
    photo = coded(picture(40, 56), Coding())
    for marker, reason in ((b"\xff\xc9", "arithmetic"), (b"\xff\xc3", "lossless"), (b"\xff\xc5", "hierarchical")):
        with pytest.raises(UnsupportedError, match=reason):
            jpeg.patch(photo.replace(b"\xff\xc0", marker), *_whole(photo), "")
    output = io.BytesIO()
    Image.fromarray(picture(40, 56)).convert("CMYK").save(output, "JPEG")
    with pytest.raises(UnsupportedError, match="CMYK"):
        jpeg.patch(output.getvalue(), *_whole(photo), "")
    with pytest.raises(UnsupportedError, match="12 bits"):
        jpeg.patch(photo.replace(b"\xff\xc0\x00\x11\x08", b"\xff\xc0\x00\x11\x0c"), *_whole(photo), "")


@lossless
def test_corrupt_data_are_refused() -> None:
    photo = coded(picture(64, 64), Coding())
    middle = len(photo) - 300
    with pytest.raises(PhotoError, match="corrupt"):
        jpeg.patch(photo[:middle] + b"\xff\xd9", *_whole(photo), "")


def test_a_cut_off_file_is_incomplete() -> None:
    photo = coded(picture(64, 64), Coding())
    with pytest.raises(IncompleteError, match="ends before its picture"):
        jpeg.patch(photo[:-300], *_whole(photo), "")


def test_zeros_before_the_end_are_no_fault() -> None:
    photo = coded(picture(64, 64), Coding())
    padded = photo[:-2] + bytes(7) + b"\xff\xd9"
    assert jpeg.patch(padded, *_whole(photo), "").photo == jpeg.patch(photo, *_whole(photo), "").photo


def test_pixels_of_another_size_are_a_mistake_of_the_caller() -> None:
    photo = coded(picture(64, 64), Coding())
    with pytest.raises(ValueError, match="size"):
        jpeg.patch(photo, picture(64, 63), np.ones((64, 63), np.bool_), "")


def _whole(
    photo: bytes,
) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.uint8]], np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
    pixels = by_pillow(photo)
    everything = np.ones(pixels.shape[:2], np.bool_)
    return wanted(pixels, everything), everything
