"""An XMP packet, read so that every property's place in it is known, and changed in these places alone."""

import re
from collections.abc import Iterable
from typing import NamedTuple
from xml.parsers import expat

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
TIFF = "http://ns.adobe.com/tiff/1.0/"

_ATTRIBUTE = re.compile(rb"""\s+([^\s=]+)\s*=\s*("[^"]*"|'[^']*')""")
_START = re.compile(rb"""<(?:[^>"']++|"[^"]*+"|'[^']*+')*+>""")


class MalformedError(ValueError):
    """The packet cannot be followed."""


class Name(NamedTuple):
    """What a property is called."""

    vocabulary: str
    local: str


class Property(NamedTuple):
    """An element or attribute of a packet, and the bytes that it takes with all that is in it."""

    name: Name
    start: int
    end: int
    value: bytes  # of an attribute, or of an element that holds nothing but text
    at: int  # where the value stands


class Change(NamedTuple):
    """Bytes that take the place of others."""

    start: int
    end: int
    new: bytes


def changed(packet: bytes, changes: Iterable[Change]) -> bytes:
    """The packet with changes that do not overlap."""
    result = bytearray(packet)
    for change in sorted(changes, reverse=True):
        result[change.start : change.end] = change.new
    return bytes(result)


def properties(packet: bytes) -> list[Property]:
    """Every element and attribute, in no particular order. Raises MalformedError."""
    return _Parser(packet).found


class _Open(NamedTuple):
    """An element that has begun."""

    name: Name
    start: int
    content: int  # where its start tag ends
    scope: dict[bytes, str]  # vocabularies by prefix


class _Parser:
    """Finds where the properties of a packet stand, which no parser of documents tells."""

    def __init__(self, packet: bytes) -> None:
        self.found: list[Property] = []
        self._packet = packet
        self._open: list[_Open] = []
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._begun
        self._parser.EndElementHandler = self._ended
        self._parser.StartDoctypeDeclHandler = self._refused
        try:
            self._parser.Parse(packet.rstrip(b"\0"), True)  # noqa: FBT003 - expat's own form: this is all
        except expat.ExpatError as error:
            raise MalformedError(str(error)) from error

    def _begun(self, name: str, _attributes: dict[str, str]) -> None:
        start = self._parser.CurrentByteIndex
        tag = _START.match(self._packet, start)
        if tag is None:
            raise MalformedError("it is not written in UTF-8")
        attributes = list(_ATTRIBUTE.finditer(self._packet, start, tag.end()))
        declared = {each[1].partition(b":")[2]: _text(each[2]) for each in attributes if each[1].startswith(b"xmlns")}
        scope = (self._open[-1].scope if self._open else {}) | declared
        self._open.append(_Open(_name(name.encode(), scope), start, tag.end(), scope))
        self.found.extend(
            Property(_name(each[1], scope), each.start(), each.end(), each[2][1:-1], each.start(2) + 1)
            for each in attributes
            if not each[1].startswith(b"xmlns")
        )

    def _ended(self, _name: str) -> None:
        element = self._open.pop()
        is_empty = self._packet.endswith(b"/>", element.start, element.content)
        at = element.content if is_empty else self._parser.CurrentByteIndex
        end = at if is_empty else self._packet.index(b">", at) + 1
        text = self._packet[element.content : at]
        value = b"" if b"<" in text else text.strip()
        begin = element.content + len(text) - len(text.lstrip())
        self.found.append(Property(element.name, element.start, end, value, begin))

    def _refused(self, *_declaration: object) -> None:
        raise MalformedError("it declares a type of document, which XMP never does")


def _text(quoted: bytes) -> str:
    return quoted[1:-1].decode("utf-8", "replace")


def _name(raw: bytes, scope: dict[bytes, str]) -> Name:
    prefix, _, local = raw.rpartition(b":")
    return Name(scope.get(prefix, ""), local.decode("utf-8", "replace"))
