"""Where an XMP packet says that faces and other things are, made true of a picture that was turned upright.

Regions of the Metadata Working Group (as iPhones and digiKam write them) and of Microsoft are told of the picture as it
is stored, before it is turned (Guidelines for handling image metadata 2.0, 5.9.1).
"""

import math
from collections.abc import Sequence

from gpend.core.formats.packet import RDF, TIFF, Change, Name, Property
from gpend.core.formats.turn import Turn

REGIONS = "http://www.metadataworkinggroup.com/schemas/regions/"
AREA = "http://ns.adobe.com/xmp/sType/Area#"
DIMENSIONS = "http://ns.adobe.com/xap/1.0/sType/Dimensions#"
MICROSOFT = Name("http://ns.microsoft.com/photo/1.2/t/Region#", "Rectangle")
ROLL = Name("http://ns.apple.com/faceinfo/1.0/", "AngleInfoRoll")
"""Apple's, in degrees; 270 in a picture that is to be turned by 90 degrees clockwise."""

EXIF = "http://ns.adobe.com/exif/1.0/"
SIZES = (
    (Name(TIFF, "ImageWidth"), Name(TIFF, "ImageLength")),
    (Name(EXIF, "PixelXDimension"), Name(EXIF, "PixelYDimension")),
)
PLACES = (Name(EXIF, "SubjectArea"), Name(EXIF, "SubjectLocation"))


def turned(found: Sequence[Property], turn: Turn) -> list[Change]:
    """The changes to a packet whose properties were `found`; what makes no sense stays as it is."""
    if turn.orientation == 1:
        return []
    changes = [each for pair in SIZES for each in _size(_named(found, pair), turn)]
    for each in found:
        if each.name in PLACES:
            changes += _place(found, each, turn)
    sizes = [_parts(found, each, DIMENSIONS) for each in found if each.name == Name(REGIONS, "AppliedToDimensions")]
    sides = [[size.get("w"), size.get("h")] for size in sizes]
    if any(_is_upright(each, turn) for each in sides):
        return changes
    for pair in sides:
        told = _numbers(pair)
        changes += _all_told(pair, turn.sides(*told)) if told else []
    for each in found:
        if each.name == Name(REGIONS, "Area"):
            changes += _area(_parts(found, each, AREA), turn)
        elif each.name == MICROSOFT:
            changes += _rectangle(each, turn)
        elif each.name == ROLL:
            changes += _roll(each, turn)
    return changes


def _named(found: Sequence[Property], names: Sequence[Name]) -> list[Property | None]:
    return [next((each for each in found if each.name == name), None) for name in names]


def _parts(found: Sequence[Property], whole: Property, vocabulary: str) -> dict[str, Property]:
    """What a property holds, by its names in a vocabulary."""
    inside = (each for each in found if whole.start <= each.start and each.end <= whole.end)
    return {each.name.local: each for each in inside if each.name.vocabulary == vocabulary}


def _number(each: Property | None) -> float | None:
    """What it tells, where that is a finite number."""
    try:
        number = float(each.value) if each else math.inf
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _numbers(each: Sequence[Property | None]) -> list[float] | None:
    """All of them, or None."""
    told = [number for number in map(_number, each) if number is not None]
    return told if len(told) == len(each) else None


def _told(each: Property, number: float) -> Change:
    text = f"{number:.6f}".rstrip("0").rstrip(".")
    return Change(each.at, each.at + len(each.value), text.encode())


def _all_told(each: Sequence[Property | None], numbers: Sequence[float]) -> list[Change]:
    return [_told(one, number) for one, number in zip(each, numbers, strict=True) if one]


def _size(sides: Sequence[Property | None], turn: Turn) -> list[Change]:
    """A width and height that are those of the stored picture become those of the upright one."""
    is_stored = _numbers(sides) == list(turn.stored)
    return _all_told(sides, (turn.width, turn.height)) if is_stored and turn.is_sideways else []


def _is_upright(sides: Sequence[Property | None], turn: Turn) -> bool:
    """Do the sides that regions are told of show that they are told of the upright picture already?"""
    told, (wide, tall) = _numbers(sides), turn.stored
    return bool(told and turn.is_sideways and wide != tall and (told[0] > told[1]) != (wide > tall))


def _area(parts: dict[str, Property], turn: Turn) -> list[Change]:
    """A rectangle, or a circle or point without sides, by its middle."""
    middle = [parts.get("x"), parts.get("y")]
    told, unit = _numbers(middle), parts.get("unit")
    if told is None:
        return []
    if unit and unit.value == b"pixel":
        changes = _all_told(middle, turn.pixel(*told))
    else:
        changes = _all_told(middle, turn.share(*told))
    sides = [parts.get("w"), parts.get("h")]
    around = _numbers(sides)
    return changes + (_all_told(sides, turn.sides(*around)) if around else [])


def _rectangle(each: Property, turn: Turn) -> list[Change]:
    """Left, top, width and height, in shares."""
    try:
        left, top, width, height = map(float, each.value.split(b","))
    except ValueError:
        return []
    x, y = turn.share(left + width / 2, top + height / 2)
    wide, tall = turn.sides(width, height)
    text = f"{x - wide / 2:.6f}, {y - tall / 2:.6f}, {wide:.6f}, {tall:.6f}"
    return [Change(each.at, each.at + len(each.value), text.encode())]


def _roll(each: Property, turn: Turn) -> list[Change]:
    told = _number(each)
    return [] if told is None or turn.angle is None else [_told(each, (told + turn.angle) % 360)]


def _place(found: Sequence[Property], whole: Property, turn: Turn) -> list[Change]:
    """EXIF's places, which stand in XMP as lists."""
    inside = [each for each in found if whole.start <= each.start < whole.end and each.name == Name(RDF, "li")]
    items = sorted(inside, key=lambda each: each.start)
    if not all(each.value.isdigit() for each in items):
        return []
    return _all_told(items, turn.subject([int(each.value) for each in items]))
