"""How a picture was turned upright, so that what tells of places in it can follow."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

_PLACES: dict[int, Callable[[float, float], tuple[float, float]]] = {
    1: lambda x, y: (x, y),
    2: lambda x, y: (1 - x, y),
    3: lambda x, y: (1 - x, 1 - y),
    4: lambda x, y: (x, 1 - y),
    5: lambda x, y: (y, x),
    6: lambda x, y: (1 - y, x),
    7: lambda x, y: (1 - y, 1 - x),
    8: lambda x, y: (y, 1 - x),
}
"""By EXIF's orientation: a place in the stored picture, in shares of its sides, as one in the upright picture."""
_ANGLES = {3: 180, 6: 90, 8: 270}
_SIDEWAYS = 5  # the first of the orientations whose width and height change places


@dataclass(frozen=True)
class Turn:
    """A turn as EXIF's orientation tells it, and the upright picture's size."""

    orientation: int  # 1 to 8
    width: int
    height: int

    @property
    def is_sideways(self) -> bool:
        """Did width and height change places?"""
        return self.orientation >= _SIDEWAYS

    @property
    def stored(self) -> tuple[int, int]:
        """Width and height before."""
        return (self.height, self.width) if self.is_sideways else (self.width, self.height)

    @property
    def angle(self) -> int | None:
        """Degrees by which it was turned clockwise; None where it was mirrored."""
        return 0 if self.orientation == 1 else _ANGLES.get(self.orientation)

    def share(self, x: float, y: float) -> tuple[float, float]:
        """Where a place is now; both in shares of the sides, 0 to 1 from the left and from the top."""
        return _PLACES[self.orientation](x, y)

    def pixel(self, x: float, y: float) -> tuple[int, int]:
        """The same for a pixel, counted from 0."""
        wide, tall = self.stored
        across, down = self.share((x + 0.5) / wide, (y + 0.5) / tall)
        return int(across * self.width), int(down * self.height)

    def sides(self, width: float, height: float) -> tuple[float, float]:
        """The width and height of a part of it now."""
        return (height, width) if self.is_sideways else (width, height)

    def subject(self, numbers: Sequence[int]) -> tuple[int, ...]:
        """EXIF's SubjectArea or SubjectLocation: a pixel, and perhaps a diameter, or a width and height, around it.

        As it is where it does not lie in the picture.
        """
        wide, tall = self.stored
        if len(numbers) not in (2, 3, 4) or not (0 <= numbers[0] < wide and 0 <= numbers[1] < tall):
            return tuple(numbers)
        around = tuple(numbers[2:])
        return (*self.pixel(numbers[0], numbers[1]), *(around[::-1] if self.is_sideways else around))
