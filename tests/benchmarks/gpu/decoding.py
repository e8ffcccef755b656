"""What decoding costs: on the processor, made small on the way, and whole on the card by nvJPEG."""

import warnings
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gpend.core import codec
from gpend.core.analysis import LONG_SIDE
from gpend.models.nvjpeg import SAMPLINGS, choose, decoder_on, reader_on
from gpend.settings import PhotoSettings
from tests.benchmarks.gpu.findings import Bench, Finding, Verdict, checked
from tests.benchmarks.gpu.photos import blurred_portrait
from tests.benchmarks.gpu.speed import milliseconds

_BATCH = 16
_LEVELS = 2
_ASTRAY = 1e-3


def find_decoder(bench: Bench) -> Iterator[Finding]:
    """What gpend chooses to decode on the card, and what that gives; on the CPU torchvision's own decoder stands in."""
    said: list[str] = []
    decode = decoder_on(bench.device, bench.backend, said.append) or choose(
        reader_on(bench.device, bench.backend), said.append
    )
    yield Finding("decoder", Verdict.MEASURED, " ".join([decode.words, *decode.notes]).strip())
    for sampling in SAMPLINGS.values():
        photo = blurred_portrait(sampling)
        header = codec.identify(photo, PhotoSettings())
        here = codec.decode(photo, header).pixels.astype(np.int16)
        astray = float((np.abs(here - decode(photo, header).pixels) > _LEVELS).mean())
        _, ours, _ = milliseconds(partial(decode, photo, header), bench)
        _, plain, _ = milliseconds(partial(codec.decode, photo, header), bench)
        told = f"{ours:.1f} ms, the processor {plain:.1f} ms, {astray:.1e} of it more than {_LEVELS} levels off"
        yield checked(f"decoder, 12 MP, {sampling}", told, is_right=astray <= _ASTRAY, ms=ours, ms_processor=plain)
    yield checked("decoder, failures", "; ".join(said) or "none", is_right=not said)


def find_decoding(bench: Bench) -> Iterator[Finding]:
    """Milliseconds a photo of 12 megapixels, one core beside the whole card, and how far the two pictures differ."""
    photo = blurred_portrait()
    header = codec.identify(photo, PhotoSettings())
    _, scaled, _ = milliseconds(partial(codec.overview, photo, header, LONG_SIDE), bench)
    yield Finding("decoding to 1,280 pixels, one core", Verdict.MEASURED, f"{scaled:.1f} ms", {"ms": scaled})
    _, whole, _ = milliseconds(partial(codec.decode, photo, header), bench)
    yield Finding("decoding whole, one core", Verdict.MEASURED, f"{whole:.1f} ms", {"ms": whole})
    bench.needs_card("nvJPEG")
    _, many, _ = milliseconds(partial(decoded_on_card, [photo] * _BATCH, bench), bench)
    told = f"{many / _BATCH:.1f} ms, {_BATCH} at once, made small there and brought back"
    yield Finding("decoding by nvJPEG", Verdict.MEASURED, told, {"ms": many / _BATCH})
    here = codec.overview(photo, header, LONG_SIDE).astype(np.float32)
    there = decoded_on_card([photo], bench)[0].permute(1, 2, 0).cpu().numpy()
    apart = float(np.abs(here - there).mean()) if here.shape == there.shape else float("nan")
    yield Finding("nvJPEG against the processor", Verdict.MEASURED, f"{apart:.2f} levels apart", {"levels": apart})


def decoded_on_card(photos: Sequence[bytes], bench: Bench) -> list[Tensor]:
    """Each (3, height, width), float32, 0 to 255, its long side at most LONG_SIDE, in the card's memory."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torchvision has announced that it will drop its decoder
        from torchvision.io import ImageReadMode, decode_jpeg  # noqa: PLC0415 - where there is a card

        packed = [torch.from_numpy(np.frombuffer(photo, np.uint8).copy()) for photo in photos]
        whole: list[Tensor] = decode_jpeg(packed, mode=ImageReadMode.RGB, device=bench.device)
    small = []
    for one in whole:
        share = LONG_SIDE / max(one.shape[1:])
        size = (round(one.shape[1] * share), round(one.shape[2] * share))
        small.append(interpolate(one[None].float(), size, mode="bilinear", antialias=True)[0])
    return small
