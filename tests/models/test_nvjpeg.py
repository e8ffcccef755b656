"""A graphics card decodes what it was proven to decode sooner than the processor, to the same picture."""

import io
import sys

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from gpend.core import codec
from gpend.core.formats.jpeg.container import JpegHeader
from gpend.errors import IncompleteError
from gpend.models import nvjpeg
from gpend.models.backend import Cpu
from gpend.models.nvjpeg import CardDecoder, choose, decoder_on, reader_on
from gpend.settings import PhotoSettings
from tests.models.card import StandInCard

_SIDE = (1500, 1400)
_CPU = torch.device("cpu")


class _Card:
    """Decodes as the processor does, but for those that share colour in ways that it gets wrong."""

    def __init__(self, *wrong: tuple[int, int], seconds: float = -0.5, levels: int = 3) -> None:
        """`seconds` that it takes more than the processor; `levels` that it is wrong by."""
        self.now = 0.0
        self.asked = 0
        self.failure: RuntimeError | None = None
        self._wrong, self._seconds, self._levels = wrong, seconds, levels

    def clock(self) -> float:
        """A second later every time."""
        self.now += 1
        return self.now

    def __call__(self, coded: bytes) -> NDArray[np.uint8]:
        self.asked += 1
        self.now += self._seconds
        if self.failure is not None:
            raise self.failure
        header = codec.identify(coded, PhotoSettings())
        pixels = np.asarray(codec.decode(coded, header).pixels, np.uint8)
        assert isinstance(header, JpegHeader)
        is_wrong = nvjpeg.sampling_of(header.jpeg.frame) in self._wrong
        return np.asarray(np.minimum(pixels, 255 - self._levels) + self._levels, np.uint8) if is_wrong else pixels


