"""What an XMP packet claims of other parts of its file is true of the file that it goes into."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core.formats import packet as packets
from gpend.core.formats import xmp
from gpend.core.formats.packet import MalformedError
from gpend.core.formats.xmp import Video, converted
from tests import photos
from tests.photos_heif import MOTION_XMP, described

JPEG = "image/jpeg"
NAMESPACES = {
    "rdf": packets.RDF,
    "c": xmp.CONTAINER,
    "i": xmp.ITEM,
    "g": xmp.CAMERA,
}


def names(packet: bytes) -> set[str]:
    """Every element and attribute, as an independent parser sees them."""
    root = ET.fromstring(packet.decode())  # noqa: S314 - made here
    return {name for element in root.iter() for name in (element.tag, *element.attrib)}


def items(packet: bytes) -> list[dict[str, str]]:
    """The items of its directory."""
    root = ET.fromstring(packet.decode())  # noqa: S314 - made here
    found = root.findall(".//c:Directory/rdf:Seq/rdf:li/c:Item", NAMESPACES)
    return [{name.rpartition("}")[2]: value for name, value in item.attrib.items()} for item in found]


def test_a_video_that_goes_along_is_told_where_it_is() -> None:
    after = converted(MOTION_XMP, JPEG, Video("video/mp4", 30_032))
    assert items(after) == [
        {"Mime": "image/jpeg", "Semantic": "Primary", "Length": "0", "Padding": "0"},
        {"Mime": "video/mp4", "Semantic": "MotionPhoto", "Length": "30032", "Padding": "0"},
    ]
    assert b'GCamera:MotionPhoto="1"' in after
    assert b'GCamera:MotionPhotoPresentationTimestampUs="500000"' in after


def test_a_video_that_stays_behind_is_claimed_no_more() -> None:
    after = converted(MOTION_XMP, JPEG)
    assert not [name for name in names(after) if "Motion" in name or "container" in name]
    assert b"a lake" in after
    assert len(re.findall(rb"BurstID", after)) == 1


def test_a_packet_is_made_where_there_was_none() -> None:
    assert converted(b"", JPEG) == b""
    assert len(items(converted(b"", JPEG, Video("video/quicktime", 7)))) == 2


CLAIMS = {
    "Ultra HDR": 'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"',
    "Apple's gain map": 'xmlns:H="http://ns.apple.com/HDRGainMap/1.0/" H:HDRGainMapVersion="131072"',
    "Apple's depth": 'xmlns:d="http://ns.apple.com/depthData/1.0/" d:DepthDataVersion="65538"',
    "depth that is elsewhere": 'xmlns:G="http://ns.google.com/photos/1.0/depthmap/" G:Format="RangeInverse"',
    "more of the packet": 'xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="0123"',
    "the older motion photo": 'xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" GCamera:MicroVideo="1"'
    ' GCamera:MicroVideoOffset="77"',
}


@pytest.mark.parametrize("attributes", CLAIMS.values(), ids=CLAIMS.keys())
@pytest.mark.parametrize("quote", "\"'")
def test_claims_of_whatever_part_go(attributes: str, quote: str) -> None:
    packet = described(attributes.replace('"', quote), "<dc:subject>lake</dc:subject>")
    kept = described(re.sub(r"\s+(?!xmlns)\S+:\w+=\S+", "", " " + attributes).strip().replace('"', quote))
    assert names(converted(packet, JPEG)) == names(kept) | {"{http://purl.org/dc/elements/1.1/}subject"}


def test_claims_that_are_elements_go_with_all_that_is_in_them() -> None:
    depth = '<D:Container xmlns:D="http://ns.google.com/photos/dd/1.0/device/"><x:y xmlns:x="z">1</x:y></D:Container>'
    assert converted(described("", depth), JPEG) == described("", "")


def test_depth_that_stands_in_the_packet_stays() -> None:
    packet = described('xmlns:G="http://ns.google.com/photos/1.0/depthmap/" G:Format="RangeInverse" G:Data="AAAA"')
    assert converted(packet, JPEG) == packet


@pytest.mark.parametrize("form", ['dc:format="{}"', "<dc:format>{}</dc:format>", "<dc:format> {} </dc:format>"])
def test_the_type_of_the_picture_is_that_of_the_new_one(form: str) -> None:
    def packet(kind: str) -> bytes:
        told = form.format(kind)
        return described("" if told.startswith("<") else told, told if told.startswith("<") else "")

    assert converted(packet("image/heic"), JPEG) == packet("image/jpeg")


def test_a_packet_without_claims_stays_byte_for_byte() -> None:
    assert converted(photos.XMP, JPEG) == photos.XMP
    assert converted(photos.XMP + bytes(9), JPEG) == photos.XMP + bytes(9)


@pytest.mark.parametrize(
    "packet",
    [b"no XML", b"<a>", b"<a/>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", MOTION_XMP.decode().encode("utf-16")],
)
def test_what_cannot_be_followed_is_told(packet: bytes) -> None:
    with pytest.raises(MalformedError):
        converted(packet, JPEG)


@given(st.data())
def test_damage_never_breaks_it(data: st.DataObject) -> None:
    damaged = bytearray(MOTION_XMP)
    for _ in range(data.draw(st.integers(1, 5))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        after = converted(bytes(damaged), JPEG)
    except MalformedError:
        return
    assert packets.properties(after) is not None
