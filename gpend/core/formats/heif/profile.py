"""ICC profiles for the wide colours that a HEIF names by a number, which a JPEG can only tell by a profile."""

import struct
from typing import NamedTuple

_ONE = 1 << 16  # s15Fixed16Number
_SRGB = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)  # its curve as a parametric one of type 3
_D50 = (0.9642, 1.0, 0.8249)
_ADAPTED = (1.04789, 0.02292, -0.05022, 0.02958, 0.99048, -0.01708, -0.00925, 0.01507, 0.75168)
"""From D65 to D50, after Bradford, row by row."""
_HEADER = struct.Struct(">I4xI4s4s4s12x4s28x3I48x")
"""Length, version, kind, colours, where they lead, what every profile has, white; all else is zero (ICC.1, 7.2)."""


class _Gamut(NamedTuple):
    name: str
    columns: tuple[tuple[float, float, float], ...]  # red, green, blue in XYZ, adapted to D50


_GAMUTS = {
    9: _Gamut("BT.2020", ((0.67348, 0.27904, -0.00193), (0.16567, 0.67534, 0.02998), (0.12505, 0.04561, 0.79685))),
    12: _Gamut("Display P3", ((0.51512, 0.24119, -0.00105), (0.29198, 0.69224, 0.04188), (0.15710, 0.06657, 0.78407))),
}
"""By their numbers in H.273, table 2; both have the white D65."""

NAMED = frozenset(_GAMUTS)


def profile(primaries: int) -> bytes:
    """A profile of version 4 with these primaries, one of NAMED, and the curve of sRGB, as photos have it."""
    name, columns = _GAMUTS[primaries]
    curve = b"para\0\0\0\0\0\3\0\0" + _fixed(*_SRGB)
    parts = {
        b"desc": _text(name),
        b"cprt": _text("CC0"),
        b"wtpt": _point(*_D50),
        b"chad": b"sf32\0\0\0\0" + _fixed(*_ADAPTED),
        **{kind: _point(*column) for kind, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)},
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    table, data, begin = b"", b"", _HEADER.size + 4 + 12 * len(parts)
    for kind, part in parts.items():
        table += struct.pack(">4sII", kind, begin + len(data), len(part))
        data += part.ljust(-(-len(part) // 4) * 4, b"\0")
    length = begin + len(data)
    head = _HEADER.pack(length, 0x04400000, b"mntr", b"RGB ", b"XYZ ", b"acsp", *_numbers(*_D50))
    return head + struct.pack(">I", len(parts)) + table + data


def _numbers(*values: float) -> list[int]:
    return [round(value * _ONE) for value in values]


def _fixed(*values: float) -> bytes:
    return struct.pack(f">{len(values)}i", *_numbers(*values))


def _point(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(*values)


def _text(text: str) -> bytes:
    data = text.encode("utf-16-be")
    return struct.pack(">4s4xII2s2sII", b"mluc", 1, 12, b"en", b"US", len(data), 28) + data
