"""A photo whose metadata were edited after it was restored: known by its picture, and given the finished picture.

Nothing is decoded: what codes the picture is compared, and taken over, byte for byte. The finished picture of a HEIF is
that of the JPEG which it became.
"""

import hashlib
import re

from gpend.core.codec import CONTAINERS, named
from gpend.core.formats import Format, history
from gpend.core.formats.signatures import format_of
from gpend.errors import GpendError

_SHA256 = re.compile(r"[0-9a-f]{64}")


def digest(photo: bytes) -> str:
    """SHA-256, hexadecimal, of what codes the picture and turns it: as long as other metadata change, the same.

    Which way up it is belongs to it: faces may be found in it that were not found on their side. "" where it cannot be
    told, as for kinds that gpend leaves alone.
    """
    found, sha256 = format_of(photo), hashlib.sha256()
    if found is None:
        return ""
    try:
        with named("its picture cannot be told from the rest"):
            for part in CONTAINERS[found].coded(photo):
                sha256.update(part)
    except GpendError:
        return ""
    return sha256.hexdigest()


def carried_over(photo: bytes, restored: bytes) -> bytes | None:
    """`photo`, whose metadata were edited, with the picture of `restored`, which was made of the same picture.

    The restoration is told of as in `restored`, and the thumbnail in the EXIF follows if both have one. None: that
    cannot be done.
    """
    found, made = format_of(photo), format_of(restored)
    if found is None or made is None or made is not (Format.JPEG if found is Format.HEIF else found):
        return None
    told = _SHA256.sub(hashlib.sha256(photo).hexdigest(), history.last(restored))
    try:
        with named("the finished picture cannot be put into the edited photo"):
            result = CONTAINERS[found].carried_over(photo, restored, told)
            return result if _data(result, made) == _data(restored, made) else None
    except GpendError:
        return None


def _data(photo: bytes, found: Format) -> bytes:
    """What codes the picture, but for how it is turned."""
    _, *data = CONTAINERS[found].coded(photo)
    return b"".join(data)
