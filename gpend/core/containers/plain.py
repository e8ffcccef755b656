"""Any format, the plain way: Pillow decodes, Pillow encodes, and the metadata it can carry is passed along."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import AvifImagePlugin, Image, ImageFile, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

from gpend.core.containers import Decoded, Encoded, Format, Header
from gpend.core.photo import Mask, Pixels
from gpend.errors import UnsupportedError

OPENERS: dict[Format, Callable[[BytesIO], ImageFile.ImageFile]] = {
    Format.JPEG: JpegImagePlugin.JpegImageFile,
    Format.PNG: PngImagePlugin.PngImageFile,
    Format.WEBP: WebPImagePlugin.WebPImageFile,
    Format.TIFF: TiffImagePlugin.TiffImageFile,
    Format.AVIF: AvifImagePlugin.AvifImageFile,
}
ORIENTATION = 0x0112


def opened(photo: bytes, kind: Format) -> ImageFile.ImageFile:
    """The photo opened by the plugin itself: `Image.open` would warn of large photos by a global limit."""
    return OPENERS[kind](BytesIO(photo))


def header(photo: bytes, kind: Format) -> Header:
    """Size and orientation."""
    image = opened(photo, kind)
    if getattr(image, "n_frames", 1) > 1:
        raise UnsupportedError("the picture has more than one frame; gpend keeps it as it is")
    if image.mode == "CMYK":
        raise UnsupportedError("the picture is CMYK, made for print; gpend keeps it as it is")
    orientation = image.getexif().get(ORIENTATION, 1)
    return Header(kind, *image.size, orientation if orientation in range(1, 9) else 1)


def overview(photo: bytes, header: Header, long_side: int) -> NDArray[np.uint8]:
    """The photo as (h, w, 3) RGB with its long side at most `long_side`."""
    image = opened(photo, header.format)
    if header.format == Format.JPEG:
        image.draft("RGB", (long_side, long_side))
    pixels = _rgb(image)
    scale = long_side / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def decode(photo: bytes, header: Header) -> Decoded:
    """All pixels, 8 bits each."""
    image = opened(photo, header.format)
    return Decoded(_rgb(image), grey=image.mode in ("1", "L", "LA", "I", "I;16", "I;16B"))


def encode(photo: bytes, header: Header, pixels: Pixels, changed: Mask, history: str) -> Encoded:  # noqa: ARG001
    """`photo` with the pixels under `changed` replaced, encoded anew."""
    image = opened(photo, header.format)
    merged = np.where(changed[..., None], pixels, _rgb(image)).astype(np.uint8)
    result = Image.fromarray(merged)
    if image.mode in ("1", "L"):
        result = result.convert("L")
    if image.mode in ("RGBA", "LA", "PA"):
        result.putalpha(image.getchannel("A"))
    options: dict[str, Any] = {
        name: image.info[key]
        for name, key in (("exif", "exif"), ("icc_profile", "icc_profile"), ("xmp", "xmp"))
        if key in image.info
    }
    if header.format == Format.JPEG:
        options |= {
            "qtables": vars(image)["quantization"],
            "subsampling": JpegImagePlugin.get_sampling(image),
            "progressive": "progressive" in image.info,
            "optimize": True,
        }
    if header.format in (Format.WEBP, Format.AVIF):
        options |= {"quality": 95}
    stream = BytesIO()
    result.save(stream, header.format.value, **options)
    return Encoded(stream.getvalue(), "", ())


def _rgb(image: ImageFile.ImageFile) -> NDArray[np.uint8]:
    """The image's colours, transparency dropped."""
    if image.mode.startswith("I;16"):
        return np.repeat((np.asarray(image) >> 8).astype(np.uint8)[..., None], 3, axis=2)
    return np.ascontiguousarray(image.convert("RGBA" if image.mode == "P" else "RGB"), np.uint8)[..., :3].copy()