def _jpeg(sampling: str = "4:4:4", mode: str = "RGB", side: tuple[int, int] = _SIDE, **options: object) -> bytes:
    picture = np.random.default_rng(2).integers(0, 256, (side[1] // 50, side[0] // 50, 3), np.uint8)
    data = io.BytesIO()
    image = Image.fromarray(picture).resize(side, Image.Resampling.BILINEAR).convert(mode)
    image.save(data, "JPEG", subsampling=sampling, **options)
    return data.getvalue()


def _decoded(decode: CardDecoder, photo: bytes) -> codec.Decoded:
    return decode(photo, codec.identify(photo, PhotoSettings()))


def _assert_as_codec(found: codec.Decoded, photo: bytes) -> None:
    expected = codec.decode(photo, codec.identify(photo, PhotoSettings()))
    assert np.array_equal(found.pixels, expected.pixels)
    assert found.grey == expected.grey


@pytest.fixture
def said() -> list[str]:
    return []


def test_what_is_sooner_and_the_same_is_decoded_by_the_card(said: list[str]) -> None:
    card = _Card()
    decode = choose(card, said.append, card.clock)
    assert decode.words == "Large JPEGs (4:4:4, 4:2:2, 4:2:0) are decoded by the card, with nvJPEG."
    assert not decode.notes
    for sampling in ("4:4:4", "4:2:2", "4:2:0"):
        asked, photo = card.asked, _jpeg(sampling)
        _assert_as_codec(_decoded(decode, photo), photo)
        assert card.asked == asked + 1
    assert said == []


def test_a_way_to_share_colour_that_the_card_takes_otherwise_is_the_processor_s(said: list[str]) -> None:
    card = _Card((2, 2), (2, 1))
    decode = choose(card, said.append, card.clock)
    assert decode.words == "Large JPEGs (4:4:4) are decoded by the card, with nvJPEG."
    (one, other) = decode.notes
    assert one.startswith("4:2:2 photos are decoded by the processor: nvJPEG gives another picture (99.")
    assert other.startswith("4:2:0 photos")
    asked, photo = card.asked, _jpeg("4:2:0")
    _assert_as_codec(_decoded(decode, photo), photo)
    assert card.asked == asked


def test_a_picture_that_is_two_levels_off_is_the_same(said: list[str]) -> None:
    card = _Card((1, 1), (2, 1), (2, 2), levels=2)
    assert choose(card, said.append, card.clock).notes == ()


def test_a_card_that_takes_longer_is_not_asked(said: list[str]) -> None:
    card = _Card(seconds=0.5)
    decode = choose(card, said.append, card.clock)
    assert decode.words == ""
    assert len(decode.notes) == 3
    assert "takes longer here (1500 ms, the processor 1000 ms)." in decode.notes[0]
    hardly = _Card(seconds=2**-13)
    assert "takes longer here (1001 ms, the processor 1000 ms)." in choose(hardly, said.append, hardly.clock).notes[0]


@pytest.mark.parametrize(
    "photo",
    [
        _jpeg(side=(400, 300)),
        _jpeg(mode="L"),
        _jpeg(progressive=True),
        _jpeg("4:4:4", keep_rgb=True),
    ],
    ids=["small", "grey", "progressive", "coded as red, green and blue"],
)
def test_what_was_not_proven_is_the_processor_s(said: list[str], photo: bytes) -> None:
    card = _Card()
    decode = choose(card, said.append, card.clock)
    asked = card.asked
    _assert_as_codec(_decoded(decode, photo), photo)
    assert card.asked == asked


def test_no_jpeg_is_asked_of_the_card(said: list[str]) -> None:
    card = _Card()
    decode = choose(card, said.append, card.clock)
    asked, data = card.asked, io.BytesIO()
    Image.new("RGB", _SIDE, "teal").save(data, "PNG")
    _assert_as_codec(_decoded(decode, data.getvalue()), data.getvalue())
    assert card.asked == asked


def test_a_card_that_fails_is_asked_no_more_which_is_said_once(said: list[str]) -> None:
    card = _Card()
    decode = choose(card, said.append, card.clock)
    card.failure = RuntimeError("nvjpegDecode failed: 6\nat line 3")
    asked, photo = card.asked, _jpeg()
    for _ in range(3):
        _assert_as_codec(_decoded(decode, photo), photo)
    decode.try_out()
    assert card.asked == asked + 1
    assert said == ["Photos are decoded by the processor from now on: nvJPEG failed (nvjpegDecode failed: 6)."]
    assert decode.notes == tuple(said)
    assert decode.words == ""


def test_without_memory_on_the_card_this_photo_alone_is_the_processor_s(said: list[str]) -> None:
    card = _Card()
    decode = choose(card, said.append, card.clock)
    card.failure = torch.OutOfMemoryError("none left")
    photo = _jpeg()
    _assert_as_codec(_decoded(decode, photo), photo)
    card.failure, asked = None, card.asked
    _assert_as_codec(_decoded(decode, photo), photo)
    assert card.asked == asked + 1
    assert said == []


def test_what_fails_when_it_is_tried_within_the_lock_is_said(said: list[str]) -> None:
    card = _Card()
    decode = choose(card, said.append, card.clock)
    decode.try_out()
    assert decode.words
    card.failure = RuntimeError("cannot open shared object file")
    decode.try_out()
    assert "cannot open shared object file" in decode.notes[0]


def test_a_photo_that_ends_too_early_is_told_so_as_ever(said: list[str]) -> None:
    card = _Card()
    decode = choose(card, said.append, card.clock)
    card.failure = RuntimeError("truncated")
    whole = _jpeg()
    header = codec.identify(whole, PhotoSettings())
    with pytest.raises(IncompleteError):
        decode(whole[:20_000], header)


def test_a_card_that_decodes_nothing_is_not_asked(said: list[str]) -> None:
    card = _Card()
    card.failure = RuntimeError("no decoder")
    decode = choose(card, said.append, card.clock)
    assert decode.words == ""
    assert all("does not decode them here (no decoder)" in note for note in decode.notes)


def test_torchvision_decodes_as_gpend_does(said: list[str]) -> None:
    decode = CardDecoder(reader_on(_CPU, Cpu()), nvjpeg.SAMPLINGS, (), said.append)
    for sampling in ("4:4:4", "4:2:0"):
        photo = _jpeg(sampling)
        here = codec.decode(photo, codec.identify(photo, PhotoSettings())).pixels.astype(int)
        there = _decoded(decode, photo)
        assert np.abs(here - there.pixels).max() <= nvjpeg.LEVELS
        assert there.pixels.flags.writeable
    assert said == []


def test_without_torchvision_the_processor_decodes(monkeypatch: pytest.MonkeyPatch, said: list[str]) -> None:
    monkeypatch.setitem(sys.modules, "torchvision.io", None)
    decode = decoder_on(torch.device("cuda:0"), StandInCard(), said.append)
    assert decode is not None
    assert decode.words == ""
    assert decode.notes[0].startswith("Photos are decoded by the processor: there is no nvJPEG")
    photo = _jpeg()
    _assert_as_codec(_decoded(decode, photo), photo)


def test_on_the_cpu_and_on_a_card_of_little_memory_nothing_is_tried(said: list[str]) -> None:
    assert decoder_on(_CPU, Cpu(), said.append) is None
    assert decoder_on(torch.device("cuda:0"), StandInCard(is_cramped=True), said.append) is None
