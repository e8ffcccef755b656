"""EXIF orientation: turn a stored picture upright for the detector, and its findings back to stored coordinates.

Pixels of the photo itself are never turned. Orientation values and their meaning: EXIF 2.32, tag 0x0112.
"""

from gpend.core.photo import Box, Face, Pixels, Point

TRANSPOSED = (5, 6, 7, 8)
"""Orientations in which rows and columns change places."""

_MIRRORED = (2, 4, 5, 7)


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """A view of the stored picture (h, w, ...), of any range, as a viewer shows it; orientations but 1 to 8 are 1."""
    if orientation in TRANSPOSED:
        pixels = pixels.swapaxes(0, 1)
    across, down = _flips(orientation)
    return pixels[:: -1 if down else 1, :: -1 if across else 1]


def stored(face: Face, orientation: int, size: tuple[int, int]) -> Face:
    """A face found in the upright picture, in the stored picture of (width, height) = `size`.

    Where the stored picture is a mirror image, so is the face: left and right landmarks change places, and it can be
    aligned by a turn alone.
    """
    shown = size[::-1] if orientation in TRANSPOSED else size
    one, two, three, four, five = (_point(point, orientation, shown) for point in face.landmarks)
    marks = (two, one, three, five, four) if orientation in _MIRRORED else (one, two, three, four, five)
    return Face(_box(face.box, orientation, shown), marks, face.score)


def upright_box(box: Box, orientation: int, size: tuple[int, int]) -> Box:
    """A box of the stored picture of (width, height) = `size` as it stands in the upright one."""
    width, height = size
    x0, y0, x1, y1 = box
    across, down = _flips(orientation)
    if orientation in TRANSPOSED:
        x0, y0, x1, y1, width, height = y0, x0, y1, x1, height, width
    if across:
        x0, x1 = width - x1, width - x0
    if down:
        y0, y1 = height - y1, height - y0
    return x0, y0, x1, y1


def shown(vector: Point, orientation: int) -> Point:
    """A direction in the stored picture as a viewer shows it."""
    x, y = vector[::-1] if orientation in TRANSPOSED else vector
    across, down = _flips(orientation)
    return (-x if across else x, -y if down else y)


def _flips(orientation: int) -> tuple[bool, bool]:
    """Whether the picture, transposed first where it must be, is then flipped left-right and top-bottom."""
    return orientation in (2, 3, 6, 7), orientation in (3, 4, 7, 8)


def _point(point: Point, orientation: int, shown: tuple[int, int]) -> Point:
    across, down = _flips(orientation)
    x = shown[0] - 1 - point[0] if across else point[0]
    y = shown[1] - 1 - point[1] if down else point[1]
    return (y, x) if orientation in TRANSPOSED else (x, y)


def _box(box: Box, orientation: int, shown: tuple[int, int]) -> Box:
    """Box edges lie between pixels: they are turned as points half a pixel off the centres."""
    first = _point((box[0] - 0.5, box[1] - 0.5), orientation, shown)
    second = _point((box[2] - 0.5, box[3] - 0.5), orientation, shown)
    xs, ys = sorted((first[0] + 0.5, second[0] + 0.5)), sorted((first[1] + 0.5, second[1] + 0.5))
    return xs[0], ys[0], xs[1], ys[1]
