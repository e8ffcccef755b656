"""HEIF and HEIC: the original stays what and where it is; a restored photo is written as a JPEG.

HEVC cannot be changed in part, takes long to encode, and gain maps and depth would go either way. The JPEG is made of
the photo as it was, with its EXIF, XMP and ICC profile, and then patched like any other.
"""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gpend.core.formats import Decoded, Encoded, Format, Header, even, isobmff, tags
from gpend.core.formats.heif import profile
from gpend.core.formats.heif.carried import (
    exif_again,
    exif_of,
    has_more_metadata,
    is_tone_mapped,
    left_behind,
    lost,
    metadata,
    video_of,
    with_front,
    xmp_of,
)
from gpend.core.formats.heif.quantiser import luma_step
from gpend.core.formats.isobmff import FULL
from gpend.core.formats.jpeg.container import patched
from gpend.core.formats.jpeg.parsed import Jpeg, parse
from gpend.core.formats.jpeg.segments import APP1, COM
from gpend.core.formats.jpeg.splice import exif_segments, tiff_of
from gpend.core.formats.reader import InMemory
from gpend.core.formats.scaling import contiguous, eight_bits, in_colour, reduced
from gpend.core.formats.turn import Turn
from gpend.core.photo import Mask, Pixels
from gpend.errors import PhotoError, UnsupportedError

SUFFIX = ".jpg"
QUALITY = 95
BITS = 8
STRETCHED = (16, 18)  # transfer characteristics of PQ and HLG
LOST = 0.7
"""Share of a step. Blurred photos, at qualities 25 and 45 of x265, lost 1.05 of it at the lowest frequencies, 1 at
1/16, .7 at 2/16 and .5 at 3/16 cycles a pixel."""
HEVC = b"hvc1"
DERIVED, MOST_DERIVED = (b"grid", b"iden", b"iovl"), 3  # kinds of items that are made of others, and how often
METADATA = (b"Exif", b"mime", b"uri ")  # kinds of items that are no pictures
ORDINARY = (1, 2, 5, 6)
"""Colour primaries: those of sRGB, none told, and television's before it, by which Android calls what is sRGB."""


def header(photo: bytes) -> Header:
    """Size as decoded: upright, for HEIF's own turns are part of decoding."""
    if any(box.kind == b"moov" for box in isobmff.survey(InMemory(photo)).boxes):
        raise UnsupportedError("this is an animated HEIF; gpend keeps it as it is")
    isobmff.require_written(photo, _meta(photo))
    _refuse_unknown(photo)
    picture = _opened(photo)
    colours = picture.info.get("nclx_profile") or {}
    if colours.get("transfer_characteristics") in STRETCHED:
        raise UnsupportedError("gpend keeps this HEIF as it is: a JPEG cannot hold its brightness (HDR)")
    if _primaries(picture) not in (*ORDINARY, *profile.NAMED) and not picture.info.get("icc_profile"):
        raise UnsupportedError("gpend keeps this HEIF as it is: a JPEG could not tell its wide colours")
    width, height = picture.size
    step = luma_step(photo, _meta(photo))
    return Header(Format.HEIF, width, height, orientation=1, quantisation=even(step, LOST))


def _refuse_unknown(photo: bytes) -> None:
    """Raise UnsupportedError for a picture that is no HEVC, and that pillow-heif as it was built does not decode."""
    if _coding(photo) == HEVC:
        return
    try:
        _pixels(_opened(photo))
    except (IndexError, OSError, RuntimeError, ValueError) as error:
        raise UnsupportedError("gpend keeps this HEIF as it is: pillow-heif does not know how it is coded") from error


def _coding(photo: bytes) -> bytes:
    """Of what kind the item is that codes the picture, or its first part; HEVC where that is not told."""
    meta = _meta(photo)
    kinds, item = isobmff.kinds(photo, meta), isobmff.primary(photo, meta)
    for _ in range(MOST_DERIVED):
        made_of = isobmff.parts(photo, meta, item) if kinds.get(item) in DERIVED else ()
        item = next(iter(made_of), item)
    return kinds.get(item, HEVC)


def overview(photo: bytes, header: Header, long_side: int) -> NDArray[np.uint8]:  # noqa: ARG001 - the form of Container
    """(h, w, 3) uint8 RGB: the whole picture, reduced to a long side of at most `long_side`."""
    return reduced(_pixels(_opened(photo)), long_side)


def decode(photo: bytes, header: Header) -> Decoded:  # noqa: ARG001 - the form of Container
    """All pixels, of 8 bits, upright."""
    pixels = _pixels(_opened(photo))
    return Decoded(contiguous(in_colour(pixels)), _is_grey(pixels))


def encode(photo: bytes, header: Header, pixels: Pixels, changed: Mask, history: str) -> Encoded:  # noqa: ARG001
    """As in Container, but a JPEG; a motion photo's video goes along behind it."""
    file, layout = _file(photo), isobmff.survey(InMemory(photo))
    picture = file[file.primary_index]
    before = _pixels(picture)
    image = Image.fromarray(eight_bits(in_colour(before)).copy()).convert("L" if _is_grey(before) else "RGB")
    stream = BytesIO()
    image.save(stream, "JPEG", quality=QUALITY, subsampling="4:4:4", optimize=True, icc_profile=_profile(picture))
    encoded = patched(stream.getvalue(), pixels, changed, "", SUFFIX)
    block = picture.info.get("exif") or b""
    turn = Turn(isobmff.orientation(photo, _meta(photo)), *picture.size)
    change = tags.Change(lambda: before, pixels, changed)
    exif = exif_of(block, history, change, turn)
    video, packet = video_of(photo, layout), picture.info.get("xmp") or b""
    xmp = xmp_of(packet, video, turn)
    whole = with_front(encoded.photo, (*exif.segments, *xmp.segments)) + video
    left = (*_notes(file, photo, layout), *left_behind(photo, layout, video))
    notes = (*left, *exif.notes, *xmp.notes, *change.outdated(packet))
    return replace(encoded, photo=whole, notes=(*notes, *encoded.notes), read_back=None)


