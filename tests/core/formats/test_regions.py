"""Where XMP and EXIF say that something is in a picture stays true when it is turned upright."""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core import orientation
from gpend.core.formats import regions
from gpend.core.formats.turn import Turn
from gpend.core.formats.xmp import converted
from tests.photos_heif import described

WIDE, TALL = 400, 300
LEFT, TOP, WIDTH, HEIGHT = 40, 90, 80, 30
TURNS = range(1, 9)

VOCABULARIES = (
    f'xmlns:mwg-rs="{regions.REGIONS}" xmlns:stArea="{regions.AREA}" xmlns:stDim="{regions.DIMENSIONS}" '
    'xmlns:apple-fi="http://ns.apple.com/faceinfo/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" '
    'xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#" '
)
SIZES = 'tiff:ImageWidth="400" tiff:ImageLength="300" exif:PixelXDimension="400" exif:PixelYDimension="300"'


def turn(told: int) -> Turn:
    """Of the picture, which is wider than tall as it is stored."""
    return Turn(told, *((TALL, WIDE) if told >= 5 else (WIDE, TALL)))


def as_a_phone_has_it(size: tuple[int, int] = (WIDE, TALL), unit: str = "normalized") -> bytes:
    """In elements."""
    x, y = (LEFT + WIDTH / 2) / WIDE, (TOP + HEIGHT / 2) / TALL
    area = {"y": y, "w": WIDTH / WIDE, "x": x, "h": HEIGHT / TALL, "unit": unit}
    return described(
        VOCABULARIES + SIZES,
        '<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:AppliedToDimensions rdf:parseType="Resource">'
        f"<stDim:w>{size[0]}</stDim:w><stDim:h>{size[1]}</stDim:h></mwg-rs:AppliedToDimensions>"
        '<mwg-rs:RegionList><rdf:Seq><rdf:li rdf:parseType="Resource"><mwg-rs:Area rdf:parseType="Resource">'
        + "".join(f"<stArea:{name}>{value}</stArea:{name}>" for name, value in area.items())
        + '</mwg-rs:Area><mwg-rs:Extensions rdf:parseType="Resource"><apple-fi:AngleInfoRoll>270'
        "</apple-fi:AngleInfoRoll></mwg-rs:Extensions></rdf:li></rdf:Seq></mwg-rs:RegionList></mwg-rs:Regions>",
    )


def as_digikam_has_it() -> bytes:
    """In attributes, in pixels, and as Microsoft has it, too."""
    rectangle = f"{LEFT / WIDE}, {TOP / TALL}, {WIDTH / WIDE}, {HEIGHT / TALL}"
    return described(
        VOCABULARIES,
        f'<mwg-rs:AppliedToDimensions stDim:w="{WIDE}" stDim:h="{TALL}" stDim:unit="pixel"/>'
        f'<mwg-rs:Area stArea:x="{LEFT + WIDTH // 2}" stArea:y="{TOP + HEIGHT // 2}" stArea:w="{WIDTH}" '
        f'stArea:h="{HEIGHT}" stArea:unit="pixel"/><rdf:li MPReg:Rectangle="{rectangle}"/>'
        "<exif:SubjectArea><rdf:Seq><rdf:li>80</rdf:li><rdf:li>105</rdf:li><rdf:li>80</rdf:li><rdf:li>30</rdf:li>"
        "</rdf:Seq></exif:SubjectArea>",
    )


def values(packet: bytes) -> dict[str, str]:
    """By its name, what each attribute and each element of text holds, as an independent parser sees it."""
    root = ET.fromstring(packet.decode())  # noqa: S314 - made here
    texts = {one.tag: one.text for one in root.iter() if one.text and one.text.strip()}
    held = {name: value for one in root.iter() for name, value in one.attrib.items()}
    return {name.rpartition("}")[2]: value for name, value in (texts | held).items()}


def shown(told: int) -> tuple[float, float, float, float]:
    """The rectangle's middle and sides in the upright picture, in pixels, as a picture of it shows them."""
    stored = np.zeros((TALL, WIDE, 3), np.uint8)
    stored[TOP : TOP + HEIGHT, LEFT : LEFT + WIDTH] = 255
    rows, columns = np.nonzero(orientation.upright(stored, told)[..., 0])
    top, left, bottom, right = rows.min(), columns.min(), rows.max() + 1, columns.max() + 1
    return float(left + right) / 2, float(top + bottom) / 2, float(right - left), float(bottom - top)


