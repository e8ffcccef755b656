"""What a person reads in EXIF: camera, lens, and when a photo was taken. piexif reads it; it never writes.

piexif takes every count in a block at its word (one entry of 4 GB is enough), and raises whatever a broken block leads
to. So it is shown a small block of its own, with the few texts that lie whole in the photo's.
"""

import re
from dataclasses import dataclass

import piexif

from gpend.core.formats import signatures
from gpend.core.formats.exif.block import ASCII, Block, Directory, UnreadableError

_MAKE, _MODEL, _CHANGED, _DETAILS = 0x010F, 0x0110, 0x0132, 0x8769
_TAKEN, _ZONE, _LENS_MAKE, _LENS_MODEL = 0x9003, 0x9011, 0xA433, 0xA434
_LONGEST = 200  # bytes of a text; more is no name
_WHEN = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)")
_OFFSET = re.compile(r"[+-]\d\d:\d\d")


@dataclass(frozen=True)
class Capture:
    """How a photo came to be; each "" where the photo does not say."""

    camera: str = ""
    lens: str = ""
    taken: str = ""  # as the camera's clock showed it, such as "2023-07-08 09:10:11+02:00"


def capture_of(tiff: bytes) -> Capture:
    """What the block tells; an empty answer for one that cannot be read. Never raises."""
    try:
        read = piexif.load(b"Exif\0\0" + _shown(tiff))
    except Exception:  # noqa: BLE001 - piexif raises whatever a broken block leads to
        return Capture()
    main, details = (_texts(read.get(name)) for name in ("0th", "Exif"))
    when = details.get(_TAKEN) or main.get(_CHANGED, "")
    return Capture(
        _named(main.get(_MAKE, ""), main.get(_MODEL, "")),
        _named(details.get(_LENS_MAKE, ""), details.get(_LENS_MODEL, "")),
        _moment(when, details.get(_ZONE, "") if _TAKEN in details else ""),
    )


def _shown(tiff: bytes) -> bytes:
    """A new block with the texts alone. Raises UnreadableError for what is no block."""
    old, new = Block(tiff), Block(signatures.TIFF[0] + bytes(4))
    first = old.first()
    main = _copied(old, first, new, (_MAKE, _MODEL, _CHANGED))
    try:
        below = old.directory(old.number(first, _DETAILS))
    except UnreadableError:
        below = None
    if below is not None:
        details = _copied(old, below, new, (_TAKEN, _ZONE, _LENS_MAKE, _LENS_MODEL))
        main = main.holding(new.pointer(_DETAILS, new.append_directory(details)))
    new.aim(4, new.append_directory(main))
    return bytes(new.data)


def _copied(old: Block, directory: Directory, new: Block, tags: tuple[int, ...]) -> Directory:
    result = Directory(0, (), 0)
    for tag in tags:
        entry = directory.find(tag)
        if entry is not None and entry.kind == ASCII:
            result = result.holding(new.entry(tag, ASCII, old.text(entry)[:_LONGEST] + b"\0"))
    return result


def _texts(directory: object) -> dict[int, str]:
    """The texts of one of piexif's directories, without what a terminal would act on."""
    if not isinstance(directory, dict):
        return {}
    return {tag: _plain(text) for tag, text in directory.items() if isinstance(text, bytes)}


def _plain(text: bytes) -> str:
    try:
        told = text.decode()
    except UnicodeDecodeError:
        told = text.decode("latin-1")
    return " ".join("".join(sign if sign.isprintable() else " " for sign in told).split())


def _named(make: str, model: str) -> str:
    """Both, but for a maker that the model names too: "Canon EOS R5", "SONY DSC-RX100"."""
    first = make.split(" ", maxsplit=1)[0].lower()
    return model if first and model.lower().startswith(first) else f"{make} {model}".strip()


def _moment(when: str, zone: str) -> str:
    matched = _WHEN.match(when)
    if matched is None or matched[1] == "0000":
        return ""
    return f"{matched[1]}-{matched[2]}-{matched[3]} {matched[4]}{zone if _OFFSET.fullmatch(zone) else ''}"