def coded(photo: bytes) -> Iterator[bytes]:
    """All items but those of metadata, as in Container."""
    meta = _meta(photo)
    boxes = [isobmff.child(photo, meta, kind, FULL) for kind in (b"iprp", b"idat")]
    yield b"".join(photo[box.start : box.end] for box in boxes if box)
    kinds = isobmff.kinds(photo, meta)
    for extent in sorted(isobmff.extents(photo, meta)):
        if kinds.get(extent.item) not in METADATA:
            yield extent.item.to_bytes(4) + photo[extent.data]


def carried_over(photo: bytes, restored: bytes, history: str) -> bytes:
    """A JPEG of `photo` with the picture of the JPEG `restored`, as in Container."""
    finished, layout = parse(restored), isobmff.survey(InMemory(photo))
    block, packet = metadata(photo, _meta(photo))
    turn = Turn(isobmff.orientation(photo, _meta(photo)), finished.frame.width, finished.frame.height)
    told = exif_segments(restored, finished.layout.segments)
    thumbnail = tags.Finished.of(tiff_of(restored, told[0]) if told else b"")
    video = video_of(photo, layout)
    front = (
        *exif_again(block, history, turn, thumbnail).segments,
        *xmp_of(packet, video, turn).segments,
    )
    return with_front(_bare(finished), front) + video


def _meta(photo: bytes) -> isobmff.Box:
    found = next((box for box in isobmff.survey(InMemory(photo)).boxes if box.kind == b"meta"), None)
    if found is None:
        raise PhotoError("the file is corrupt: it has no meta box")
    return found


def _bare(jpeg: Jpeg) -> bytes:
    """A JPEG of gpend's own without EXIF, XMP and comments, and without what stands behind it."""
    at, parts = 0, []
    for segment in jpeg.layout.segments:
        if segment.marker in (APP1, COM):
            parts.append(jpeg.photo[at : segment.lead])
            at = segment.end
    return b"".join((*parts, jpeg.photo[at : jpeg.layout.end]))


def _module() -> ModuleType:
    """pillow-heif, imported only when it is needed: it is an extra."""
    try:
        import pillow_heif  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise UnsupportedError(
            "HEIC photos need the package pillow-heif, which is not installed; gpend left the photo as it is"
        ) from error
    module: ModuleType = pillow_heif
    return module


def _opened(photo: bytes) -> Any:  # noqa: ANN401 - of an untyped, optional library
    """The primary image, not yet decoded."""
    file = _file(photo)
    return file[file.primary_index]


def _file(photo: bytes) -> Any:  # noqa: ANN401 - the same
    """All images that are shown, not yet decoded."""
    picture = isobmff.survey(InMemory(photo)).picture(photo)
    return _module().open_heif(BytesIO(picture), convert_hdr_to_8bit=True)


def _primaries(picture: Any) -> int:  # noqa: ANN401 - the same
    """By their number in H.273; 2 where they are not told."""
    return int((picture.info.get("nclx_profile") or {}).get("color_primaries", 2))


def _profile(picture: Any) -> bytes | None:  # noqa: ANN401 - the same
    """The profile that tells a JPEG's colours: its own, or one of the wide colours that it names; None for sRGB."""
    own = picture.info.get("icc_profile") or None
    return own or (profile.profile(_primaries(picture)) if _primaries(picture) in profile.NAMED else None)


def _is_grey(pixels: NDArray[np.uint8]) -> bool:
    """Has a picture, (h, w) or (h, w, channels) uint8, grey alone, with or without alpha?"""
    return pixels.ndim < 3 or pixels.shape[2] < 3  # noqa: PLR2004 - axes, and channels of a colour


def _pixels(picture: Any) -> NDArray[np.uint8]:  # noqa: ANN401 - the same
    """(h, w) or (h, w, channels) uint8, 0 to 255, upright."""
    return np.asarray(picture, np.uint8)


def _notes(file: Any, photo: bytes, layout: isobmff.Layout) -> tuple[str, ...]:  # noqa: ANN401 - the same
    """What of the picture the JPEG does not hold and the original does."""
    picture = file[file.primary_index]
    auxiliary = ["hdrgainmap" in str(kind).lower() for kind in picture.info.get("aux", {})]
    more = {
        f"its {picture.info['bit_depth']} bits a sample": picture.info["bit_depth"] > BITS,
        "its HDR gain map": any(auxiliary) or is_tone_mapped(photo, layout),
        "its depth": bool(picture.info.get("depth_images")),
        "its transparency": bool(picture.has_alpha),
        "its auxiliary pictures, such as masks of people": not all(auxiliary),
        "its further pictures": len(file) > 1,
        "its further metadata": has_more_metadata(photo, _meta(photo), picture.info.get("xmp") or b""),
    }
    return tuple(lost(thing) for thing, there in more.items() if there)