def numbers(found: dict[str, str], names: Sequence[str]) -> list[float]:
    """What they hold."""
    return [float(found[name]) for name in names]


@pytest.mark.parametrize("told", TURNS)
def test_faces_are_told_where_they_are_shown(told: int) -> None:
    found = values(converted(as_a_phone_has_it(), "image/jpeg", turn=turn(told)))
    upright = turn(told)
    assert {found[name] for name in ("ImageWidth", "PixelXDimension")} == {str(upright.width)}
    assert {found[name] for name in ("ImageLength", "PixelYDimension")} == {str(upright.height)}
    sides = (upright.width, upright.height) * 2
    place = [share * side for share, side in zip(numbers(found, "xywh"), sides, strict=True)]
    assert place == pytest.approx(shown(told), abs=0.01)


@pytest.mark.parametrize("told", TURNS)
def test_in_pixels_and_as_microsoft_has_it_too(told: int) -> None:
    found = values(converted(as_digikam_has_it(), "image/jpeg", turn=turn(told)))
    assert numbers(found, "xywh") == pytest.approx(shown(told), abs=1)
    left, top, width, height = map(float, found["Rectangle"].split(","))
    sides = turn(told).width, turn(told).height
    assert ((left + width / 2) * sides[0], (top + height / 2) * sides[1]) == pytest.approx(shown(told)[:2], abs=0.01)
    assert (width * sides[0], height * sides[1]) == pytest.approx(shown(told)[2:], abs=0.01)


@pytest.mark.parametrize("told", TURNS)
def test_the_subject_of_exif_is_where_it_is_shown(told: int) -> None:
    area = turn(told).subject((LEFT + WIDTH // 2, TOP + HEIGHT // 2, WIDTH, HEIGHT))
    assert area == pytest.approx(shown(told), abs=1)
    packet = converted(as_digikam_has_it(), "image/jpeg", turn=turn(told)).decode()
    assert "".join(f"<rdf:li>{number}</rdf:li>" for number in area) in packet


@pytest.mark.parametrize(("told", "roll"), [(1, "270"), (3, "90"), (6, "0"), (8, "180"), (5, "270")])
def test_a_face_is_upright_in_an_upright_picture(told: int, roll: str) -> None:
    """As in photos that a phone took upright."""
    assert values(converted(as_a_phone_has_it(), "image/jpeg", turn=turn(told)))["AngleInfoRoll"] == roll


@pytest.mark.parametrize("told", [5, 6, 7, 8])
def test_what_is_told_of_the_upright_picture_already_stays(told: int) -> None:
    packet = as_a_phone_has_it((TALL, WIDE))
    before, after = values(packet), values(converted(packet, "image/jpeg", turn=turn(told)))
    assert {name: after[name] for name in "xywh"} == {name: before[name] for name in "xywh"}


def test_what_makes_no_sense_stays() -> None:
    packet = described(
        VOCABULARIES,
        '<mwg-rs:Area stArea:x="left" stArea:y="0.5"/><mwg-rs:Area/><rdf:li MPReg:Rectangle="0.1, 0.2"/>'
        "<apple-fi:AngleInfoRoll>?</apple-fi:AngleInfoRoll><exif:SubjectArea><rdf:Seq><rdf:li>x</rdf:li></rdf:Seq>"
        "</exif:SubjectArea><exif:SubjectLocation/><mwg-rs:AppliedToDimensions/>",
    )
    assert converted(packet, "image/jpeg", turn=turn(6)) == packet


@pytest.mark.parametrize("number", ["inf", "-inf", "nan", "1e999"])
def test_a_place_that_is_nowhere_stays(number: str) -> None:
    packet = described(VOCABULARIES, f'<mwg-rs:Area stArea:x="{number}" stArea:y="5" stArea:unit="pixel"/>')
    assert converted(packet, "image/jpeg", turn=turn(6)) == packet


@given(st.lists(st.integers(0, 70_000), max_size=5), st.integers(1, 8))
def test_a_subject_that_is_not_in_the_picture_stays(area: list[int], told: int) -> None:
    after = turn(told).subject(area)
    assert len(after) == len(area)
    if len(area) < 2 or area[0] >= WIDE or area[1] >= TALL:
        assert after == tuple(area)


def test_a_picture_that_was_not_turned_is_told_of_as_before() -> None:
    packet = as_a_phone_has_it()
    assert converted(packet, "image/jpeg", turn=turn(1)) == packet
