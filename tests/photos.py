"""A maker of photos for all tests: every format and kind that gpend restores, keeps, or refuses.

The writers here are plain and know nothing of gpend's own, so that they can judge it. Phone-like JPEGs with all their
metadata come from tests.photos_jpeg, TIFFs from tests.photos_tiff, what is in the pictures from tests.pictures.
"""

import io
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PIL import Image

from tests.photos_jpeg import SHORT, Maker, phone_photo
from tests.photos_tiff import TiffForm, tiff
from tests.pictures import (
    XMP,
    Picture,
    Samples,
    alpha,
    deep,
    exif,
    exif_without_orientation,
    grey,
    icc,
    portrait,
    samples_of,
    saved,
    synthetic,
)

__all__ = [
    "XMP",
    "Picture",
    "Samples",
    "TiffForm",
    "alpha",
    "deep",
    "exif",
    "exif_without_orientation",
    "grey",
    "icc",
    "portrait",
    "samples_of",
    "saved",
    "synthetic",
    "tiff",
]

GREY, RGB, INDEXED, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6  # PNG's colour types
CHANNELS = {GREY: 1, RGB: 3, INDEXED: 1, GREY_ALPHA: 2, RGBA: 4}
ADAM7 = ((0, 8, 0, 8), (0, 8, 4, 8), (4, 8, 0, 4), (0, 4, 2, 4), (2, 4, 0, 2), (0, 2, 1, 2), (1, 2, 0, 1))


# --- JPEG


def jpeg(picture: Samples, **options: Any) -> bytes:  # noqa: ANN401 - Pillow's own options
    """A plain JPEG; phone_photo of tests.photos_jpeg writes richer ones."""
    return saved(picture, "JPEG", **{"quality": 90} | options)


def cmyk() -> bytes:
    """A JPEG for print."""
    stream = io.BytesIO()
    Image.fromarray(portrait()).convert("CMYK").save(stream, "JPEG")
    return stream.getvalue()


# --- PNG


def chunk(kind: bytes, data: bytes) -> bytes:
    """One PNG chunk."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    samples: Samples,
    colour: int = RGB,
    depth: int = 8,
    *,
    interlaced: bool = False,
    around: tuple[Sequence[bytes], Sequence[bytes]] = ((), ()),
) -> bytes:
    """A PNG of samples (height, width, channels) as they are, with chunks before and behind its IDATs; unfiltered."""
    height, width = samples.shape[:2]
    packed = zlib.compress(scanlines(samples, depth, interlaced=interlaced))
    step = -(-len(packed) // 3)
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    data = [chunk(b"IDAT", packed[at : at + step]) for at in range(0, len(packed), step)]
    return b"".join((b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", header), *around[0], *data, *around[1], chunk(b"IEND", b"")))


def scanlines(samples: Samples, depth: int, *, interlaced: bool = False) -> bytes:
    """What a PNG's IDATs hold, without filters."""
    passes = [samples[y::dy, x::dx] for y, dy, x, dx in ADAM7] if interlaced else [samples]
    return b"".join(b"\0" + _packed(row, depth) for part in passes if part.size for row in part)


def _packed(row: Samples, depth: int) -> bytes:
    if depth == 16:
        return row.astype(">u2").tobytes()
    if depth == 8:
        return row.astype(np.uint8).tobytes()
    bits = "".join(f"{value:0{depth}b}" for value in row.reshape(-1))
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))


def png_metadata() -> tuple[list[bytes], list[bytes]]:
    """Chunks of every sort, before and after the picture."""
    text = b"Comment\0a comment"
    xmp = b"XML:com.adobe.xmp\0\0\0\0\0" + XMP
    before = [
        chunk(b"gAMA", struct.pack(">I", 45455)),
        chunk(b"iCCP", b"sRGB\0\0" + zlib.compress(icc())),
        chunk(b"pHYs", struct.pack(">IIB", 2835, 2835, 1)),
        chunk(b"iTXt", xmp),
        chunk(b"prVt", b"a private chunk"),
    ]
    return before, [chunk(b"eXIf", exif(6)), chunk(b"tEXt", text), chunk(b"teSt", b"")]


def paletted(picture: Picture, colours: int = 256) -> tuple[Samples, bytes]:
    """Indices and PLTE's data: a palette made for the picture."""
    image = Image.fromarray(picture).quantize(colours)
    palette = bytes(image.getpalette() or [])[: 3 * colours]
    return np.array(image)[..., None], palette


# --- WebP


def riff(kind: bytes, data: bytes) -> bytes:
    """One WebP chunk."""
    return kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def webp(picture: Picture, *, metadata: bool = False, **options: Any) -> bytes:  # noqa: ANN401 - Pillow's own options
    """A WebP; with EXIF, XMP, ICC and a chunk that nobody knows."""
    told: dict[str, Any] = {"exif": b"Exif\0\0" + exif(6), "xmp": XMP, "icc_profile": icc()} if metadata else {}
    photo = saved(picture, "WEBP", **told, **options)
    body = photo[8:] + (riff(b"teSt", b"odd") if metadata else b"")
    return b"RIFF" + struct.pack("<I", len(body)) + body


