"""Photos of a few dozen bytes that pass for JPEG, and what an engine makes of them (pure)."""

from gpend.core.report import FaceReport, Kept, Outcome, Restored, Verdict
from gpend.errors import IncompleteError, PhotoError, UnsupportedError

_END = b"\xff\xd9"
_SCAN = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x55\x55"
_MADE = b"restored by gpend 0.1"
KINDS = ("blurred", "sharp", "animated", "broken", "truncated")


def picture(number: int, kind: str) -> bytes:
    """A photo that is unlike those of other numbers and kinds, and as large as nearly all of them."""
    whole = _jpeg(f"photo {number:03} {kind}".encode().ljust(24))
    return whole[:-2] + b"\x55\x55" if kind == "truncated" else whole


def restored(photo: bytes) -> bytes:
    """What becomes of a blurred photo."""
    return _jpeg(photo[6 : -len(_SCAN + _END)].replace(b"blurred", _MADE))


def is_restorable(photo: bytes) -> bool:
    """Is it whole, and blurred?"""
    return b"blurred" in photo and photo.endswith(_END)


def is_usable(photo: bytes) -> bool:
    """Can an engine say anything about it?"""
    return b"broken" not in photo and photo.startswith(b"\xff\xd8") and photo.endswith(_END)


def processed(photo: bytes) -> Outcome:
    """What an engine says of a photo. Raises PhotoError."""
    if not photo.endswith(_END):
        raise IncompleteError("it ends too early")
    if b"broken" in photo:
        raise PhotoError("it is broken")
    if b"animated" in photo:
        raise UnsupportedError("it moves")
    if b"blurred" not in photo:
        return Kept("no face is blurred", ())
    face = FaceReport((1, 2, 30, 40), 0.9, 0.1, Verdict.RESTORED, "it was blurred")
    return Restored(restored(photo), "", "one face was restored", (face,), ())


def _jpeg(comment: bytes) -> bytes:
    return b"\xff\xd8\xff\xfe" + (len(comment) + 2).to_bytes(2) + comment + _SCAN + _END
