"""How coarsely a HEIC was quantised."""

import io
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core.formats import isobmff
from gpend.core.formats.heif import hevc, quantiser
from tests import photos
from tests.core.formats.isobmff.test_items import box as boxed
from tests.core.formats.isobmff.test_items import contents, meta, whole

pytest.importorskip("pillow_heif", reason="gpend[heif] is not installed")


@cache
def parts(quality: int) -> tuple[bytes, bytes]:
    """How the portrait is coded, and its data."""
    photo = photos.heif(photos.portrait(), metadata=False, quality=quality)
    found, _ = isobmff.properties(photo, meta(photo))
    configured = next(each for each in found if each.kind == b"hvcC")
    return photo[configured.start : configured.end], contents(photo)[isobmff.primary(photo, meta(photo))]


def test_better_quality_is_quantised_more_finely() -> None:
    steps = [hevc.step(*parts(quality)) or 0 for quality in (5, 25, 45, 65, 85, 99)]
    assert steps == sorted(steps, reverse=True)
    assert steps[0] > 40
    assert 0.5 < steps[-1] < 3


@pytest.mark.parametrize("chroma", [420, 422, 444])
def test_colours_of_every_sampling_are_passed_over(chroma: int) -> None:
    photo = photos.heif(photos.portrait(), metadata=False, quality=40, chroma=chroma)
    assert quantiser.luma_step(photo, meta(photo)) == pytest.approx(hevc.step(*parts(40)), rel=0.3)


def test_a_grey_picture_tells_as_much() -> None:
    grey = np.ascontiguousarray(photos.portrait()[..., 0])
    stream = io.BytesIO()
    size = (grey.shape[1], grey.shape[0])
    pytest.importorskip("pillow_heif").from_bytes("L", size, grey.tobytes()).save(stream, quality=40)
    photo = stream.getvalue()
    assert quantiser.luma_step(photo, meta(photo)) == pytest.approx(hevc.step(*parts(40)), rel=0.3)


def test_samples_of_ten_bits_tell_as_much_for_the_whole_range() -> None:
    photo = photos.heif(photos.deep(photos.portrait()), metadata=False, quality=40)
    assert quantiser.luma_step(photo, meta(photo)) == pytest.approx(hevc.step(*parts(40)), rel=0.5)


def tiled(*qualities: int) -> bytes:
    """As phones make it: a grid of tiles, each of its own quality and configuration (ISO/IEC 23008-12, 6.6.2.3)."""
    numbers = range(2, 2 + len(qualities))
    shared = [parts(quality) for quality in qualities]
    head = boxed(b"pitm", bytes(4) + (1).to_bytes(2, "big"))
    links = b"".join(each.to_bytes(2, "big") for each in (1, len(qualities), *numbers))
    head += boxed(b"iref", bytes(4) + boxed(b"dimg", links))
    owned = b"".join(each.to_bytes(2, "big") + bytes([1, number]) for number, each in enumerate(numbers, 1))
    properties = b"".join(boxed(b"hvcC", configured) for configured, _ in shared)
    associated = bytes(4) + len(qualities).to_bytes(4, "big") + owned
    head += boxed(b"iprp", boxed(b"ipco", properties) + boxed(b"ipma", associated))
    start, places = 0, []
    for number, (_, data) in zip(numbers, shared, strict=True):
        places.append((number, start, len(data)))
        start += len(data)
    length = 8 + 4 + len(head) + 8 + 4 + 4 + 14 * len(places) + 8  # up to the data
    located = b"".join(
        each.to_bytes(2, "big") + bytes(2) + b"\0\1" + (length + begin).to_bytes(4, "big") + long.to_bytes(4, "big")
        for each, begin, long in places
    )
    head += boxed(b"iloc", bytes(4) + b"\x44\x00" + len(places).to_bytes(2, "big") + located)
    return boxed(b"meta", bytes(4) + head) + boxed(b"mdat", b"".join(data for _, data in shared))


def test_a_picture_of_tiles_tells_their_mean() -> None:
    photo = tiled(30, 60, 60)
    steps = [hevc.step(*parts(quality)) or 0 for quality in (30, 60, 60)]
    assert quantiser.luma_step(photo, whole(photo)[0]) == pytest.approx(np.mean(steps))


def test_what_is_no_whole_picture_tells_nothing() -> None:
    configured, data = parts(40)
    assert hevc.step(b"", b"") is None
    assert hevc.step(configured, b"") is None
    assert hevc.step(configured[:40], data) is None
    assert hevc.step(configured, data[:5]) is None


def is_plain(step: float | None) -> bool:
    """Whether it is one that H.265 has, or none."""
    return step is None or 0 < step < 1000


@given(st.binary(max_size=300), st.binary(max_size=100))
def test_rubbish_never_raises(configured: bytes, data: bytes) -> None:
    true, coded = parts(40)
    for each in ((configured, data), (true, data), (true[:23] + configured, coded[:64]), (true, coded[:6] + data)):
        assert is_plain(hevc.step(*each))


@given(st.data())
def test_a_byte_that_is_wrong_never_raises(data: st.DataObject) -> None:
    photo = bytearray(tiled(40, 40))
    heads = whole(bytes(photo))[0]
    photo[data.draw(st.integers(heads.start, heads.end + 60))] = data.draw(st.integers(0, 255))
    assert is_plain(quantiser.luma_step(bytes(photo), heads))