# --- AVIF, HEIF


def avif(picture: Samples, *, metadata: bool = False, **options: Any) -> bytes:  # noqa: ANN401 - Pillow's own options
    """An AVIF; with EXIF, XMP and ICC."""
    told: dict[str, Any] = {"exif": exif_without_orientation(), "xmp": XMP, "icc_profile": icc()} if metadata else {}
    return saved(picture, "AVIF", **told, **options)


def heif(picture: Samples, *, orientation: int = 1, metadata: bool = True, **more: Any) -> bytes:  # noqa: ANN401 - the same
    """A HEIC whose stored picture is turned as `orientation` says; 16-bit samples are stored as 10 bits.

    `more` are Pillow's own options, such as another `exif` or `xmp`.
    """
    import pillow_heif  # noqa: PLC0415 - an extra, which the project works without

    mode = "RGB;16" if picture.dtype == np.uint16 else "RGB"
    image = pillow_heif.from_bytes(mode, (picture.shape[1], picture.shape[0]), np.ascontiguousarray(picture).tobytes())
    told: dict[str, Any] = {"exif": exif(orientation), "xmp": XMP, "icc_profile": icc()} if metadata else {}
    stream = io.BytesIO()
    image.save(stream, **{"quality": 90} | told | more)
    return stream.getvalue()


# --- collections, by name


def _indexed_png(picture: Picture) -> bytes:
    indices, palette = paletted(picture)
    return png(indices, INDEXED, around=([chunk(b"PLTE", palette)], ()))


def _indexed_tiff(picture: Picture) -> bytes:
    indices, palette = paletted(picture)
    entries = np.frombuffer(palette.ljust(768, b"\0"), np.uint8).reshape(256, 3).T.astype(int) * 257
    return tiff(indices, TiffForm(photometric=3, palette=tuple(entries.reshape(-1).tolist())))


def _rich_png(picture: Picture) -> bytes:
    return png(picture, around=png_metadata())


RESTORABLE: dict[str, Callable[[Picture], bytes]] = {
    "jpeg": jpeg,
    "jpeg-444": lambda picture: jpeg(picture, subsampling="4:4:4"),
    "jpeg-progressive": lambda picture: jpeg(picture, progressive=True),
    "jpeg-grey": lambda picture: jpeg(grey(picture)[..., 0]),
    "jpeg-phone": lambda picture: phone_photo(Maker.APPLE, picture).photo,
    "png": png,
    "png-metadata": _rich_png,
    "png-interlaced": lambda picture: png(picture, interlaced=True),
    "png-16": lambda picture: png(deep(picture), depth=16),
    "png-grey": lambda picture: png(grey(picture), GREY),
    "png-grey-16": lambda picture: png(deep(grey(picture)), GREY, 16),
    "png-grey-4": lambda picture: png(grey(picture, 4), GREY, 4),
    "png-grey-1": lambda picture: png(grey(picture, 1), GREY, 1),
    "png-grey-alpha": lambda picture: png(alpha(grey(picture)), GREY_ALPHA),
    "png-alpha": lambda picture: png(alpha(picture), RGBA),
    "png-alpha-16": lambda picture: png(alpha(deep(picture)), RGBA, 16),
    "png-palette": _indexed_png,
    "webp-lossy": lambda picture: webp(picture, quality=80, metadata=True),
    "webp-lossy-plain": lambda picture: webp(picture, quality=80),
    "webp-lossy-alpha": lambda picture: webp(_eight(alpha(picture)), quality=80),
    "webp-lossless": lambda picture: webp(picture, lossless=True, metadata=True),
    "webp-lossless-alpha": lambda picture: webp(_eight(alpha(picture)), lossless=True, exact=True),
    "tiff": tiff,
    "tiff-big-endian": lambda picture: tiff(picture, TiffForm(order=">")),
    "tiff-16": lambda picture: tiff(deep(picture), TiffForm(order=">", deflate=True, difference=True)),
    "tiff-tiles": lambda picture: tiff(picture, TiffForm(tile=(32, 48), deflate=True)),
    "tiff-planes": lambda picture: tiff(picture, TiffForm(planar=True, deflate=True)),
    "tiff-lzw": lambda picture: saved(picture, "TIFF", compression="tiff_lzw"),
    "tiff-packbits": lambda picture: saved(picture, "TIFF", compression="packbits"),
    "tiff-grey": lambda picture: tiff(grey(picture), TiffForm(photometric=1)),
    "tiff-white-is-zero": lambda picture: tiff(255 - grey(picture), TiffForm(photometric=0)),
    "tiff-alpha": lambda picture: tiff(alpha(picture), TiffForm(deflate=True)),
    "tiff-palette": _indexed_tiff,
    "avif": lambda picture: avif(picture, metadata=True),
    "avif-444": lambda picture: avif(picture, subsampling="4:4:4", quality=95),
    "avif-grey": lambda picture: avif(grey(picture)[..., 0]),
    "avif-alpha": lambda picture: avif(alpha(picture)),
}
"""Every kind of photo that gpend restores, without extras, from a picture (height, width, 3)."""

LOSSLESS = tuple(name for name in RESTORABLE if name.startswith(("png", "webp-lossless", "tiff")))
"""Those of them that hold their pixels as they are."""


def _eight(picture: Samples) -> Picture:
    return picture.astype(np.uint8)


def _animated(kind: str) -> bytes:
    stream = io.BytesIO()
    frames = [Image.fromarray(synthetic(seed=seed)) for seed in range(3)]
    frames[0].save(stream, kind, save_all=True, append_images=frames[1:], duration=100)
    return stream.getvalue()


def _arithmetic() -> bytes:
    """A JPEG whose header tells of arithmetic coding."""
    return jpeg(synthetic()).replace(b"\xff\xc0", b"\xff\xc9", 1)


KEPT: dict[str, Callable[[], bytes]] = {
    "animated png": lambda: _animated("PNG"),
    "animated webp": lambda: _animated("WEBP"),
    "animated avif": lambda: _animated("AVIF"),
    "animated gif": lambda: _animated("GIF"),
    "tiff of two pages": lambda: _animated("TIFF"),
    "cmyk jpeg": cmyk,
    "cmyk tiff": lambda: tiff(alpha(portrait()), TiffForm(photometric=5)),
    "arithmetic jpeg": _arithmetic,
    "bmp": lambda: saved(synthetic(), "BMP"),
}
"""Photos with which nothing is wrong, and which gpend keeps as they are."""

BOMB_SIDE = 65_000


def _bomb_webp() -> bytes:
    """The largest that WebP can tell of: 16,384 pixels a side."""
    return riff_file(riff(b"VP8L", b"\x2f" + struct.pack("<I", 0x0FFFFFFF) + bytes(8)))


def riff_file(chunks: bytes) -> bytes:
    """A WebP file of these chunks."""
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


def _bomb_jpeg() -> bytes:
    photo = bytearray(jpeg(synthetic()))
    struct.pack_into(">HH", photo, photo.index(b"\xff\xc0") + 5, BOMB_SIDE, BOMB_SIDE)
    return bytes(photo)


def _bomb_png() -> bytes:
    header = struct.pack(">IIBBBBB", BOMB_SIDE, BOMB_SIDE, 8, RGB, 0, 0, 0)
    data = zlib.compress(bytes(1 << 20))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def _bomb_tiff() -> bytes:
    photo = bytearray(tiff(synthetic()))
    for tag in (256, 257):
        struct.pack_into("<H", photo, photo.rindex(struct.pack("<HHI", tag, SHORT, 1)) + 8, BOMB_SIDE)
    return bytes(photo)


def _bomb_avif() -> bytes:
    photo = bytearray(avif(synthetic()))
    struct.pack_into(">II", photo, photo.index(b"ispe") + 8, BOMB_SIDE, BOMB_SIDE)
    return bytes(photo)


BOMBS: dict[str, Callable[[], bytes]] = {
    "jpeg": _bomb_jpeg,
    "png": _bomb_png,
    "webp": _bomb_webp,
    "tiff": _bomb_tiff,
    "avif": _bomb_avif,
}
"""Small files whose headers promise more pixels than gpend takes by default."""

LARGE: dict[str, tuple[int, int]] = {
    "png": (14_000, 14_200),
    "png-16": (11_000, 11_900),
    "jpeg": (14_000, 14_200),
    "webp": (12_000, 12_000),
    "tiff": (14_000, 14_200),
    "avif": (9_900, 10_000),
}
"""Kinds of photos, and about the largest that gpend takes of each by default: width and height."""


def large(kind: str) -> bytes:
    """A black photo of that size, in a few bytes."""
    width, height = LARGE[kind]
    if kind.startswith("png"):
        depth = 16 if kind == "png-16" else 8
        packer = zlib.compressobj()
        rows = b"".join(packer.compress(bytes(1 + width * 3 * depth // 8)) for _ in range(height)) + packer.flush()
        header = struct.pack(">IIBBBBB", width, height, depth, RGB, 0, 0, 0)
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    options: dict[str, dict[str, Any]] = {
        "jpeg": {"quality": 5, "progressive": True},
        "webp": {"lossless": True, "quality": 0, "method": 0},
        "tiff": {"compression": "tiff_adobe_deflate", "tiffinfo": {278: 64}},
        "avif": {"quality": 1, "speed": 10},
    }
    stream = io.BytesIO()
    Image.new("RGB", (width, height)).save(stream, kind, **options[kind])
    return stream.getvalue()


BROKEN: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "one byte": lambda: b"\xff",
    "text": lambda: b"Dear diary, today I took no photo.\n" * 40,
    "zeros": lambda: bytes(5000),
    "truncated jpeg": lambda: jpeg(synthetic())[:-500],
    "truncated png": lambda: png(synthetic())[:-500],
    "truncated webp": lambda: webp(synthetic())[:-500],
    "truncated tiff": lambda: tiff(synthetic())[:-500],
    "truncated avif": lambda: avif(synthetic())[:-500],
}
"""Files that are no photos, or not whole ones."""
